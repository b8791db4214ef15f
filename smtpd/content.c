/* DATA and BDAT: RFC 5321 section 4.1.1.4, RFC 3030. */
#include "lib/base/log.h"
#include "smtpd/access.h"
#include "smtpd/command.h"
#include "smtpd/submit.h"

#define BLOCK_ROOM_MIN 4096 /* less room than this in the content buffer: pass it on */

/* smtpd_forbid_bare_newline: "no", and clients that are excluded, make conversion lenient. */
static bool is_lenient(const struct smtpd_session *session)
{
    struct error err;

    return strcmp(session->config->smtpd_forbid_bare_newline, "no") == 0 ||
           match_list_client(session->server->bare_newline_exclusions,
                             span_text(session->peer.name), &session->peer.address,
                             &err) == MAP_FOUND;
}

static void begin_content(struct smtpd_session *session, unsigned options)
{
    struct smtpd_content *content = &session->content;

    if (is_lenient(session))
        options |= CONVERT_LENIENT;
    *content = (struct smtpd_content){.begun = true, .convert = {.options = options}};
    content->broken = !smtpd_submit_begin(session);
}

/* For the log; of lines only those that have come to their end. */
static void count_octets(struct smtpd_content *content, struct span wire)
{
    size_t last = span_find_last(wire, '\n');

    if ((content->convert.options & CONVERT_DOTS) == 0) {
        content->octets += wire.len;
    } else if (last < wire.len) {
        content->octets += content->unended + last + 1;
        content->unended = wire.len - last - 1;
    } else {
        content->unended += wire.len;
    }
}

/* Convert what the client sent, and pass it on when there is a block of it. Returns how much was
 * used. When nobody takes it any more, it is read and forgotten: the client cannot be stopped. */
static size_t take_octets(struct smtpd_session *session, struct span wire)
{
    struct smtpd_content *content = &session->content;
    struct buf *out = &session->server->content;
    int64_t limit = session->config->message_size_limit;
    size_t used = smtpd_convert(&content->convert,
                                span_first(wire, out->limit - out->len - CONVERT_ADDS_MAX), out);

    count_octets(content, span_first(wire, used));
    if (limit > 0 && content->convert.size > (uint64_t)limit && !content->too_big) {
        content->too_big = true;
        log_warning("%s: queue file size limit exceeded", session->queue_id);
    }
    if (content->broken || content->too_big)
        buf_clear(out);
    else if (out->limit - out->len < BLOCK_ROOM_MIN)
        content->broken = !smtpd_submit_content(session);
    return used;
}

/* Until the final dot, or for so many octets; false: the session has ended. */
static bool read_content(struct smtpd_session *session, uint64_t octets)
{
    struct span wire;

    smtpd_begin_deadline(session);
    while (octets > 0 && !session->content.convert.ended) {
        enum stream_status status = stream_fill(session->client, &wire);
        size_t used;

        if (status != STREAM_OK) {
            smtpd_stream_failed(session, status);
            return false;
        }
        if (wire.len > octets)
            wire.len = (size_t)octets;
        used = take_octets(session, wire);
        stream_consume(session->client, used);
        smtpd_extend_deadline(session, used);
        octets -= used;
    }
    return true;
}

/* The reply to the whole message, and what the client cannot be trusted with ends the session. */
static const char *conclude(struct smtpd_session *session, const char *octets)
{
    struct smtpd_content *content = &session->content;
    const struct config *config = session->config;
    const char *refusal;

    if (content->convert.lone_lf && strcmp(config->smtpd_forbid_bare_newline, "reject") == 0 &&
        (content->convert.options & CONVERT_LENIENT) == 0) {
        smtpd_log_decision(session, "reject", "bare <LF> received");
        return arena_printf(session->command_arena, "%d 5.5.2 %s Error: bare <LF> received",
                            config->smtpd_forbid_bare_newline_reject_code, config->myhostname);
    }
    if (content->too_big)
        return "552 5.3.4 Error: message file too big";
    /* What refuses now may be looked for by what cleanup logs of the content. */
    if (!content->broken && config->smtpd_end_of_data_restrictions[0] != '\0')
        content->broken = !smtpd_submit_push(session);
    refusal = access_check_end_of_data(session);
    if (refusal != NULL)
        return refusal;
    if (content->broken || !smtpd_submit_content(session))
        return SUBMIT_FAILED;
    return smtpd_submit_finish(session, octets);
}

static void finish(struct smtpd_session *session, const char *octets)
{
    const char *reply;

    session->where = "END-OF-MESSAGE";
    reply = conclude(session, octets);
    if (reply[0] == '2') {
        session->error_count = 0;
        session->junk_count = 0;
        smtpd_reply(session, "%s", reply);
    } else {
        smtpd_refuse(session, "%s", reply);
    }
    smtpd_reset(session);
}

