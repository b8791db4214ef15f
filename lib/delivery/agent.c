/* See agent.h. */
#include "lib/base/base.h"

#include "lib/delivery/agent.h"

bool delivery_serve(struct connection *qmgr, const struct service_instance *instance,
                    delivery_answer *answer, struct error *err)
{
    struct delivery_request request;
    bool answered = true;

    while (answered) {
        service_rest(true);
        if (!delivery_request_receive(qmgr, instance->config, &request, err))
            return err->kind == ERROR_NONE;
        service_rest(false);
        answered = answer(qmgr, instance, &request, err);
        delivery_request_release(&request);
    }
    return false;
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
