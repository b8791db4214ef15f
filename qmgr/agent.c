/*
 * The conversation with delivery agents. A connection carries one delivery at a time and is an agent's
 * process for as long as we keep it. An agent may hang up between two deliveries (it is old, a table has
 * changed) at the very moment when we send the next one; so the first hang-up of a delivery without a
 * result only means that it goes out again. If it is no accident, this delivery is deferred, and others of the
 * transport are not: it may be the message that the agent cannot bear.
 */
#include "qmgr/agent.h"

#include "qmgr/finish.h"
#include "qmgr/jobs.h"
#include "qmgr/message.h"
#include "qmgr/outcome.h"
#include "qmgr/pool.h"
#include "qmgr/portions.h"
#include "qmgr/verp.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define USES_MAX  100 /* deliveries over one connection, as Postfix's max_use */
#define SECOND_MS 1000

static struct qmgr *qmgr_of(const struct delivery *delivery)
{
    return delivery->message->qmgr;
}

/* --- the end of a delivery ---------------------------------------------------------------------------------- */

static enum delivery_verdict verdict_of(const struct delivery *delivery)
{
    if (delivery->failure.text != NULL)
        return VERDICT_UNREACHABLE;
    return delivery->was_deferred ? VERDICT_UNKNOWN : VERDICT_REACHED;
}

static void end_delivery(struct delivery *delivery)
{
    struct qmgr *qmgr = qmgr_of(delivery);

    message_end_flight(delivery->message);
    schedule_done(qmgr->schedule, &delivery->entry, verdict_of(delivery), &delivery->failure,
                  clock_monotonic_ms());
    outcome_ended(delivery);
    service_release(qmgr->instance);
}

/* What has no result yet is deferred. */
static void give_up(struct delivery *delivery, const char *text)
{
    struct qmgr *qmgr = qmgr_of(delivery);

    message_end_flight(delivery->message);
    schedule_done(qmgr->schedule, &delivery->entry, VERDICT_UNKNOWN, NULL, clock_monotonic_ms());
    outcome_defer_rest(delivery, "4.3.0", text);
    service_release(qmgr->instance);
}

static void try_again(struct delivery *delivery)
{
    struct qmgr *qmgr = qmgr_of(delivery);

    message_end_flight(delivery->message);
    schedule_again(qmgr->schedule, &delivery->entry);
    if (qmgr->draining)
        finish_message(delivery->message);
    service_release(qmgr->instance);
}

/* Nobody of this transport can be trusted with mail for a while. */
static void fail_transport(struct qmgr *qmgr, struct transport *transport, const char *text)
{
    const struct refusal refusal = {mem_text("4.3.0"), mem_text(text)};

    schedule_transport_dies(qmgr->schedule, transport, &refusal, clock_monotonic_ms());
    mem_free(refusal.status);
    mem_free(refusal.text);
}

/* Nobody took the request: there are no agents that work. */
static void fail_untaken(struct delivery *delivery)
{
    struct qmgr *qmgr = qmgr_of(delivery);
    struct transport *transport = delivery->entry.destination->transport;

    try_again(delivery);
    fail_transport(qmgr, transport, "mail transport unavailable");
}

static void log_loss(const struct transport *transport, const struct error *err)
{
    if (err->kind == ERROR_TEMPORARY)
        log_warning("private/%s socket: %s", transport->name, err->text);
    else
        log_warning("private/%s socket: malformed response: %s", transport->name,
                    err->kind == ERROR_NONE ? "the agent hung up on a delivery" : err->text);
}

static void lose(struct delivery *delivery, const struct error *err)
{
    const bool is_hang_up =
        err->kind == ERROR_NONE || err->number == EPIPE || err->number == ECONNRESET;

    if (is_hang_up && delivery->reported == 0 && !delivery->again) {
        delivery->again = true;
        try_again(delivery);
        return;
    }
    log_loss(delivery->entry.destination->transport, err);
    if (delivery->reported == 0 && (err->number == EPIPE || err->number == ECONNRESET))
        fail_untaken(delivery);
    else
        give_up(delivery, "unknown mail transport error");
}

