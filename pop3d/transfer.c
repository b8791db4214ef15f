/*
 * Sending a message: LF becomes CRLF, a dot at the start of a line is doubled, a dot on a line of its own
 * ends it (RFC 1939 section 3). In blocks; a line is looked for with memchr, never copied octet by octet.
 */
#include "lib/base/base.h"

#include "pop3d/session.h"

#include "lib/base/file.h"

#define BLOCK_SIZE (128U * 1024)

struct transfer {
    struct stream *client;
    bool at_line_start, in_body, after_cr;
    uint64_t body_lines; /* still to be sent */
    uint64_t octets;
    size_t
        line_len; /* of the line in progress, without its end: 0 at its end is the header's end */
};

static void put(struct transfer *transfer, struct span octets)
{
    stream_write(transfer->client, octets);
    transfer->octets += octets.len;
}

/* A piece of a line: all of it but its end. */
static void put_piece(struct transfer *transfer, struct span piece)
{
    if (piece.len == 0)
        return;
    if (transfer->at_line_start && piece.data[0] == '.')
        stream_write_text(transfer->client, ".");
    put(transfer, piece);
    transfer->at_line_start = false;
    transfer->after_cr = piece.data[piece.len - 1] == '\r';
    transfer->line_len += piece.len;
}

static void end_line(struct transfer *transfer)
{
    const bool is_empty =
        transfer->line_len == 0 || (transfer->line_len == 1 && transfer->after_cr);

    put(transfer, transfer->after_cr ? SPAN_LITERAL("\n") : SPAN_LITERAL("\r\n"));
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

static void put_block(struct transfer *transfer, struct span block)
{
    while (block.len > 0 && !is_complete(transfer)) {
        size_t end = span_find(block, '\n');
        put_piece(transfer, span_first(block, end));
        if (end < block.len)
            end_line(transfer);
        block = span_skip(block, end + 1);
    }
}

bool pop3_send_message(struct pop3_session *session, const struct message_file *file,
                       uint64_t body_lines, uint64_t *octets_r)
{
    struct transfer transfer = {
        .client = session->client, .at_line_start = true, .body_lines = body_lines};
    size_t size = file->size < BLOCK_SIZE ? (size_t)file->size : BLOCK_SIZE;
    char *block = mem_alloc(size + 1);
    bool sent = true;

    for (uint64_t at = 0; sent && at < file->size && !is_complete(&transfer);) {
        size_t len = file->size - at < size ? (size_t)(file->size - at) : size;
        sent = pread_all(file->fd, block, len, (off_t)(file->offset + at));
        if (sent)
            put_block(&transfer, span_of(block, len));
        at += len;
    }
    mem_free(block);
    if (sent && !transfer.at_line_start)
        end_line(&transfer);
    *octets_r = transfer.octets;
    if (sent)
        stream_write_text(session->client, ".\r\n");
    return sent;
}
