/*
 * Sections: octets of a message file with CRLF line ends. Ordinary ones go through memory; of long ones
 * blocks do, or none at all when they are stored with CRLF.
 */
#include "lib/base/base.h"

#include "imapd/section.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/message/crlf.h"
#include "lib/message/imap_text.h"

#define MEMORY_MAX (1024 * 1024) /* octets of a section that are read as one */
#define BLOCK_MAX  (128 * 1024)

static bool is_header(const struct section *section)
{
    return section->part == SECTION_HEADER || section->part == SECTION_FIELDS ||
           section->part == SECTION_FIELDS_NOT;
}

static void count_octets(struct imapd_session *session, const struct section *section,
                         uint64_t octets)
{
    if (is_header(section)) {
        session->counters.header_count++;
        session->counters.header_octets += octets;
    } else {
        session->counters.body_count++;
        session->counters.body_octets += octets;
    }
}

/* What of `size` octets is wanted. */
static void cut(const struct section *section, uint64_t size, uint64_t *offset_r, uint64_t *len_r)
{
    *offset_r = 0;
    *len_r = size;
    if (!section->partial)
        return;
    *offset_r = section->offset < size ? section->offset : size;
    *len_r = size - *offset_r < section->len ? size - *offset_r : section->len;
}

/* --- in memory --------------------------------------------------------------------------------- */

static void put_label(struct imapd_session *session, const struct section *section)
{
    buf_put_text(&session->response, section->label);
    buf_put_char(&session->response, ' ');
}

/* A section that is in memory, with CRLF: as a literal, cut as the client wants it. */
static void put_literal(struct imapd_session *session, const struct section *section,
                        struct span text)
{
    uint64_t offset, len;

    cut(section, text.len, &offset, &len);
    put_label(session, section);
    buf_put_printf(&session->response, "{%" PRIu64 "}\r\n", len);
    buf_put(&session->response, span_first(span_skip(text, (size_t)offset), (size_t)len));
    count_octets(session, section, len);
}

/* The fields that are wanted; `header` has CRLF already. */
static void put_fields(struct imapd_session *session, const struct section *section,
                       struct span header)
{
    struct buf fields = BUF(BUF_UNLIMITED);

    section_put_fields(&fields, section, header);
    put_literal(session, section, buf_span(&fields));
    buf_release(&fields);
}

static bool read_range(const struct fetch_message *message, const struct section_range *range,
                       struct buf *text)
{
    struct buf raw = BUF(BUF_UNLIMITED);
    size_t len = (size_t)(range->end - range->start);
    char *room = buf_reserve(&raw, len);
    char previous = '\0';
    bool done =
        pread_all(message->file.fd, room, len, (off_t)(message->file.offset + range->start));

    if (done) {
        buf_commit(&raw, len);
        crlf_put(text, buf_span(&raw), &previous);
    }
    buf_release(&raw);
    return done;
}

static bool put_from_memory(struct imapd_session *session, const struct fetch_message *message,
                            const struct section *section, const struct section_range *range)
{
    struct buf text = BUF(BUF_UNLIMITED);
    bool done = read_range(message, range, &text);

    if (done && section_has_fields(section))
        put_fields(session, section, buf_span(&text));
    else if (done)
        put_literal(session, section, buf_span(&text));
    buf_release(&text);
    return done;
}

/* --- in blocks --------------------------------------------------------------------------------- */

/* `len` octets from `skip` on of what the range is with CRLF. A file that was changed after its size
 * became known gives less: the client is owed the rest, and gets spaces. */
static bool send_blocks(struct imapd_session *session, const struct fetch_message *message,
                        const struct section_range *range, uint64_t skip, uint64_t len)
{
    struct buf raw = BUF(BLOCK_MAX), text = BUF(2 * BLOCK_MAX);
    char previous = '\0';
    bool done = true;

    for (uint64_t at = range->start; at < range->end && len > 0 && done;) {
        size_t size = range->end - at < BLOCK_MAX ? (size_t)(range->end - at) : BLOCK_MAX;
        char *room = buf_reserve(&raw, size);
        struct span block;

        done = pread_all(message->file.fd, room, size, (off_t)(message->file.offset + at));
        if (!done)
            break;
        buf_commit(&raw, size);
        crlf_put(&text, buf_span(&raw), &previous);
        block = span_skip(buf_span(&text), skip < text.len ? (size_t)skip : text.len);
        skip -= skip < text.len ? skip : text.len;
        block = span_first(block, len < block.len ? (size_t)len : block.len);
        stream_write(session->client, block);
        len -= block.len;
        at += size;
        buf_clear(&raw);
        buf_clear(&text);
    }
    for (; done && len > 0; len--)
        stream_write_text(session->client, " ");
    buf_release(&raw);
    buf_release(&text);
    return done;
}

static bool put_in_blocks(struct imapd_session *session, struct fetch_message *message,
                          const struct section *section, const struct section_range *range)
{
    uint64_t offset, len;
    bool done;

    cut(section, range->end - range->start + range->bare_lf, &offset, &len);
    put_label(session, section);
    buf_put_printf(&session->response, "{%" PRIu64 "}\r\n", len);
    count_octets(session, section, len);
    message->sent = true;
    fetch_flush(session);
    if (session->ended)
        return false;
    mailbox_end_reading(session->mailbox);
    if (range->bare_lf == 0)
        done = stream_write_file(session->client, message->file.fd,
                                 message->file.offset + range->start + offset, len) == STREAM_OK;
    else
        done = send_blocks(session, message, range, offset, len);
    if (!mailbox_begin_reading(session->mailbox, &(struct error){0}))
        done = false;
    if (!done) { /* the client is in the middle of a literal: nothing can be said any more */
        session->ended = true;
        session->end_reason = "Message file could not be read";
    }
    return done;
}

/* --- a section --------------------------------------------------------------------------------- */

bool fetch_open_file(struct imapd_session *session, struct fetch_message *message)
{
    struct error err = {0};

    if (message->file.fd >= 0)
        return true;
    if (mailbox_open_message(session->mailbox, message->index, &message->file, &err))
        return true;
    if (err.number != ENOENT)
        log_error("imap(%s)<%s>: %s", session->user, session->id, err.text);
    return false;
}

bool fetch_put_section(struct imapd_session *session, struct fetch_message *message,
                       const struct section *section)
{
    struct section_range range;

    if (section->part == SECTION_BINARY || section->part == SECTION_BINARY_SIZE)
        return fetch_put_binary(session, message, section);
    if (section_is_indexed(section)) {
        put_fields(session, section, message->metadata.headers);
        return true;
    }
    if (!fetch_open_file(session, message))
        return false;
    if (!section_find_range(&message->metadata, message->file.size, section, &range) ||
        range.end > message->file.size) {
        put_literal(session, section, SPAN_EMPTY); /* there is no such part */
        return true;
    }
    if (range.end - range.start <= MEMORY_MAX || section_has_fields(section))
        return put_from_memory(session, message, section, &range);
    return put_in_blocks(session, message, section, &range);
}
