/* One message: its beginning, its content in blocks, its end. */
#include "cleanup/message.h"

#include "cleanup/header.h"
#include "cleanup/notify.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#include <stdio.h>

/* Where Postfix has the same refusal, with its status and text. */
const struct refusal refusal_write_error = {"4.3.0", "queue file write error"};
const struct refusal refusal_lookup = {"4.3.0", "temporary lookup failure"};
const struct refusal refusal_too_big = {"5.3.4", "message file too big"};
const struct refusal refusal_hops = {"5.4.0", "too many hops"};
const struct refusal refusal_no_recipients = {"5.1.0", "no recipients specified"};
const struct refusal refusal_too_many_recipients = {"5.5.3", "too many recipients"};

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
    struct buf field = message->field;
    struct buf mended = message->mended;

    hash_free(&message->seen, NULL);
    buf_clear(&field);
    *message = (struct message){
        .cleanup = message->cleanup,
        .arena = message->arena,
        .scratch = message->scratch,
        .request = *request,
        .field = field,
        .mended = mended,
        .file = -1,
    };
    message->rewriting = choose_rewriting(message);
    if (message->request.arrival.tv_sec == 0)
        message->request.arrival = clock_wall();
    queue_writer_begin(message->cleanup->writer);
    snprintf(message->queue_id, sizeof(message->queue_id), "%s",
             queue_writer_id(message->cleanup->writer));
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

static bool is_written(const struct message *message)
{
    return message->refusal == NULL ||
           (is_returned(message) && message->refusal != &refusal_too_big);
}

void message_write(struct message *message, struct span octets)
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

/* The empty line belongs to the body; where it is missing, it is put there. */
static void end_header(struct message *message, struct span rest)
{
    header_complete(message);
    message->part = IN_BODY;
    if (rest.len > 0 && rest.data[0] != '\n')
        message_write(message, SPAN_LITERAL("\n"));
    message_write(message, rest);
}

/* One field, of which only header_size_limit octets are kept. */
static void take_field(struct message *message, struct header_field field)
{
    size_t limit = (size_t)message->cleanup->config->header_size_limit;
    struct cursor start = cursor_of(span_first(field.whole, limit));

    if (field.whole.len <= limit || header_next(&start, true, &field) == PARSE_DONE)
        header_field(message, &field);
}

/* The beginning of a field that is past header_size_limit already: the rest of it is dropped. */
static void take_long_field(struct message *message, struct span beginning)
{
    struct cursor at = cursor_of(beginning);
    struct header_field field;

    if (header_next(&at, true, &field) != PARSE_DONE) {
        end_header(message, beginning); /* a line so long without a colon is no field */
        return;
    }
    take_field(message, field);
    message->part = beginning.data[beginning.len - 1] == '\n' ? IN_LONG_FIELD : IN_LONG_LINE;
}

/* All fields that are whole; how many octets are done with. */
static size_t take_fields(struct message *message, struct span block)
{
    size_t limit = (size_t)message->cleanup->config->header_size_limit;
    struct cursor at = cursor_of(block);
    struct header_field field;
    enum parse_result result;
    struct span rest;

    while ((result = header_next(&at, false, &field)) == PARSE_DONE)
        take_field(message, field);
    rest = span_of(at.next, cursor_left(at));
    if (result == PARSE_INCOMPLETE && rest.len <= limit)
        return block.len - rest.len;
    if (result == PARSE_INCOMPLETE)
        take_long_field(message, rest);
    else
        end_header(message, rest);
    return block.len;
}

static void take_header(struct message *message, struct span block)
{
    struct buf *waiting = &message->field;
    bool was_waiting = waiting->len > 0;
    size_t done;

    if (was_waiting) {
        buf_put(waiting, block);
        block = buf_span(waiting);
    }
    done = take_fields(message, block);
    header_flush(message);
    if (was_waiting)
        buf_remove(waiting, done);
    else
        buf_put(waiting, span_skip(block, done));
}

/* Past the lines of a long field; what is behind it stays in *block. */
static void skip_long_field(struct message *message, struct span *block)
{
    while (block->len > 0 && message->part != IN_HEADER) {
        if (message->part == IN_LONG_FIELD) {
            bool goes_on = block->data[0] == ' ' || block->data[0] == '\t';
            message->part = goes_on ? IN_LONG_LINE : IN_HEADER;
        } else {
            size_t line = span_find(*block, '\n');
            message->part = line < block->len ? IN_LONG_FIELD : IN_LONG_LINE;
            *block = span_skip(*block, line + 1);
        }
    }
}

/* Content has LF line ends; a CR in it could end a line for somebody else (SMTP smuggling). */
static struct span without_stray_cr(struct message *message, struct span block)
{
    if (!message->cleanup->config->cleanup_replace_stray_cr_lf ||
        span_find(block, '\r') == block.len)
        return block;
    buf_clear(&message->mended);
    buf_put(&message->mended, block);
    for (size_t i = 0; i < block.len; i++) {
        if (message->mended.data[i] == '\r')
            message->mended.data[i] = ' ';
    }
    return buf_span(&message->mended);
}

void message_content(struct message *message, struct span block)
{
    block = without_stray_cr(message, block);
    if (message->part == IN_LONG_LINE || message->part == IN_LONG_FIELD)
        skip_long_field(message, &block);
    if (message->part == IN_BODY)
        message_write(message, block);
    else if (block.len > 0)
        take_header(message, block);
}

void message_content_end(struct message *message)
{
    struct cursor at = cursor_of(buf_span(&message->field));
    struct header_field field;

    if (message->part == IN_BODY)
        return;
    while (header_next(&at, true, &field) == PARSE_DONE)
        take_field(message, field);
    end_header(message, span_of(at.next, cursor_left(at)));
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
        .flags = request->flags & (QUEUE_BODY_8BITMIME | QUEUE_SMTPUTF8),
        .recipients = message->recipients,
        .recipient_count = message->recipient_count,
    };

    envelope.attributes =
        arena_array(message->arena, struct queue_attribute, request->attribute_count + 1);
    for (size_t i = 0; i < request->attribute_count; i++)
        envelope.attributes[envelope.attribute_count++] = request->attributes[i];
    if (message->refusal != NULL)
        envelope.attributes[envelope.attribute_count++] = (struct queue_attribute){
            QUEUE_ATTRIBUTE_REFUSED,
            arena_printf(message->arena, "%s %s", message->refusal->status, message->refusal->text),
        };
    return envelope;
}

static bool commit(struct message *message)
{
    struct queue_envelope envelope = make_envelope(message);
    struct error err = {0};

    if (queue_writer_commit(message->cleanup->writer, &envelope, &message->file, &err))
        return true;
    log_warning("%s: %s", message->queue_id, err.text);
    message->refusal = err.kind == ERROR_PERMANENT ? &refusal_too_big : &refusal_write_error;
    return false;
}

void message_commit(struct message *message, struct intake_outcome *outcome_r)
{
    bool committed = (message->refusal == NULL || is_returned(message)) && commit(message);

    *outcome_r = (struct intake_outcome){
        .committed = committed,
        .queue_id = message->queue_id,
        .status = committed ? "2.0.0" : message->refusal->status,
        .text =
            committed ? "Ok" : arena_printf(message->arena, "Error: %s", message->refusal->text),
    };
    if (!committed)
        queue_writer_abandon(message->cleanup->writer);
}

void message_announce(struct message *message)
{
    if (message->file < 0)
        return;
    notify_qmgr(message->cleanup, message->queue_id, message->file);
    fd_close(&message->file);
}
