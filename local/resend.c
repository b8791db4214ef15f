/*
 * Addresses that go into the queue again: forwarded mail is a new message, so that each of its
 * recipients has a delivery status of his own. All that one recipient's expansion sends on for the
 * same envelope sender and under the same Delivered-To:, the mark against loops, is one message.
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/base/clock.h"
#include "lib/message/address.h"
#include "lib/message/date.h"
#include "lib/queue/intake.h"

struct resend {
    struct resend *next;
    const char *sender;
    bool is_list;
    const char *delivered;
    struct queue_recipient *recipients;
    size_t count, capacity;
};

/* Success is reported when an alias is expanded, and then no more: RFC 3461 section 5.2.7.2. */
static uint64_t notify_beyond(uint64_t notify)
{
    return notify == NOTIFY_SUCCESS ? NOTIFY_NEVER : notify & ~(uint64_t)NOTIFY_SUCCESS;
}

/* A list is a new beginning, of which the sender will hear no more: RFC 3461 section 5.2.7.3. */
static struct queue_recipient make_recipient(const struct local_delivery *delivery,
                                             const struct step *step, const char *address)
{
    struct queue_recipient recipient = {
        .address = address,
        .original = address,
        .dsn_orcpt = "",
        .status = RECIPIENT_PENDING,
    };

    if (!step->is_list) {
        recipient.original = delivery->recipient->original;
        recipient.dsn_orcpt = delivery->recipient->dsn_orcpt;
        recipient.dsn_notify = notify_beyond(delivery->recipient->dsn_notify);
    }
    return recipient;
}

void resend_add(struct local_delivery *delivery, const struct step *step, const char *address)
{
    struct resend *resend = delivery->resends;

    if (was_seen(delivery, "resend", address))
        return;
    while (resend != NULL &&
           (strcmp(resend->sender, step->sender) != 0 || resend->is_list != step->is_list ||
            strcmp(resend->delivered, step->delivered) != 0))
        resend = resend->next;
    if (resend == NULL) {
        resend = arena_new(delivery->arena, struct resend);
        resend->sender = step->sender;
        resend->is_list = step->is_list;
        resend->delivered = step->delivered;
        resend->next = delivery->resends;
        delivery->resends = resend;
    }
    if (resend->count == resend->capacity) {
        struct queue_recipient *larger;
        resend->capacity = resend->capacity * 2 + 8;
        larger = arena_array(delivery->arena, struct queue_recipient, resend->capacity);
        if (resend->count > 0)
            memcpy(larger, resend->recipients, resend->count * sizeof(*larger));
        resend->recipients = larger;
    }
    resend->recipients[resend->count++] = make_recipient(delivery, step, address);
}

/* --- one message --------------------------------------------------------------------------------------------------- */

static struct span make_prefix(const struct local_delivery *delivery, const char *delivered)
{
    const struct config *config = delivery->local->config;
    char date[DATE_TEXT_MAX];
    const char *received =
        arena_printf(delivery->arena, "Received: by %s (%s)\n\tid %s; %s\n", config->myhostname,
                     config->mail_name, delivery->request->queue_id, date_format(time(NULL), date));

    if (!local_marks(config, "forward"))
        return span_text(received);
    return span_text(arena_printf(delivery->arena, "%sDelivered-To: %s\n", received,
                                  address_quote(delivery->arena, delivered)));
}

static bool send_content(struct local_delivery *delivery, const char *delivered,
                         struct intake *intake, struct error *err)
{
    const struct delivery_request *request = delivery->request;
    struct delivery_content content = {
        .prefix = make_prefix(delivery, delivered),
        .file = request->queue_file,
        .offset = request->content_offset,
        .size = request->content_size,
    };
    struct delivery_reader reader = {.content = &content};
    struct span block;
    bool sent;

    while ((sent = delivery_content_next(&reader, &block, err)) && block.len > 0)
        if (!intake_content(intake, block, err)) {
            sent = false;
            break;
        }
    delivery_reader_release(&reader);
    return sent;
}

static bool resend_message(struct local_delivery *delivery, struct connection **cleanup,
                           const struct resend *resend, struct intake_outcome *outcome,
                           struct error *err)
{
    const struct delivery_request *request = delivery->request;
    const struct intake_request opening = {
        .origin = INTAKE_FORWARD,
        .sender = resend->sender,
        .dsn_envid = resend->is_list ? "" : request->dsn_envid,
        .dsn_ret = resend->is_list ? 0 : (char)request->dsn_ret,
        .flags = (unsigned)request->flags & (QUEUE_BODY_8BITMIME | QUEUE_SMTPUTF8),
        .arrival = clock_wall(),
        .attributes = request->attributes,
        .attribute_count = request->attribute_count,
    };
    const char *queue_id;
    struct intake *intake = intake_open(cleanup, &opening, &queue_id, err);
    bool finished;

    if (intake == NULL)
        return false;
    finished = intake_recipients(intake, resend->recipients, resend->count, err) &&
               send_content(delivery, resend->delivered, intake, err) &&
               intake_finish(intake, delivery->arena, outcome, err);
    intake_free(&intake);
    return finished;
}

/* --- all of them ----------------------------------------------------------------------------------------------------- */

static struct deposit_outcome outcome_of(struct local_delivery *delivery, bool finished,
                                         const struct intake_outcome *outcome,
                                         const struct error *err)
{
    if (!finished)
        return deposit_outcome_of(
            DELIVERY_DEFERRED, "4.3.0",
            arena_printf(delivery->arena, "unable to forward message: %s", err->text));
    if (!outcome->committed)
        return deposit_outcome_of(
            outcome->status[0] == '5' ? DELIVERY_BOUNCED : DELIVERY_DEFERRED, outcome->status,
            arena_printf(delivery->arena, "unable to forward message: %s", outcome->text));
    return (struct deposit_outcome){
        .outcome = DELIVERY_SENT,
        .status = "2.0.0",
        .text = arena_printf(delivery->arena, "forwarded as %s", outcome->queue_id),
        .action = DELIVERY_ACTION_EXPANDED,
    };
}

/* As long as anything else is deferred, which will be done all again, nothing is sent on: others would get it
 * with each attempt. */
void resend_all(struct local_delivery *delivery)
{
    for (size_t i = 0; i < delivery->leaf_count; i++)
        if (delivery->leaves[i].done.outcome == DELIVERY_DEFERRED)
            return;
    for (const struct resend *resend = delivery->resends; resend != NULL; resend = resend->next) {
        struct intake_outcome outcome = {0};
        struct error err = {0};
        struct deposit_outcome done;
        bool finished = resend_message(delivery, &delivery->local->cleanup, resend, &outcome, &err);

        done = outcome_of(delivery, finished, &outcome, &err);
        leaf_done(delivery, delivery->recipient->address, done);
    }
}
