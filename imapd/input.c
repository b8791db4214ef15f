/*
 * Input: a command is a line, or several with literals between them (RFC 3501 section 4.3, RFC 7888).
 * All of it but APPEND's messages is gathered before anything runs, within one bound.
 */
#include "lib/base/base.h"

#include "imapd/session.h"

#define SKIP_MAX (256U * 1024 * 1024) /* octets of a literal that are read only to be forgotten */
#define TAIL_MAX 64U                  /* octets in which a line announces its literal */

void imapd_input_failed(struct imapd_session *session, enum stream_status status)
{
    switch (status) {
    case STREAM_TIMEOUT:
        imapd_bye(session, "Disconnected for inactivity.");
        break;
    case STREAM_EOF:
        session->end_reason = "Connection closed";
        break;
    case STREAM_OK:
    case STREAM_FAILED:
    case STREAM_TOO_LONG:
        session->end_reason = "Connection closed: read or write failed";
        break;
    }
    session->ended = true;
}

/* The tag, for a reply to what cannot be read to its end. */
static void find_tag(struct imapd_session *session, struct span line)
{
    struct span tag = span_take_word(&line);

    session->tag = tag.len > 0 && tag.len < 100 ? span_of(arena_text(session->arena, tag), tag.len)
                                                : SPAN_LITERAL("*");
}

/* The last octets of what came in pieces. */
static void keep_tail(struct buf *tail, struct span piece)
{
    if (piece.len > TAIL_MAX)
        piece = span_skip(piece, piece.len - TAIL_MAX);
    buf_put(tail, piece);
    if (tail->len > TAIL_MAX)
        buf_remove(tail, tail->len - TAIL_MAX);
}

/* Drop what the client still sends of a line that is too long; *tail is how it ends. */
static enum stream_status drop_line(struct imapd_session *session, struct buf *tail)
{
    struct span available, line;
    enum stream_status status;

    while ((status = stream_read_line(session->client, IMAPD_LINE_MAX, &line, NULL)) ==
           STREAM_TOO_LONG) {
        status = stream_fill(session->client, &available);
        if (status != STREAM_OK)
            return status;
        available = span_first(available, IMAPD_LINE_MAX); /* no line ends in so much */
        keep_tail(tail, available);
        stream_consume(session->client, available.len);
    }
    if (status != STREAM_OK)
        return status;
    if (line.len > 0)
        keep_tail(tail, line);
    else if (tail->len > 0 && tail->data[tail->len - 1] == '\r')
        buf_truncate(tail, tail->len - 1);
    return STREAM_OK;
}

/* A literal that it announces at its end is no command, whatever stands in it. */
static void refuse_long_line(struct imapd_session *session)
{
    struct buf tail = BUF(2 * TAIL_MAX);
    struct span available, before;
    enum stream_status status = stream_fill(session->client, &available);

    if (status == STREAM_OK) {
        find_tag(session, session->command.len > 0 ? buf_span(&session->command) : available);
        status = drop_line(session, &tail);
    }
    if (status == STREAM_OK) {
        session->has_literal =
            tail.len > 0 && parse_literal_at_end(buf_span(&tail), &before, &session->literal);
        imapd_bad(session, "Error in IMAP command: Too long command line.");
    } else {
        imapd_input_failed(session, status);
    }
    buf_release(&tail);
    if (session->has_literal && !session->ended)
        imapd_skip_literal(session);
}

void imapd_invite(struct imapd_session *session)
{
    enum stream_status status;

    if (!session->literal.synchronizing)
        return;
    buf_put_text(&session->response, "+ OK\r\n");
    imapd_flush(session);
    status = stream_flush(session->client);
    if (status != STREAM_OK)
        imapd_input_failed(session, status);
}

static enum stream_status skip_octets(struct imapd_session *session, uint64_t left)
{
    enum stream_status status = STREAM_OK;
    struct span available;

    while (left > 0 && status == STREAM_OK) {
        status = stream_fill(session->client, &available);
        if (status == STREAM_OK) {
            size_t len = available.len < left ? available.len : (size_t)left;
            stream_consume(session->client, len);
            left -= len;
        }
    }
    return status;
}

/* What stands behind it belongs to the same command, and so do the literals in that. One for which the
 * client asks is not coming. */
