/* One message: its beginning, what is written of it, its end. */
#include "cleanup/message.h"

#include "cleanup/content.h"
#include "cleanup/envelope.h"
#include "cleanup/notify.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#include <stdio.h>

/* Where Postfix has the same refusal, with its status and text. */
const struct refusal refusal_write_error = {451, "4.3.0", "queue file write error", false};
const struct refusal refusal_lookup = {451, "4.3.0", "temporary lookup failure", false};
const struct refusal refusal_expansion = {451, "4.6.0", "Alias expansion error", true};
const struct refusal refusal_too_big = {552, "5.3.4", "message file too big", false};
const struct refusal refusal_hops = {554, "5.4.0", "too many hops", false};
const struct refusal refusal_no_recipients = {550, "5.1.0", "no recipients specified", false};
const struct refusal refusal_too_many_recipients = {554, "5.5.3", "too many recipients", false};

/* --- beginning and refusing ------------------------------------------------------------------------ */

/* Mail of our own users is completed; a stranger's only as far as the administrator wants it. */
static enum rewriting choose_rewriting(const struct message *message)
{
    if (message->request.rewrite_local || message->request.origin == INTAKE_INTERNAL)
        return REWRITE_LOCAL;
    return message->cleanup->config->remote_header_rewrite_domain[0] == '\0' ? REWRITE_NOTHING
                                                                             : REWRITE_REMOTE;
}

void message_begin(struct message *message, const struct intake_request *request)
{
    struct buf mended = message->mended;
    struct buf changed = message->changed;

    hash_free(&message->seen, NULL);
    strlist_release(&message->bcc);
    *message = (struct message){
        .cleanup = message->cleanup,
        .arena = message->arena,
        .scratch = message->scratch,
        .request = *request,
        .mended = mended,
        .changed = changed,
        .file = -1,
    };
    message->rewriting = choose_rewriting(message);
    if (message->request.arrival.tv_sec == 0)
        message->request.arrival = clock_wall();
    queue_writer_begin(message->cleanup->writer);
    snprintf(message->queue_id, sizeof(message->queue_id), "%s",
             queue_writer_id(message->cleanup->writer));
    content_begin(message);
}

void message_refuse(struct message *message, const struct refusal *refusal)
{
    if (message->refusal == NULL)
        message->refusal = refusal;
}

/* --- content ------------------------------------------------------------------------------------------ */

/* Nobody waits for the answer to local mail: what is wrong with it for good is for qmgr to return,
 * with the content as far as it is known. */
static bool is_returned(const struct message *message)
{
    return message->refusal != NULL && message->refusal->status[0] == '5' &&
           message->request.origin == INTAKE_LOCAL && message->recipient_count > 0;
}

/* What is wrong with its structure is told to the client after all that is to be said about the message. */
bool message_is_wanted(const struct message *message)
{
    return !message->discard && (message->refusal == NULL || is_returned(message) ||
                                 message->refusal == message->fault_refusal);
}

static bool is_written(const struct message *message)
{
    return message->refusal == NULL ||
           (is_returned(message) && message->refusal != &refusal_too_big);
}

static void write_octets(struct message *message, struct span octets)
{
    struct queue_writer *writer = message->cleanup->writer;
    int64_t limit = message->cleanup->config->message_size_limit;
    struct error err = {0};

    if (octets.len == 0 || !is_written(message))
        return;
    if (limit > 0 && queue_writer_content_size(writer) + octets.len > (uint64_t)limit) {
        log_warning("%s: queue file size limit exceeded", message->queue_id);
        message->refusal = &refusal_too_big;
    } else if (!queue_writer_content(writer, octets, &err)) {
        log_warning("%s: %s", message->queue_id, err.text);
        message->refusal = &refusal_write_error;
    }
}