static void on_lost(void *work, void *context, const struct error *err)
{
    lose(work, err);
    agents_run(context);
}

/* --- results ------------------------------------------------------------------------------------------------ */

static void note_unreachable(struct delivery *delivery, const struct delivery_report *report)
{
    if (!report->nexthop_unreachable || delivery->failure.text != NULL)
        return;
    delivery->failure.status = mem_text(report->status);
    delivery->failure.text = mem_printf("delivery temporarily suspended: %s", report->text);
}

static bool take_report(struct peer *peer, struct delivery *delivery, struct error *err)
{
    struct arena *scratch = qmgr_of(delivery)->scratch;
    const struct recipient *recipient = delivery->recipients[delivery->reported];
    struct delivery_report report;
    bool good = delivery_report_receive(peer->connection, scratch, &report, err);

    if (good && report.recipient_id != recipient->number) {
        error_set(err, ERROR_MALFORMED, "a result for another recipient");
        good = false;
    }
    if (good) {
        delivery->reported++;
        delivery->was_deferred = delivery->was_deferred || report.outcome == DELIVERY_DEFERRED;
        note_unreachable(delivery, &report);
        if (report.outcome != DELIVERY_BEST_MX)
            outcome_record(delivery->message, recipient, &report);
        else if (!jobs_pass_on(delivery, recipient))
            outcome_ours(delivery->message, recipient, DELIVERY_BOUNCED, report.status,
                         report.text);
    }
    arena_reset(scratch);
    return good;
}

static bool on_message(struct peer *peer, void *context, struct error *err)
{
    struct qmgr *qmgr = context;
    struct delivery *delivery = peer->work;

    if (!take_report(peer, delivery, err))
        return false;
    if (delivery->reported == delivery->count) {
        pool_give_back(peer);
        end_delivery(delivery);
        agents_run(qmgr);
    }
    return true;
}

/* --- requests ------------------------------------------------------------------------------------------------ */

static struct pool *pool_of(struct qmgr *qmgr, struct transport *transport)
{
    const struct pool_settings settings = {
        .service = transport->name,
        .maximum = transport->limits.processes,
        .idle_ms = qmgr->config->ipc_idle * SECOND_MS,
        .busy_ms = qmgr->config->qmgr_daemon_timeout * SECOND_MS,
        .ipc_ms = qmgr->config->qmgr_ipc_timeout * SECOND_MS,
        .uses = USES_MAX,
        .context = qmgr,
        .on_message = on_message,
        .on_lost = on_lost,
    };

    if (transport->agents == NULL)
        transport->agents = pool_create(qmgr->loop, &settings);
    return transport->agents;
}

static uint64_t microseconds(struct timeval when)
{
    return (uint64_t)when.tv_sec * 1000000 + (uint64_t)when.tv_usec;
}

static struct delivery_recipient *list_recipients(const struct delivery *delivery,
                                                  struct arena *arena)
{
    struct delivery_recipient *list =
        arena_array(arena, struct delivery_recipient, delivery->count);

    for (size_t i = 0; i < delivery->count; i++) {
        const struct recipient *recipient = delivery->recipients[i];
        list[i] = (struct delivery_recipient){
            .address = recipient->goes_to,
            .original = recipient->original,
            .dsn_orcpt = recipient->dsn_orcpt,
            .dsn_notify = recipient->dsn_notify,
            .id = recipient->number,
        };
    }
    return list;
}