void run_data(struct smtpd_session *session, struct span arguments)
{
    const char *refusal;

    if (session->phase == PHASE_SENDER) {
        smtpd_refuse(session, "554 5.5.1 Error: no valid recipients");
        return;
    }
    if (arguments.len > 0) {
        smtpd_refuse(session, "501 5.5.4 Syntax: DATA");
        return;
    }
    refusal = access_check_data(session);
    if (refusal != NULL) {
        smtpd_refuse(session, "%s", refusal);
        return;
    }
    begin_content(session, CONVERT_DOTS);
    smtpd_reply(session, "354 End data with <CR><LF>.<CR><LF>");
    smtpd_flush(session);
    if (!session->ended && read_content(session, UINT64_MAX))
        finish(session, NULL);
}

/* --- BDAT ----------------------------------------------------------------------------------------- */

struct chunk {
    uint64_t size;
    bool is_last;
};

/* "BDAT" SP chunk-size [SP "LAST"]: RFC 3030 section 2 */
static bool parse_chunk(struct span arguments, struct chunk *chunk_r)
{
    struct span size = span_take_word(&arguments);

    chunk_r->is_last = span_equal_text_nocase(arguments, "LAST");
    return span_to_u64(size, INT64_MAX, &chunk_r->size) && (chunk_r->is_last || arguments.len == 0);
}

/* Its octets come all the same; false: the session has ended. */
static bool skip_chunk(struct smtpd_session *session, uint64_t octets)
{
    struct span wire;

    smtpd_begin_deadline(session);
    while (octets > 0) {
        enum stream_status status = stream_fill(session->client, &wire);

        if (status != STREAM_OK) {
            smtpd_stream_failed(session, status);
            return false;
        }
        if (wire.len > octets)
            wire.len = (size_t)octets;
        stream_consume(session->client, wire.len);
        smtpd_extend_deadline(session, wire.len);
        octets -= wire.len;
    }
    return true;
}

/* NULL: the chunk may come; else the reply, and the rest of the message is lost. */
static const char *check_chunk(struct smtpd_session *session, const struct chunk *chunk)
{
    const char *queue_id = session->queue_id == NULL ? "NOQUEUE" : session->queue_id;
    int64_t limit = session->config->message_size_limit;

    if (session->content.failed)
        return arena_printf(session->command_arena,
                            "551 5.0.0 Discarded %" PRIu64 " bytes after earlier error",
                            chunk->size);
    if (chunk->size == 0 && !chunk->is_last) {
        log_warning("%s: null BDAT request from %s", queue_id, session->peer.label);
        return "551 5.7.1 Null BDAT request";
    }
    if ((session->phase & PHASE_IN_MAIL) == 0)
        return "503 5.5.1 Error: need RCPT command";
    if (session->phase == PHASE_SENDER)
        return "554 5.5.1 Error: no valid recipients";
    if (limit > 0 && chunk->size > (uint64_t)limit) {
        log_warning("%s: BDAT request from %s exceeds message size limit", queue_id,
                    session->peer.label);
        return "552 5.3.4 Chunk exceeds message size limit";
    }
    return session->content.begun ? NULL : access_check_data(session);
}

static void refuse_chunk(struct smtpd_session *session, const struct chunk *chunk,
                         const char *refusal)
{
    if (!skip_chunk(session, chunk->size))
        return;
    smtpd_refuse(session, "%s", refusal);
    if (chunk->is_last) {
        smtpd_reset(session);
    } else {
        if ((session->phase & PHASE_IN_MAIL) != 0)
            session->phase = PHASE_CHUNKS;
        session->content.failed = true;
    }
}

static void take_chunk(struct smtpd_session *session, const struct chunk *chunk)
{
    struct smtpd_content *content = &session->content;

    if (!content->begun)
        begin_content(session, 0);
    session->phase = PHASE_CHUNKS;
    if (!read_content(session, chunk->size))
        return;
    if (!chunk->is_last) {
        smtpd_reply(session, "250 2.0.0 Ok: %" PRIu64 " bytes", chunk->size);
        return;
    }
    smtpd_convert_finish(&content->convert, &session->server->content);
    finish(session,
           arena_printf(session->command_arena, "%" PRIu64 " bytes ", content->convert.size));
}

void run_bdat(struct smtpd_session *session, struct span arguments)
{
    struct chunk chunk;
    const char *refusal;

    if ((session->announced & HELLO_CHUNKING) == 0) { /* what comes now, nobody knows */
        smtpd_refuse(session, "521 5.5.1 Error: command not implemented");
        return;
    }
    if (!parse_chunk(arguments, &chunk)) {
        log_warning("%s: malformed BDAT command syntax from %s: BDAT%s%.100s",
                    session->queue_id == NULL ? "NOQUEUE" : session->queue_id, session->peer.label,
                    arguments.len > 0 ? " " : "", arena_text(session->command_arena, arguments));
        smtpd_refuse(session, "521 5.5.4 Syntax: BDAT count [LAST]");
        return;
    }
    refusal = check_chunk(session, &chunk);
    if (refusal != NULL)
        refuse_chunk(session, &chunk, refusal);
    else
        take_chunk(session, &chunk);
}
