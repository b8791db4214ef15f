/*
 * Sending a message: LF becomes CRLF, a dot at the start of a line is doubled, a dot on a line of its own
 * ends it (RFC 1939 section 3). A block is read, converted and written at once; lines are found by memchr.
 */
#include "lib/base/base.h"

#include "pop3d/session.h"

#include "lib/base/file.h"
#include "lib/base/strlist.h"

#define BLOCK_SIZE (128U * 1024)
/* "\n" becomes "\r\n" and ".\n" becomes "..\r\n": at most twice as much, and what an earlier block left open */
#define OUT_SIZE(room) (2 * (room) + 8)

struct transfer {
    char *block, *out; /* what is read; twice as much and a little more */
    size_t room;       /* in the block: BLOCK_SIZE, or less for a small message */
    size_t out_len;
    bool at_line_start, in_body, after_cr;
    bool no_nuls;        /* some clients end a message at a NUL */
    uint64_t body_lines; /* still to be sent */
    uint64_t octets;
    size_t
        line_len; /* of the line in progress, without its end: 0 at its end is the header's end */
};

static void put(struct transfer *transfer, const char *octets, size_t len)
{
    memcpy(transfer->out + transfer->out_len, octets, len);
    transfer->out_len += len;
    transfer->octets += len;
}

static void replace_nuls(char *text, size_t len)
{
    for (char *nul; (nul = memchr(text, '\0', len)) != NULL;) {
        *nul = (char)0x80;
        len -= (size_t)(nul + 1 - text);
        text = nul + 1;
    }
}

/* A piece of a line: all of it but its end. */
static void put_piece(struct transfer *transfer, const char *piece, size_t len)
{
    if (len == 0)
        return;
    if (transfer->at_line_start && piece[0] == '.')
        transfer->out[transfer->out_len++] = '.';
    put(transfer, piece, len);
    if (transfer->no_nuls)
        replace_nuls(transfer->out + transfer->out_len - len, len);
    transfer->at_line_start = false;
    transfer->after_cr = piece[len - 1] == '\r';
    transfer->line_len += len;
}

static void end_line(struct transfer *transfer)
{
    const bool is_empty =
        transfer->line_len == 0 || (transfer->line_len == 1 && transfer->after_cr);

    put(transfer, &"\r\n"[transfer->after_cr ? 1 : 0], transfer -> after_cr ? 1 : 2);
    if (transfer->in_body && transfer->body_lines != UINT64_MAX)
        transfer->body_lines--;
    if (is_empty)
        transfer->in_body = true;
    transfer->at_line_start = true;
    transfer->after_cr = false;
    transfer->line_len = 0;
}

static bool is_complete(const struct transfer *transfer)
{
    return transfer->in_body && transfer->body_lines == 0;
}

static void convert(struct transfer *transfer, const char *block, size_t len)
{
    while (len > 0 && !is_complete(transfer)) {
        const char *end = memchr(block, '\n', len);
        size_t piece = end == NULL ? len : (size_t)(end - block);
        put_piece(transfer, block, piece);
        if (end == NULL)
            return;
        end_line(transfer);
        block = end + 1;
        len -= piece + 1;
    }
}

static void write_out(struct transfer *transfer, struct stream *client)
{
    stream_write(client, span_of(transfer->out, transfer->out_len));
    transfer->out_len = 0;
}

static bool send_stored(struct transfer *transfer, struct stream *client,
                        const struct message_file *file, uint64_t at, uint64_t end)
{
    while (at < end && !is_complete(transfer)) {
        size_t len = end - at < transfer->room ? (size_t)(end - at) : transfer->room;
        if (!pread_all(file->fd, transfer->block, len, (off_t)(file->offset + at)))
            return false;
        convert(transfer, transfer->block, len);
        write_out(transfer, client);
        at += len;
    }
    return true;
}

static void send_text(struct transfer *transfer, struct stream *client, struct span text)
{
    while (text.len > 0) {
        struct span piece = span_first(text, transfer->room);
        convert(transfer, piece.data, piece.len);
        write_out(transfer, client);
        text = span_skip(text, piece.len);
    }
}

static bool send_all(struct transfer *transfer, struct stream *client,
                     const struct message_file *file, const struct pop3_surrogate *surrogate)
{
    uint64_t at = 0;

    for (size_t i = 0; i < surrogate->count; i++) {
        const struct pop3_replacement *replacement = &surrogate->replacements[i];
        if (!send_stored(transfer, client, file, at, replacement->start))
            return false;
        send_text(
            transfer, client,
            span_first(span_skip(buf_span(&surrogate->text), replacement->text), replacement->len));
        at = replacement->end;
    }
    return send_stored(transfer, client, file, at, file->size);
}

/* The last line's end, and the empty line that some clients miss behind a header alone. A CR at the very end is of the
 * message: no LF makes it a line's end. */
static void complete(struct transfer *transfer, bool ends_header)
{
    transfer->after_cr = false;
    if (!transfer->at_line_start)
        end_line(transfer);
    if (ends_header && !transfer->in_body)
        end_line(transfer);
}

static bool works_around(const struct pop3_session *session, const char *word)
{
    return strlist_text_has(session->config->pop3_client_workarounds, ", \t", word);
}

bool pop3_send_message(struct pop3_session *session, const struct message_file *file,
                       const struct pop3_surrogate *surrogate, uint64_t body_lines,
                       uint64_t *octets_r)
{
    struct transfer transfer = {
        .at_line_start = true,
        .body_lines = body_lines,
        .no_nuls = works_around(session, "outlook-no-nuls"),
        .room = file->size < BLOCK_SIZE ? (size_t)file->size + 1 : BLOCK_SIZE,
    };
    bool sent;

    transfer.block = mem_alloc(transfer.room);
    transfer.out = mem_alloc(OUT_SIZE(transfer.room));
    sent = send_all(&transfer, session->client, file, surrogate);
    if (sent) {
        complete(&transfer, works_around(session, "oe-ns-eoh"));
        write_out(&transfer, session->client);
        stream_write_text(session->client, ".\r\n");
    }
    *octets_r = transfer.octets;
    mem_free(transfer.out);
    mem_free(transfer.block);
    return sent;
}
