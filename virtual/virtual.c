/*
 * The delivery agent `virtual`: mailboxes of virtual_mailbox_domains, whose owners are numbers and
 * have no account here. master starts it, qmgr connects and sends requests. Each recipient's mailbox
 * is written with its owner's rights; no file of a recipient is touched as root.
 */
#include "lib/base/base.h"

#include "lib/delivery/agent.h"
#include "lib/delivery/deposit.h"
#include "lib/delivery/status_filter.h"

static struct {
    struct mailbox_finder *finder;
} agent;

static bool open_tables(const struct service_instance *instance, struct error *err)
{
    if (!deposit_limit_holds(instance->config, "virtual_mailbox_limit",
                             instance->config->virtual_mailbox_limit, err))
        return false;
    agent.finder = mailbox_finder_create(instance->config, false);
    status_filter_open(instance->config, "virtual_delivery_status_filter",
                       instance->config->virtual_delivery_status_filter, false);
    return true;
}

static struct deposit_outcome deliver(const struct service_instance *instance,
                                      const struct delivery_request *request,
                                      const struct delivery_recipient *recipient)
{
    const struct config *config = instance->config;
    const struct deposit deposit = {
        .config = config,
        .request = request,
        .original = config->enable_original_recipient ? recipient->original : "",
        .delivered_to = recipient->address,
        .mbox =
            {
                   .locks = config->virtual_mailbox_lock,
                   .lock_attempts = config->deliver_lock_attempts,
                   .lock_delay_s = config->deliver_lock_delay,
                   .stale_lock_s = config->stale_lock_time,
                   .size_limit = (uint64_t)config->virtual_mailbox_limit,
                   .strict_owner = config->strict_mailbox_ownership,
                   },
    };
    struct mailbox_place place;
    struct error err = {0};

    switch (mailbox_find_virtual(agent.finder, recipient->address, request->arena, &place, &err)) {
    case MAP_FOUND:
        return deposit_message(request->arena, &deposit, &place);
    case MAP_UNAVAILABLE:
        return deposit_outcome_of(DELIVERY_DEFERRED, "4.3.5", "mail system configuration error");
    case MAP_ABSENT:
        break;
    }
    return deposit_outcome_of(
        DELIVERY_BOUNCED, "5.1.1",
        arena_printf(request->arena, "unknown user: \"%s\"", recipient->address));
}

static bool answer(struct connection *qmgr, const struct service_instance *instance,
                   const struct delivery_request *request, struct error *err)
{
    for (size_t i = 0; i < request->recipient_count; i++) {
        const struct delivery_recipient *recipient = &request->recipients[i];
        const struct deposit_outcome done = deliver(instance, request, recipient);
        const struct delivery_result result = {
            .recipient = recipient,
            .relay = instance->name,
            .outcome = done.outcome,
            .status = done.status,
            .text = done.text,
        };

        if (!delivery_result_send(qmgr, request, &result, err))
            return false;
    }
    return true;
}

static bool serve(struct connection *qmgr, const struct service_instance *instance,
                  struct error *err)
{
    return delivery_serve(qmgr, instance, answer, err);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "virtual",
        .user = SERVICE_USER_ROOT,
        .sandbox = SANDBOX_NO_EXEC,
        .prepare = open_tables,
        .serve = serve,
    };

    return service_main(&service, argc, argv);
}
