/*
 * The delivery agents `error` and `retry`: every recipient is returned to the sender (error) or deferred
 * (retry), and the next hop is the reason, with an optional RFC 3463 status code before it. master
 * starts it under either name; qmgr connects and sends requests. It opens no file and talks to qmgr
 * alone.
 */
#include "lib/base/base.h"

#include "lib/delivery/agent.h"
#include "lib/delivery/status.h"

#define RETRY_SERVICE "retry"

/* A status code of the class that the outcome has, whatever the reason says. */
static struct delivery_status reason_of(const struct delivery_request *request,
                                        enum delivery_outcome outcome)
{
    char class = outcome == DELIVERY_BOUNCED ? '5' : '4';
    char *fallback = arena_printf(request->arena, "%c.0.0", class);
    struct delivery_status status =
        delivery_status_split(request->arena, request->nexthop, fallback);

    if (status.code[0] != class)
        status.code = arena_printf(request->arena, "%c%s", class, &status.code[1]);
    return status;
}

static bool answer(struct connection *qmgr, const struct service_instance *instance,
                   const struct delivery_request *request, struct error *err)
{
    bool is_retry = strcmp(instance->name, RETRY_SERVICE) == 0;
    enum delivery_outcome outcome = is_retry ? DELIVERY_DEFERRED : DELIVERY_BOUNCED;
    struct delivery_status reason = reason_of(request, outcome);
    const struct delivery_result result = {
        .outcome = outcome,
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
        .program = "error",
        .user = SERVICE_USER_NET,
        .sandbox = SANDBOX_NO_FILES | SANDBOX_NO_SOCKETS | SANDBOX_NO_EXEC,
        .serve = serve,
    };

    return service_main(&service, argc, argv);
}