static bool send_request(struct peer *peer, const struct delivery *delivery, int queue_file,
                         struct error *err)
{
    const struct message *message = delivery->message;
    const struct queue_envelope *envelope = &message->envelope;
    const struct recipient *first = delivery->recipients[0];
    struct arena *scratch = message->qmgr->scratch;
    const struct delivery_request request = {
        .queue_id = message->queue_id,
        .nexthop = delivery->entry.destination->nexthop,
        .sender = verp_return_path(message, scratch, first->original, first->goes_to),
        .dsn_envid = envelope->dsn_envid,
        .dsn_ret = (unsigned char)envelope->dsn_ret,
        .flags = envelope->flags,
        .content_offset = envelope->content_offset,
        .content_size = envelope->content_size,
        .arrival_us = microseconds(envelope->arrival),
        .active_us = microseconds(message->active),
        .queue_file = queue_file,
        .attributes = envelope->attributes,
        .attribute_count = envelope->attribute_count,
        .recipients = list_recipients(delivery, scratch),
        .recipient_count = delivery->count,
    };

    bool sent = delivery_request_send(peer->connection, &request, err);

    arena_reset(scratch);
    return sent;
}

/* No agent can be had for a delivery. */
static void fail_connect(struct delivery *delivery, const struct error *err)
{
    struct qmgr *qmgr = qmgr_of(delivery);
    struct transport *transport = delivery->entry.destination->transport;

    try_again(delivery);
    if (err->kind == ERROR_NONE || err->number == ETIMEDOUT) {
        schedule_transport_waits(qmgr->schedule, transport, clock_monotonic_ms() + SECOND_MS);
    } else {
        log_warning("connect to transport private/%s: %s", transport->name,
                    err->number != 0 ? strerror(err->number) : err->text);
        fail_transport(qmgr, transport, "mail transport unavailable");
    }
}

/* A delivery that the schedule counts as in flight: let it be so. */
static void dispatch(struct qmgr *qmgr, struct delivery *delivery)
{
    struct error err = {0};
    int queue_file = message_file(delivery->message, &err);
    struct peer *peer;

    message_begin_flight(delivery->message);
    if (queue_file == -1) {
        log_warning("%s: %s", delivery->message->queue_id, err.text);
        give_up(delivery, "queue file cannot be opened");
        return;
    }
    peer = pool_take(pool_of(qmgr, delivery->entry.destination->transport), delivery, &err);
    if (peer == NULL) {
        fail_connect(delivery, &err);
        return;
    }
    if (send_request(peer, delivery, queue_file, &err)) {
        pool_sent(peer);
        return;
    }
    pool_drop(peer);
    if (err.kind == ERROR_PERMANENT)
        give_up(delivery, err.text); /* a value that no agent takes */
    else
        lose(delivery, &err);
}

/* --- the run --------------------------------------------------------------------------------------------------- */

static bool dispatch_all(struct qmgr *qmgr)
{
    bool any = false;

    for (struct transport *each = schedule_transports(qmgr->schedule); each != NULL;
         each = each->next) {
        struct entry *entry;
        while ((entry = schedule_next(qmgr->schedule, each, clock_monotonic_ms())) != NULL) {
            dispatch(qmgr, delivery_of(entry));
            any = true;
        }
    }
    return any;
}

static bool redirect_all(struct qmgr *qmgr)
{
    struct refusal refusal;
    struct entry *entry;
    bool any = false;

    while ((entry = schedule_refused(qmgr->schedule, &refusal)) != NULL) {
        jobs_redirect(delivery_of(entry), &refusal);
        any = true;
    }
    return any;
}

void agents_run(struct qmgr *qmgr)
{
    int64_t wait_ms;
    bool any;

    if (qmgr->draining)
        return;
    do {
        wait_ms = schedule_tick(qmgr->schedule, clock_monotonic_ms());
        any = dispatch_all(qmgr);
        any = redirect_all(qmgr) || any;
    } while (any);
    if (portions_run(qmgr))
        wait_ms = 0; /* what was read is handed out, and more is read, after other events */
    if (wait_ms >= 0)
        timer_arm(qmgr->schedule_timer, wait_ms);
}

void agents_close_idle(struct qmgr *qmgr)
{
    for (struct transport *each = schedule_transports(qmgr->schedule); each != NULL;
         each = each->next) {
        if (each->agents != NULL)
            pool_close_idle(each->agents);
    }
}
