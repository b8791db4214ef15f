/*
 * The end of the way: the user's mailbox, the command or the transport that stands in for it, and what
 * is done about users that nobody knows.
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/message/address.h"
#include "lib/service/service.h"
#include "local/biff.h"

bool local_marks(const struct config *config, const char *destination)
{
    return strlist_text_has(config->prepend_delivered_header, ", \t\r\n", destination);
}

struct deposit local_deposit(const struct local_delivery *delivery, const struct step *step,
                             const char *destination)
{
    const struct config *config = delivery->local->config;

    return (struct deposit){
        .config = config,
        .request = delivery->request,
        .original = config->enable_original_recipient ? delivery->recipient->original : "",
        .delivered_to = local_marks(config, destination) ? step->delivered : "",
        .user = step->user,
        .mbox =
            {
                   .locks = config->mailbox_delivery_lock,
                   .lock_attempts = config->deliver_lock_attempts,
                   .lock_delay_s = config->deliver_lock_delay,
                   .stale_lock_s = config->stale_lock_time,
                   .size_limit = (uint64_t)config->mailbox_size_limit,
                   .strict_owner = config->strict_mailbox_ownership,
                   },
    };
}

/* --- another agent --------------------------------------------------------------------------------------------- */

/* "transport:nexthop", a part missing or not. */
static bool split_transport(struct local_delivery *delivery, const char *value, const char *domain,
                            const char **transport_r, const char **nexthop_r)
{
    struct span rest = span_trim(span_text(value));
    struct span transport = span_take_until(&rest, ':');

    if (transport.len == 0)
        return false;
    *transport_r = arena_text(delivery->arena, transport);
    *nexthop_r = rest.len == 0 ? domain : arena_text(delivery->arena, rest);
    return true;
}

static bool ask_agent(struct local_delivery *delivery, const char *transport,
                      const struct delivery_request *request, struct delivery_report *report,
                      struct error *err)
{
    struct connection *agent = service_connect(transport, err);
    bool answered;

    if (agent == NULL)
        return false;
    connection_timeout(agent, clock_ms(delivery->local->config->command_time_limit));
    answered = delivery_request_send(agent, request, err) &&
               delivery_report_receive(agent, delivery->arena, report, err);
    connection_free(&agent);
    return answered;
}

static void pass_on(struct local_delivery *delivery, const struct step *step, const char *transport,
                    const char *nexthop)
{
    struct delivery_recipient recipient = *delivery->recipient;
    struct delivery_request request = *delivery->request;
    struct delivery_report report = {0};
    struct error err = {0};

    if (was_seen(delivery, "transport", step->address))
        return;
    log_info("%s: passing <%s> to transport=%s", delivery->request->queue_id,
             address_quote(delivery->arena, step->address), transport);
    recipient.address = step->address;
    request.recipients = &recipient;
    request.recipient_count = 1;
    request.nexthop = nexthop;
    request.sender = step->sender;
    if (!ask_agent(delivery, transport, &request, &report, &err)) {
        leaf_deferred(delivery, step->address, "4.3.0", "mail transport %s unavailable: %s",
                      transport, err.text);
        return;
    }
    if (report.outcome == DELIVERY_BEST_MX) { /* which only qmgr can do something about */
        leaf_bounced(delivery, step->address, report.status, "%s", report.text);
        return;
    }
    leaf_done(
        delivery, step->address,
        deposit_outcome_of((enum delivery_outcome)report.outcome, report.status, report.text));
    delivery->leaves[delivery->leaf_count - 1].was_logged = true;
}

bool deliver_by_transport(struct local_delivery *delivery, const struct step *step,
                          struct maps *transports, const char *transport)
{
    struct buf value = BUF(4096);
    struct error err = {0};
    const char *name, *nexthop;
    bool passes = false;
    bool taken = false;

