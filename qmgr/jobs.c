/*
 * Resolving and grouping. What cannot or must not be delivered now goes to the service `retry`, whose
 * next hop is the reason: it is logged and deferred as every other result.
 */
#include "qmgr/jobs.h"

#include "qmgr/clog.h"
#include "qmgr/outcome.h"
#include "qmgr/verify.h"

#include "lib/message/address.h"

#define RETRY_TRANSPORT "retry"
#define ERROR_TRANSPORT "error"

/* --- grouping -------------------------------------------------------------------------------------------- */

/* Where a delivery takes one recipient, concurrency is counted for each recipient: for local accounts
 * without their extension. */
static const char *who_of(struct qmgr *qmgr, const struct transport *transport, const char *address)
{
    struct span user, extension;

    if (transport->limits.recipients > 1)
        return "";
    if (strcmp(transport->name, "local") != 0)
        return address;
    if (!address_split_extension(extension_rule_of(qmgr->config), address_localpart(address), &user,
                                 &extension))
        user = address_localpart(address);
    return arena_text(qmgr->scratch, user);
}

static void schedule_recipient(struct message *message, struct recipient *recipient,
                               const struct route_target *target)
{
    struct qmgr *qmgr = message->qmgr;
    struct transport *transport = schedule_transport(qmgr->schedule, target->transport);
    struct destination *destination = schedule_destination(
        qmgr->schedule, transport, target->nexthop, who_of(qmgr, transport, recipient->goes_to));
    struct entry *entry = schedule_filling(destination, &message->reading);
    struct delivery *delivery = entry == NULL ? NULL : delivery_of(entry);

    if (delivery == NULL || message->verp != NULL ||
        delivery->count >= (size_t)transport->limits.recipients) {
        delivery = delivery_create(message);
        clog_warn(qmgr, destination);
        schedule_add(qmgr->schedule, destination, &delivery->entry, &message->reading);
    }
    delivery_add(delivery, recipient);
    schedule_join(&delivery->entry);
}

/* --- recipients ------------------------------------------------------------------------------------------ */

static const char *put_text(char **at, const char *text)
{
    const char *start = *at;

    *at = stpcpy(*at, text) + 1;
    return start;
}

static struct recipient *create_recipient(const struct queue_recipient *found, size_t number,
                                          const char *goes_to)
{
    const bool is_same = strcmp(goes_to, found->address) == 0;
    const size_t texts = strlen(found->address) + strlen(found->original) +
                         strlen(found->dsn_orcpt) + (is_same ? 0 : strlen(goes_to)) + 4;
    struct recipient *recipient = mem_alloc(sizeof(*recipient) + texts);
    char *at = (char *)(recipient + 1);

    recipient->number = number;
    recipient->dsn_notify = found->dsn_notify;
    recipient->was_warned = found->status == RECIPIENT_WARNED;
    recipient->address = put_text(&at, found->address);
    recipient->original = put_text(&at, found->original);
    recipient->dsn_orcpt = put_text(&at, found->dsn_orcpt);
    recipient->goes_to = is_same ? recipient->address : put_text(&at, goes_to);
    return recipient;
}

/* --- resolving ------------------------------------------------------------------------------------------- */

/* Notices to the postmaster come from double_bounce_sender. What bounces back to it goes nowhere. */
static bool is_double_bounce(const struct message *message, const struct route_target *target)
{
    return target->class == CLASS_LOCAL &&
           span_equal_text_nocase(address_localpart(target->recipient),
                                  message->qmgr->config->double_bounce_sender);
}

/* FILTER in a table, or content_filter: "transport:nexthop" for all recipients. Without a next hop it is
 * default_filter_nexthop, or the recipient's domain. */
static struct route_target filter_target(struct message *message, const char *filter,
                                         const char *address)
{
    struct arena *scratch = message->qmgr->scratch;
    struct span nexthop = span_text(filter);
    struct span transport = span_take_until(&nexthop, ':');

    if (nexthop.len == 0)
        nexthop = span_text(message->qmgr->config->default_filter_nexthop);
    if (nexthop.len == 0)
        nexthop = address_domain(address);
    return (struct route_target){.transport = arena_text(scratch, transport),
                                 .nexthop = arena_text(scratch, nexthop),
                                 .recipient = address,
                                 .class = CLASS_DEFAULT};
}