/* What stays as it is follows each other in memory: much of it is one write. */
void message_keep(struct message *message, struct span octets)
{
    if (message->kept.len > 0 && message->kept.data + message->kept.len == octets.data) {
        message->kept.len += octets.len;
    } else {
        message_flush(message);
        message->kept = octets;
    }
}

void message_put(struct message *message, struct span octets)
{
    message_flush(message);
    write_octets(message, octets);
}

void message_flush(struct message *message)
{
    write_octets(message, message->kept);
    message->kept = SPAN_EMPTY;
}

void message_stop_checks(struct message *message)
{
    message->checked = false;
    mime_walk_lines(message->cleanup->walk, false);
}

/* --- the end ------------------------------------------------------------------------------------------- */

static struct queue_envelope make_envelope(struct message *message)
{
    const struct intake_request *request = &message->request;
    struct queue_envelope envelope = {
        .arrival = request->arrival,
        .sender = message->sender,
        .dsn_envid = request->dsn_envid,
        .dsn_ret = request->dsn_ret,
        .flags = (request->flags & (QUEUE_BODY_8BITMIME | QUEUE_SMTPUTF8)) |
                 (message->eight_bit ? QUEUE_BODY_8BITMIME : 0U),
        .recipients = message->recipients,
        .recipient_count = message->recipient_count,
    };

    envelope.attributes =
        arena_array(message->arena, struct queue_attribute, request->attribute_count + 2);
    for (size_t i = 0; i < request->attribute_count; i++) {
        bool is_filter = strcmp(request->attributes[i].name, QUEUE_ATTRIBUTE_FILTER) == 0;

        if (!is_filter ||
            message->filter == NULL) /* what a table says goes before content_filter */
            envelope.attributes[envelope.attribute_count++] = request->attributes[i];
    }
    if (message->refusal != NULL)
        envelope.attributes[envelope.attribute_count++] = (struct queue_attribute){
            QUEUE_ATTRIBUTE_REFUSED,
            arena_printf(message->arena, "%s %s", message->refusal->status, message->refusal->text),
        };
    if (message->filter != NULL)
        envelope.attributes[envelope.attribute_count++] =
            (struct queue_attribute){QUEUE_ATTRIBUTE_FILTER, message->filter};
    return envelope;
}

static bool commit(struct message *message)
{
    struct cleanup *cleanup = message->cleanup;
    struct queue_envelope envelope = make_envelope(message);
    struct error err = {0};

    if (message->hold ? queue_writer_hold(cleanup->writer, &envelope, &err)
                      : queue_writer_commit(cleanup->writer, &envelope, &message->file, &err))
        return true;
    log_warning("%s: %s", message->queue_id, err.text);
    message->refusal = err.kind == ERROR_PERMANENT ? &refusal_too_big : &refusal_write_error;
    return false;
}

/* A message that is thrown away is as good as one in the queue, for the client. */
static bool conclude(struct message *message)
{
    if (message->refusal == NULL)
        envelope_apply_orders(message);
    if (message->refusal != NULL)
        return is_returned(message) && commit(message);
    return message->discard || commit(message);
}

void message_commit(struct message *message, struct intake_outcome *outcome_r)
{
    bool committed = conclude(message);
    const struct refusal *refusal = message->refusal;

    *outcome_r = (struct intake_outcome){
        .committed = committed,
        .queue_id = message->queue_id,
        .code = 250,
        .status = "2.0.0",
        .text = "Ok",
    };
    if (!committed) {
        outcome_r->code = (uint64_t)refusal->code;
        outcome_r->status = refusal->status;
        outcome_r->text =
            arena_printf(message->arena, "%s%s", refusal->bare ? "" : "Error: ", refusal->text);
    }
    if (!committed || message->discard)
        queue_writer_abandon(message->cleanup->writer);
}

void message_announce(struct message *message)
{
    if (message->file < 0)
        return;
    notify_qmgr(message->cleanup, message->queue_id, message->file);
    fd_close(&message->file);
}