    switch (maps_is_empty(transports)
                ? MAP_ABSENT
                : maps_find(transports, span_text(step->user), MAP_FOLD_KEY, &value, NULL, &err)) {
    case MAP_UNAVAILABLE:
        leaf_deferred(delivery, step->address, "4.3.0", "table lookup failure");
        taken = true;
        break;
    case MAP_FOUND:
        passes = split_transport(delivery, buf_text(&value), step->domain, &name, &nexthop);
        break;
    case MAP_ABSENT:
        passes = split_transport(delivery, transport, step->domain, &name, &nexthop);
        break;
    }
    if (passes)
        pass_on(delivery, step, name, nexthop);
    buf_release(&value);
    return taken || passes;
}

/* --- the mailbox -------------------------------------------------------------------------------------------------- */

/* mailbox_command_maps, mailbox_command: "" when the message goes into the mailbox itself. */
static bool find_command(struct local_delivery *delivery, const struct step *step,
                         const char **command_r, struct error *err)
{
    const struct local *local = delivery->local;
    struct buf value = BUF(65536);
    enum map_result result = MAP_ABSENT;

    if (!maps_is_empty(local->mailbox_commands))
        result = maps_find(local->mailbox_commands, span_text(step->user), MAP_FOLD_KEY, &value,
                           NULL, err);
    *command_r = result == MAP_FOUND ? arena_text(delivery->arena, buf_span(&value))
                                     : local->config->mailbox_command;
    buf_release(&value);
    return result != MAP_UNAVAILABLE;
}

void deliver_to_mailbox(struct local_delivery *delivery, const struct step *step,
                        const struct mailbox_place *account)
{
    const struct config *config = delivery->local->config;
    struct deposit deposit = local_deposit(delivery, step, "file");
    struct deposit_outcome done;
    struct error err = {0};
    const char *command;

    if (was_seen(delivery, "mailbox", step->user))
        return;
    if (!find_command(delivery, step, &command, &err)) {
        leaf_deferred(delivery, step->address, "4.3.0", "table lookup failure");
    } else if (command[0] != '\0') {
        leaf_done(delivery, step->address,
                  run_command(delivery, step, command, config->local_command_shell, account));
    } else {
        deposit.in_spool = config->home_mailbox[0] == '\0';
        done = deposit_message(delivery->arena, &deposit, account);
        if (config->biff && done.outcome == DELIVERY_SENT && account->format == MAILBOX_MBOX)
            biff_notify(step->user, done.mbox_start);
        leaf_done(delivery, step->address, done);
    }
}

/* --- nobody ---------------------------------------------------------------------------------------------------------- */

static void deliver_to_luser(struct local_delivery *delivery, const struct step *step)
{
    const struct config *config = delivery->local->config;
    struct step_context names = {delivery, step, NULL};
    struct buf value = BUF(4096);
    struct error err = {0};
    struct step found = *step;

    found.alias = step->localpart; /* luser_relay that leads back here is no new beginning */
    if (!config_expand(config->luser_relay, step_value, &names, NULL, &value, &err))
        leaf_deferred(delivery, step->address, "4.3.5", "luser_relay: %s", err.text);
    else if (step->depth > 0 && step->from->forwarder == NULL && step->alias == NULL &&
             was_seen(delivery, "luser", step->address))
        leaf_bounced(delivery, step->address, "5.1.1", "unknown user: \"%s\"", step->user);
    else if (step->rights_uid == 0 && !take_default_rights(delivery, &found, &err))
        leaf_deferred(delivery, step->address, "4.3.5", "luser_relay: %s", err.text);
    else
        deliver_expansion(delivery, &found, BY_ALIAS, buf_span(&value));
    buf_release(&value);
}

void deliver_to_unknown(struct local_delivery *delivery, const struct step *step)
{
    const struct config *config = delivery->local->config;

    if (deliver_by_transport(delivery, step, delivery->local->fallback_transports,
                             config->fallback_transport))
        return;
    if (config->luser_relay[0] != '\0' && !was_seen(delivery, "luser", step->user))
        deliver_to_luser(delivery, step);
    else
        leaf_bounced(delivery, step->address, "5.1.1", "unknown user: \"%s\"", step->user);
}