void imapd_skip_literal(struct imapd_session *session)
{
    enum stream_status status = STREAM_OK;
    struct span rest, before;
    uint64_t skipped = 0;

    while (session->has_literal && !session->literal.synchronizing && status == STREAM_OK) {
        if (session->literal.size > SKIP_MAX || skipped > SKIP_MAX) {
            imapd_bye(session, "Literal too large.");
            return;
        }
        skipped += session->literal.size;
        status = skip_octets(session, session->literal.size);
        if (status == STREAM_OK)
            status = stream_read_line(session->client, IMAPD_LINE_MAX, &rest, NULL);
        session->has_literal = status == STREAM_OK && rest.len > 0 &&
                               parse_literal_at_end(rest, &before, &session->literal);
    }
    session->has_literal = false;
    if (status != STREAM_OK)
        imapd_input_failed(session, status);
}

static bool read_literal(struct imapd_session *session)
{
    size_t size = (size_t)session->literal.size;
    enum stream_status status;
    char *room;

    imapd_invite(session);
    if (session->ended)
        return false;
    room = buf_reserve(&session->command, size);
    ASSERT(room != NULL); /* is_small */
    status = stream_read_exact(session->client, room, size);
    if (status != STREAM_OK) {
        imapd_input_failed(session, status);
        return false;
    }
    buf_commit(&session->command, size);
    return true;
}

static bool is_small(const struct imapd_session *session)
{
    return session->literal.size < IMAPD_LINE_MAX &&
           session->command.len + session->literal.size < IMAPD_LINE_MAX;
}

/*
 * Is the literal announced here a message, which does not belong into memory? It is what comes after the
 * mailbox of APPEND or REPLACE, which may be a literal itself.
 */
static bool is_message(struct imapd_session *session, struct span before)
{
    struct cursor at = cursor_of(before);
    struct span tag, number, mailbox;

    tag = span_take_word(&(struct span){before.data, before.len});
    at.next += tag.len < before.len ? tag.len : before.len;
    if (!parse_space(&at))
        return false;
    if (parse_word(&at, "UID") && !parse_space(&at))
        return false;
    if (parse_word(&at, "REPLACE")) {
        if (!parse_space(&at) ||
            (!cursor_take(&at, '*') && !parse_astring(session->arena, &at, &number)))
            return false;
    } else if (!parse_word(&at, "APPEND")) {
        return false;
    }
    return parse_space(&at) && parse_astring(session->arena, &at, &mailbox) && parse_space(&at);
}

static bool read_lines(struct imapd_session *session)
{
    for (;;) {
        struct span line, before;
        enum stream_status status;
        size_t start = session->command.len;

        status = stream_read_line(session->client, IMAPD_LINE_MAX - start, &line, NULL);
        if (status == STREAM_TOO_LONG) {
            refuse_long_line(session);
            return false;
        }
        if (status != STREAM_OK) {
            imapd_input_failed(session, status);
            return false;
        }
        buf_put(&session->command, line);
        line = span_skip(buf_span(&session->command), start);
        if (line.len == 0 || !parse_literal_at_end(line, &before, &session->literal))
            return true;
        before = span_first(buf_span(&session->command), start + before.len);
        if (is_message(session, before)) {
            session->has_literal = true;
            buf_truncate(&session->command, before.len);
            return true;
        }
        if (!is_small(session)) {
            find_tag(session, buf_span(&session->command));
            imapd_bad(session, "Error in IMAP command: Literal too large.");
            session->has_literal = true;
            imapd_skip_literal(session);
            return false;
        }
        if (!buf_append_text(&session->command, "\r\n") || !read_literal(session))
            return false;
    }
}

bool imapd_read_command(struct imapd_session *session)
{
    arena_reset(session->arena);
    buf_clear(&session->command);
    session->has_literal = false;
    session->tag = SPAN_EMPTY;
    session->by_uid = false;
    session->no_expunges = false;
    return read_lines(session);
}

bool imapd_read_more_of_append(struct imapd_session *session)
{
    struct span line, before;
    enum stream_status status = stream_read_line(session->client, IMAPD_LINE_MAX, &line, NULL);

    session->has_literal = false;
    if (status != STREAM_OK) {
        if (status == STREAM_TOO_LONG)
            imapd_bye(session, "Too long command line.");
        else
            imapd_input_failed(session, status);
        return false;
    }
    session->has_literal = line.len > 0 && parse_literal_at_end(line, &before, &session->literal);
    buf_clear(&session->command);
    buf_put(&session->command, session->has_literal ? before : line);
    return true;
}
