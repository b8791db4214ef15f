/*
 * The delivery agent `discard`: every recipient is reported as sent, nothing is delivered. master
 * starts it; qmgr connects and sends requests whose next hop is the reason for the log, with an
 * optional RFC 3463 status code before it. It opens no file and talks to qmgr alone.
 */
#include "lib/base/base.h"

#include "lib/delivery/agent.h"
#include "lib/delivery/status.h"

#define DEFAULT_DSN "2.0.0" /* where the reason brings no status code */

static bool answer(struct connection *qmgr, const struct service_instance *instance UNUSED,
                   const struct delivery_request *request, struct error *err)
{
    struct delivery_status reason =
        delivery_status_split(request->arena, request->nexthop, DEFAULT_DSN);
    const struct delivery_result result = {
        .outcome = DELIVERY_SENT,
        .relay = "none",
        .status = reason.code,
        .text = reason.text,
    };

    return delivery_answer_all(qmgr, request, result, err);
}

static bool serve(struct connection *qmgr, const struct service_instance *instance,
                  struct error *err)
{
    return delivery_serve(qmgr, instance, answer, err);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "discard",
        .user = SERVICE_USER_NET,
        .sandbox = SANDBOX_NO_FILES | SANDBOX_NO_SOCKETS | SANDBOX_NO_EXEC,
        .serve = serve,
    };

    return service_main(&service, argc, argv);
}
