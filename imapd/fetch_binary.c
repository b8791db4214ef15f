/*
 * BINARY and BINARY.SIZE: RFC 3516. A part with its transfer encoding undone; block by block, so that
 * large attachments do not go through memory: once for the size, once for the client.
 */
#include "lib/base/base.h"

#include "imapd/fetch.h"

#include "lib/base/file.h"
#include "lib/message/crlf.h"
#include "lib/message/decoder.h"

#define MEMORY_MAX (1024 * 1024) /* octets of a part that are decoded as one */
#define BLOCK_MAX  (128 * 1024)
#define HEADER_MAX (64 * 1024) /* octets of a part's header in which its encoding is looked for */

/* What of the file is to be decoded, and how. */
struct encoded {
    const struct message_file *file;
    uint64_t start, end;
    enum transfer_encoding encoding;
};

/* --- which ------------------------------------------------------------------------------------- */

static bool find_encoding(const struct message_file *file, const struct mime_part *part,
                          enum transfer_encoding *encoding_r)
{
    uint64_t size = part->body_start - part->header_start;
    size_t len = size < HEADER_MAX ? (size_t)size : HEADER_MAX;
    struct buf header = BUF(HEADER_MAX);
    char *room = buf_reserve(&header, len);
    bool done = pread_all(file->fd, room, len, (off_t)(file->offset + part->header_start));

    if (done) {
        buf_commit(&header, len);
        *encoding_r =
            transfer_encoding_of(mime_find_field(buf_span(&header), "Content-Transfer-Encoding"));
    }
    buf_release(&header);
    return done;
}

/* What holds other parts is not encoded itself (RFC 2045 section 6.4). */
static bool find_part(const struct fetch_message *message, const struct section *section,
                      struct encoded *encoded_r)
{
    const struct message_metadata *metadata = &message->metadata;
    const struct mime_part *part;
    uint16_t number;

    *encoded_r = (struct encoded){.file = &message->file, .end = message->file.size};
    if (section->depth == 0)
        return true;
    number = metadata->part_count == 0
                 ? MIME_NONE
                 : mime_find_part(metadata->parts, section->numbers, section->depth);
    if (number == MIME_NONE || metadata->parts[number].body_end > message->file.size)
        return false;
    part = &metadata->parts[number];
    encoded_r->start = part->body_start;
    encoded_r->end = part->body_end;
    return part->kind != MIME_LEAF || find_encoding(&message->file, part, &encoded_r->encoding);
}

/* --- decoding ---------------------------------------------------------------------------------- */

/* false ends it. */
typedef bool take_block(void *context, struct span block);

static bool decode(const struct encoded *encoded, take_block *take, void *context)
{
    struct decoder decoder = {.encoding = encoded->encoding};
    struct buf raw = BUF(BLOCK_MAX), text = BUF(2 * BLOCK_MAX), out = BUF(BUF_UNLIMITED);
    char previous = '\0';
    bool done = true;

    for (uint64_t at = encoded->start; at < encoded->end && done;) {
        size_t len = encoded->end - at < BLOCK_MAX ? (size_t)(encoded->end - at) : BLOCK_MAX;
        char *room = buf_reserve(&raw, len);
        done = pread_all(encoded->file->fd, room, len, (off_t)(encoded->file->offset + at));
        if (!done)
            break;
        buf_commit(&raw, len);
        crlf_put(&text, buf_span(&raw), &previous);
        decoder_put(&decoder, buf_span(&text), &out);
        done = take(context, buf_span(&out));
        at += len;
        buf_clear(&raw);
        buf_clear(&text);
        buf_clear(&out);
    }
    if (done) {
        decoder_end(&decoder, &out);
        done = take(context, buf_span(&out));
    }
    buf_release(&raw);
    buf_release(&text);
    buf_release(&out);
    return done;
}

struct measure {
    uint64_t size;
    bool has_nul; /* then it is a literal8 */
};

static bool measure_block(void *context, struct span block)
{
    struct measure *measure = context;

    measure->size += block.len;
    measure->has_nul |= block.len > 0 && memchr(block.data, '\0', block.len) != NULL;
    return true;
}

static bool keep_block(void *context, struct span block)
{
    buf_put(context, block);
    return true;
}

