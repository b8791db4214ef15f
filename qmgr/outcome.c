/*
 * Results. A recipient is settled when nothing more is to be done for it; its status octet is then
 * overwritten at once, so that a restart does not deliver again, except for the last one: the file is
 * about to go.
 */
#include "qmgr/outcome.h"

#include "qmgr/finish.h"
#include "qmgr/owed.h"
#include "qmgr/verify.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/delivery/log_line.h"

static void mark(struct message *message, size_t number, enum recipient_status status)
{
    const struct queue_recipient recipient = {
        .status_offset = queue_position_status_offset(&message->position, number)};
    struct error err = {0};
    int file = message_file(message, &err);

    if (file == -1 || !queue_file_mark(file, &recipient, status, &err))
        log_warning("%s: %s", message->queue_id, err.text);
    else
        message->marked = true;
}

void outcome_mark(struct message *message)
{
    if (message->is_unmarked)
        mark(message, message->unmarked, message->unmarked_status);
    message->is_unmarked = false;
}

void outcome_settle(struct message *message, size_t number, enum recipient_status status)
{
    ASSERT(message->pending > 0);
    message->pending--;
    message->is_unmarked = message->pending == 0;
    message->unmarked = number;
    message->unmarked_status = status;
    if (!message->is_unmarked)
        mark(message, number, status);
}

void outcome_reported(struct message *message, size_t number)
{
    /* the last one, too: a file that is on hold comes again */
    mark(message, number, RECIPIENT_DONE);
}

void outcome_warned(struct message *message, size_t number)
{
    mark(message, number, RECIPIENT_WARNED);
}

/* A report of success names the agent or host too; the log has it in relay=. */
static const char *make_text(struct message *message, const struct delivery_report *report)
{
    if (report->outcome == DELIVERY_SENT && report->relay[0] != '\0' &&
        strcmp(report->relay, "none") != 0)
        return arena_printf(message->qmgr->scratch, "delivery via %s: %s", report->relay,
                            report->text);
    return report->text;
}

static struct notice_recipient describe(struct message *message, const struct recipient *recipient,
                                        const struct delivery_report *report)
{
    return (struct notice_recipient){
        .address = recipient->address,
        .original = recipient->original,
        .dsn_orcpt = recipient->dsn_orcpt,
        .dsn_notify = recipient->dsn_notify,
        .action = report->action,
        .status = report->status,
        .text = make_text(message, report),
        .remote_mta = report->remote_mta,
        .diagnostic = report->diagnostic,
        .action_address = report->action_address,
        .number = recipient->number,
        .was_warned = recipient->was_warned,
    };
}

/* confirm_delay_cleared: who was told of a delay hears of its end, from us, whoever reports further. */
static bool ends_delay(const struct message *message, const struct recipient *recipient,
                       enum notice_kind kind)
{
    return kind == NOTICE_SUCCESS && recipient->was_warned &&
           message->qmgr->config->confirm_delay_cleared;
}

/* sendmail -v: of a first attempt, after which he counts as warned. */
static bool is_traced(const struct message *message, const struct recipient *recipient)
{
    return !recipient->was_warned && verify_traces(message);
}

/* What else failed of him stands before it in the report, and is no recipient by itself. */
static void find_failures(struct message *message, const struct notice_recipient *description,
                          const struct delivery_report *report)
{
    struct notice_recipient part = *description;

    part.number = NO_RECIPIENT;
    part.remote_mta = "";
    for (size_t i = 0; i < report->part_count; i++) {
        part.action_address = report->parts[i].address;
        part.status = report->parts[i].status;
        part.text = report->parts[i].text;
        part.diagnostic = report->parts[i].diagnostic;
        findings_add(&message->failures, &part);
    }
    findings_add(&message->failures, description);
}

static void record_final(struct message *message, const struct recipient *recipient,
                         const struct delivery_report *report, enum notice_kind kind)
{
    bool traced = is_traced(message, recipient);
    bool asked = kind == NOTICE_SUCCESS && (traced || verify_is_wanted(message));
    bool wanted =
        asked || ends_delay(message, recipient, kind) ||
        (notice_wanted(kind, recipient->dsn_notify) && report->action != DELIVERY_ACTION_PASSED_ON);
    struct notice_recipient description;

    if (traced && kind == NOTICE_FAILURE) {
        description = describe(message, recipient, report);
        description.number = NO_RECIPIENT;
        description.action = DELIVERY_ACTION_FAILED;
        findings_add(&message->successes, &description);
    }
    if (!wanted) {
        outcome_settle(message, recipient->number, RECIPIENT_DONE);
        return;
    }
    description = describe(message, recipient, report);
    if (kind == NOTICE_SUCCESS)
        owed_note(message, &description);
    else /* a failure is not settled before it is told */
        find_failures(message, &description, report);
}

void outcome_record(struct message *message, const struct recipient *recipient,
                    const struct delivery_report *report)
{
    struct notice_recipient description;

    switch ((enum delivery_outcome)report->outcome) {
    case DELIVERY_SENT:
        record_final(message, recipient, report, NOTICE_SUCCESS);
        break;
    case DELIVERY_BOUNCED:
    case DELIVERY_BEST_MX:
        record_final(message, recipient, report, NOTICE_FAILURE);
        break;
    case DELIVERY_DEFERRED:
        description = describe(message, recipient, report);
        findings_add(&message->deferred, &description);
        break;
    }
}

static uint64_t microseconds(struct timeval when)
{
    return (uint64_t)when.tv_sec * 1000000 + (uint64_t)when.tv_usec;
}

static void record_ours(struct message *message, const struct recipient *recipient,
                        enum delivery_outcome outcome, enum delivery_action action,
                        const char *status, const char *text)
{
    const struct delivery_recipient logged = {.address = recipient->goes_to,
                                              .original = recipient->original};
    const struct delivery_request request = {
        .arena = message->qmgr->scratch,
        .config = message->qmgr->config,
        .received = clock_wall(),
        .queue_id = message->queue_id,
        .arrival_us = microseconds(message->envelope.arrival),
        .active_us = microseconds(message->active),
    };
    const struct delivery_result result = {
        .recipient = &logged,
        .outcome = outcome,
        .action = action,
        .status = status,
        .text = text,
    };
    const struct delivery_report report = {
        .recipient_id = recipient->number,
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
    outcome_record(message, recipient, &report);
}

void outcome_ours(struct message *message, const struct recipient *recipient,
                  enum delivery_outcome outcome, const char *status, const char *text)
{
    record_ours(message, recipient, outcome, DELIVERY_ACTION_DELIVERED, status, text);
}

/* To say it is all there is to do: both answers are a success. */
void outcome_verified(struct message *message, const struct recipient *recipient, bool deliverable,
                      const char *status, const char *text)
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
    delivery_free(delivery);
    finish_message(message);
}

void outcome_defer_rest(struct delivery *delivery, const char *status, const char *text)
{
    struct arena *scratch = delivery->message->qmgr->scratch;

    for (; delivery->reported < delivery->count; delivery->reported++) {
        outcome_ours(delivery->message, delivery->recipients[delivery->reported], DELIVERY_DEFERRED,
                     status, text);
        arena_reset(scratch);
    }
    outcome_ended(delivery);
}
