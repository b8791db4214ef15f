/* See agent.h. */
#include "lib/base/base.h"

#include "lib/delivery/agent.h"

bool delivery_serve(struct connection *qmgr, const struct service_instance *instance,
                    delivery_answer *answer, struct error *err)
{
    struct delivery_request request;

    while (delivery_request_receive(qmgr, instance->config, &request, err)) {
        bool answered = answer(qmgr, instance, &request, err);
        delivery_request_release(&request);
        if (!answered)
            return false;
    }
    return err->kind == ERROR_NONE;
}

bool delivery_answer_all(struct connection *qmgr, const struct delivery_request *request,
                         struct delivery_result result, struct error *err)
{
    for (size_t i = 0; i < request->recipient_count; i++) {
        result.recipient = &request->recipients[i];
        if (!delivery_result_send(qmgr, request, &result, err))
            return false;
    }
    return true;
}
