/*
 * The delivery agent `discard`: every recipient is reported as sent, nothing is delivered. master
 * starts it; qmgr connects and sends requests whose next hop is the reason for the log, with an
 * optional RFC 3463 status code before it. It opens no file and talks to qmgr alone.
 */
#include "lib/base/base.h"

#include "lib/delivery/request.h"
#include "lib/delivery/status.h"
#include "lib/service/service.h"

#define DEFAULT_DSN "2.0.0" /* where the reason brings no status code */

/* One result per recipient, in the order of the request: qmgr counts on both. */
static bool answer(struct connection *qmgr, const struct delivery_request *request,
                   struct error *err)
{
    struct delivery_status reason =
        delivery_status_split(request->arena, request->nexthop, DEFAULT_DSN);
    struct delivery_result result = {
        .outcome = DELIVERY_SENT,
        .relay = "none",
        .status = reason.code,
        .text = reason.text,
    };

    for (size_t i = 0; i < request->recipient_count; i++) {
        result.recipient = &request->recipients[i];
        if (!delivery_result_send(qmgr, request, &result, err))
            return false;
    }
    return true;
}

/* Until qmgr hangs up, which is no error; our caller logs what *err says otherwise. */
static bool serve(struct connection *qmgr, const struct service_instance *instance,
                  struct error *err)
{
    struct delivery_request request;

    while (delivery_request_receive(qmgr, instance->config, &request, err)) {
        bool answered = answer(qmgr, &request, err);
        delivery_request_release(&request);
        if (!answered)
            return false;
    }
    return err->kind == ERROR_NONE;
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