static struct route_target resolve(struct message *message, const char *address)
{
    struct qmgr *qmgr = message->qmgr;
    const char *refused = queue_attribute_value(&message->envelope, QUEUE_ATTRIBUTE_REFUSED);
    const char *filter = queue_attribute_value(&message->envelope, QUEUE_ATTRIBUTE_FILTER);
    struct route_target target = {0};
    struct error err = {0};

    if (refused != NULL) /* cleanup knows why nobody may get this message */
        return (struct route_target){.transport = ERROR_TRANSPORT,
                                     .nexthop = refused,
                                     .recipient = address,
                                     .class = CLASS_DEFAULT};
    if (filter != NULL)
        target = filter_target(message, filter, address);
    else if (route_resolve(qmgr->route, qmgr->scratch, message->envelope.sender, address, &target,
                           &err) != MAP_FOUND)
        return (struct route_target){.transport = RETRY_TRANSPORT,
                                     .nexthop = "4.3.0 address resolver failure",
                                     .recipient = address,
                                     .class = CLASS_DEFAULT};
    if (!message->flushed && strlist_has(&qmgr->defer_transports, target.transport)) {
        target.transport = RETRY_TRANSPORT;
        target.nexthop = "4.3.2 deferred transport";
    }
    return target;
}

void jobs_place(struct message *message, const struct queue_recipient *found, size_t number)
{
    struct route_target target = resolve(message, found->address);
    struct recipient *recipient = create_recipient(found, number, target.recipient);
    const bool is_discarded = is_double_bounce(message, &target);

    if (is_discarded)
        outcome_ours(message, recipient, DELIVERY_SENT, "2.0.0",
                     "undeliverable postmaster notification discarded");
    else if (verify_is_wanted(message))
        verify_recipient(message, recipient, &target);
    else
        schedule_recipient(message, recipient, &target);
    if (is_discarded || verify_is_wanted(message))
        mem_free(recipient);
    arena_reset(message->qmgr->scratch);
}

bool jobs_pass_on(struct delivery *delivery, const struct recipient *recipient)
{
    struct message *message = delivery->message;
    struct arena *scratch = message->qmgr->scratch;
    struct span nexthop = span_text(message->qmgr->config->best_mx_transport);
    struct span transport = span_take_until(&nexthop, ':');
    const struct queue_recipient found = {
        .address = recipient->address,
        .original = recipient->original,
        .dsn_orcpt = recipient->dsn_orcpt,
        .dsn_notify = recipient->dsn_notify,
        .status = recipient->was_warned ? RECIPIENT_WARNED : RECIPIENT_PENDING,
    };
    const struct route_target target = {
        .transport = arena_text(scratch, transport),
        .nexthop =
            nexthop.len > 0 ? arena_text(scratch, nexthop) : delivery->entry.destination->nexthop,
    };
    struct recipient *copy;

    if (transport.len == 0 || recipient->was_passed_on)
        return false;
    copy = create_recipient(&found, recipient->number, recipient->goes_to);
    copy->was_passed_on = true;
    schedule_recipient(message, copy, &target);
    return true;
}

void jobs_redirect(struct delivery *delivery, const struct refusal *refusal)
{
    struct message *message = delivery->message;
    struct schedule *schedule = message->qmgr->schedule;
    struct transport *retry = schedule_transport(schedule, RETRY_TRANSPORT);
    const char *nexthop;

    if (delivery->redirected) {
        outcome_defer_rest(delivery, refusal->status, refusal->text);
        return;
    }
    delivery->redirected = true;
    nexthop = arena_printf(message->qmgr->scratch, "%s %s", refusal->status, refusal->text);
    schedule_add(schedule, schedule_destination(schedule, retry, nexthop, ""), &delivery->entry,
                 &message->reading);
    arena_reset(message->qmgr->scratch);
}
