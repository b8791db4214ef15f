/*
 * Results. A recipient is settled when nothing more is to be done for it; its status octet is then
 * overwritten at once, so that a restart does not deliver again, except for the last one: the file is
 * about to go.
 */
#include "qmgr/outcome.h"

#include "qmgr/finish.h"
#include "qmgr/succession.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/delivery/log_line.h"

static void mark(struct message *message, const struct queue_recipient *recipient)
{
    struct error err = {0};
    int file = message_file(message, &err);

    if (file == -1 || !queue_file_mark(file, recipient, recipient->status, &err))
        log_warning("%s: %s", message->queue_id, err.text);
    else
        message->marked = true;
}

void outcome_mark(struct message *message)
{
    if (message->unmarked != NULL)
        mark(message, message->unmarked);
    message->unmarked = NULL;
}

void outcome_settle(struct message *message, size_t number)
{
    struct queue_recipient *recipient = &message->envelope.recipients[number];

    ASSERT(recipient->status != RECIPIENT_DONE && message->pending > 0);
    recipient->status = RECIPIENT_DONE;
    message->pending--;
    if (message->pending > 0)
        mark(message, recipient);
    else
        message->unmarked = recipient;
}

/* A report of success names the agent or host too; the log has it in relay=. */
static const char *make_text(struct message *message, const struct delivery_report *report)
{
    if (report->outcome == DELIVERY_SENT && report->relay[0] != '\0' &&
        strcmp(report->relay, "none") != 0)
        return arena_printf(message->arena, "delivery via %s: %s", report->relay, report->text);
    return arena_copy(message->arena, report->text);
}

static struct notice_recipient describe(struct message *message,
                                        const struct delivery_report *report)
{
    const struct queue_recipient *recipient = &message->envelope.recipients[report->recipient_id];

    return (struct notice_recipient){
        .address = recipient->address,
        .original = recipient->original,
        .dsn_orcpt = recipient->dsn_orcpt,
        .dsn_notify = recipient->dsn_notify,
        .action = report->action,
        .status = arena_copy(message->arena, report->status),
        .text = make_text(message, report),
        .remote_mta = arena_copy(message->arena, report->remote_mta),
        .diagnostic = arena_copy(message->arena, report->diagnostic),
        .action_address = arena_copy(message->arena, report->action_address),
        .number = report->recipient_id,
    };
}

/* confirm_delay_cleared: who was told of a delay hears of its end, from us, whoever reports further. */
static bool ends_delay(const struct message *message, const struct queue_recipient *recipient,
                       enum notice_kind kind)
{
    return kind == NOTICE_SUCCESS && recipient->status == RECIPIENT_WARNED &&
           message->qmgr->config->confirm_delay_cleared;
}

static void record_final(struct message *message, const struct delivery_report *report,
                         enum notice_kind kind, struct findings *findings)
{
    const struct queue_recipient *recipient = &message->envelope.recipients[report->recipient_id];
    bool wanted =
        ends_delay(message, recipient, kind) ||
        (notice_wanted(kind, recipient->dsn_notify) && report->action != DELIVERY_ACTION_PASSED_ON);
    struct notice_recipient description;

    if (wanted) {
        description = describe(message, report);
        findings_add(message, findings, &description);
    }
    if (!wanted || kind == NOTICE_SUCCESS) /* a failure is not settled before it is told */
        outcome_settle(message, report->recipient_id);
}

void outcome_record(struct message *message, const struct delivery_report *report)
{
    struct notice_recipient description;

    switch ((enum delivery_outcome)report->outcome) {
    case DELIVERY_SENT:
        record_final(message, report, NOTICE_SUCCESS, &message->successes);
        break;
    case DELIVERY_BOUNCED:
        record_final(message, report, NOTICE_FAILURE, &message->failures);
        break;
    case DELIVERY_DEFERRED:
        description = describe(message, report);
        findings_add(message, &message->deferred, &description);
        break;
    }
}

static uint64_t microseconds(struct timeval when)
{
    return (uint64_t)when.tv_sec * 1000000 + (uint64_t)when.tv_usec;
}

static void record_ours(struct message *message, const struct delivery_recipient *recipient,
                        enum delivery_outcome outcome, enum delivery_action action,
                        const char *status, const char *text)
{
    const struct delivery_request request = {
        .arena = message->arena,
        .config = message->qmgr->config,
        .received = clock_wall(),
        .queue_id = message->queue_id,
        .arrival_us = microseconds(message->envelope.arrival),
        .active_us = microseconds(message->active),
    };
    const struct delivery_result result = {
        .recipient = recipient,
        .outcome = outcome,
        .action = action,
        .status = status,
        .text = text,
    };
    const struct delivery_report report = {
        .recipient_id = recipient->id,
        .outcome = outcome,
        .action = action,
        .status = status,
        .text = text,
        .relay = "none",
        .remote_mta = "",
        .diagnostic = "",
        .action_address = "",
    };

    delivery_log(&request, &result);
    outcome_record(message, &report);
}

void outcome_ours(struct message *message, const struct delivery_recipient *recipient,
                  enum delivery_outcome outcome, const char *status, const char *text)
{
    record_ours(message, recipient, outcome, DELIVERY_ACTION_DELIVERED, status, text);
}

/* To say it is all there is to do: both answers are a success. */
void outcome_verified(struct message *message, const struct delivery_recipient *recipient,
                      bool deliverable, const char *status, const char *text)
{
    record_ours(message, recipient, DELIVERY_SENT,
                deliverable ? DELIVERY_ACTION_DELIVERABLE : DELIVERY_ACTION_UNDELIVERABLE, status,
                text);
}

void outcome_ended(struct delivery *delivery)
{
    struct message *message = delivery->message;

    ASSERT(message->deliveries > 0);
    message->deliveries--;
    if (message->deliveries == 0)
        finish_message(message);
    else if (message->qmgr->draining && message->in_flight == 0)
        succession_let_go(message);
}

void outcome_defer_rest(struct delivery *delivery, const char *status, const char *text)
{
    for (; delivery->reported < delivery->count; delivery->reported++)
        outcome_ours(delivery->message, &delivery->recipients[delivery->reported],
                     DELIVERY_DEFERRED, status, text);
    outcome_ended(delivery);
}