struct sending {
    struct stream *client;
    uint64_t skip, len; /* octets that are still to be passed over, and to be sent */
};

static bool send_block(void *context, struct span block)
{
    struct sending *sending = context;
    size_t skip = sending->skip < block.len ? (size_t)sending->skip : block.len;

    block = span_skip(block, skip);
    sending->skip -= skip;
    block = span_first(block, sending->len < block.len ? (size_t)sending->len : block.len);
    stream_write(sending->client, block);
    sending->len -= block.len;
    return sending->len > 0;
}

/* --- what is put ------------------------------------------------------------------------------- */

static void cut(const struct section *section, uint64_t size, uint64_t *offset_r, uint64_t *len_r)
{
    *offset_r = 0;
    *len_r = size;
    if (!section->partial)
        return;
    *offset_r = section->offset < size ? section->offset : size;
    *len_r = size - *offset_r < section->len ? size - *offset_r : section->len;
}

static void put_announcement(struct imapd_session *session, const struct section *section,
                             bool has_nul, uint64_t len)
{
    buf_put_printf(&session->response, "%s %s{%" PRIu64 "}\r\n", section->label, has_nul ? "~" : "",
                   len);
    session->counters.body_count++;
    session->counters.body_octets += len;
}

static bool put_from_memory(struct imapd_session *session, const struct section *section,
                            const struct encoded *encoded)
{
    struct buf decoded = BUF(BUF_UNLIMITED);
    bool done = decode(encoded, keep_block, &decoded);
    uint64_t offset, len;

    if (done) {
        struct span part = buf_span(&decoded);
        cut(section, part.len, &offset, &len);
        part = span_first(span_skip(part, (size_t)offset), (size_t)len);
        put_announcement(session, section,
                         part.len > 0 && memchr(part.data, '\0', part.len) != NULL, len);
        buf_put(&session->response, part);
    }
    buf_release(&decoded);
    return done;
}

/* A file that was changed since it was measured gives less: the client is owed the rest. */
static bool send_decoded(struct imapd_session *session, const struct encoded *encoded,
                         struct sending *sending)
{
    bool done = decode(encoded, send_block, sending) || sending->len == 0;

    for (; done && sending->len > 0; sending->len--)
        stream_write_text(session->client, " ");
    return done;
}

static bool put_in_blocks(struct imapd_session *session, struct fetch_message *message,
                          const struct section *section, const struct encoded *encoded)
{
    struct measure measure = {0};
    struct sending sending = {.client = session->client};
    bool done;

    if (!decode(encoded, measure_block, &measure))
        return false;
    cut(section, measure.size, &sending.skip, &sending.len);
    put_announcement(session, section, measure.has_nul, sending.len);
    message->sent = true;
    fetch_flush(session);
    if (session->ended)
        return false;
    mailbox_end_reading(session->mailbox);
    done = send_decoded(session, encoded, &sending);
    if (!mailbox_begin_reading(session->mailbox, &(struct error){0}))
        done = false;
    if (!done) {
        session->ended = true;
        session->end_reason = "Message file could not be read";
    }
    return done;
}

static bool put_size(struct imapd_session *session, const struct section *section,
                     const struct encoded *encoded)
{
    struct measure measure = {0};

    if (!decode(encoded, measure_block, &measure))
        return false;
    buf_put_printf(&session->response, "%s %" PRIu64, section->label, measure.size);
    return true;
}

bool fetch_put_binary(struct imapd_session *session, struct fetch_message *message,
                      const struct section *section)
{
    bool size = section->part == SECTION_BINARY_SIZE;
    struct encoded encoded;

    if (!fetch_open_file(session, message))
        return false;
    if (!find_part(message, section, &encoded)) {
        buf_put_printf(&session->response, "%s %s", section->label, size ? "0" : "NIL");
        return true;
    }
    if (encoded.encoding == TRANSFER_UNKNOWN) {
        message->unknown_encoding = true;
        buf_put_printf(&session->response, "%s %s", section->label, size ? "0" : "NIL");
        return true;
    }
    if (size)
        return put_size(session, section, &encoded);
    if (encoded.end - encoded.start <= MEMORY_MAX)
        return put_from_memory(session, section, &encoded);
    return put_in_blocks(session, message, section, &encoded);
}
