/*
 * Sections: octets of a message file with CRLF line ends. Ordinary ones go through memory; of long ones
 * blocks do, or none at all when they are stored with CRLF.
 */
#include "lib/base/base.h"

#include "imapd/fetch.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/message/crlf.h"

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

/* --- what no literal can hold -------------------------------------------------------------------- */

/* A literal has no NUL (RFC 3501 section 4.3): it is sent as Dovecot does. BINARY shows it as it is. */
static const char for_nul[] = "\x80";

static void replace_nuls(char *octets, size_t len)
{
    for (char *at; (at = memchr(octets, '\0', len)) != NULL; octets = at) {
        *at = for_nul[0];
        len -= (size_t)(at - octets);
    }
}

static void put_without_nuls(struct buf *out, struct span text)
{
    size_t before = out->len;

    buf_put(out, text);
    replace_nuls(out->data + before, text.len);
}

/* Where octets would go from the file to the socket unseen. true also when it cannot be read: whoever sends
 * it will see. */
static bool has_nul(const struct message_file *file, uint64_t start, uint64_t len)
{
    struct buf block = BUF(BLOCK_MAX);
    bool has = false;

    while (len > 0 && !has) {
        size_t part = len < BLOCK_MAX ? (size_t)len : BLOCK_MAX;
        char *room = buf_reserve(&block, part);
        has = !pread_all(file->fd, room, part, (off_t)(file->offset + start)) ||
              memchr(room, '\0', part) != NULL;
        start += part;
        len -= part;
    }
    buf_release(&block);
    return has;
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
    put_without_nuls(&session->response, span_first(span_skip(text, (size_t)offset), (size_t)len));
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

/* The place where the last piece of this section ended, unless the next one begins before it. */
static void find_place(struct imapd_session *session, const struct fetch_message *message,
                       const struct section_range *range, uint64_t offset)
{
    uint32_t uid = session->mailbox->messages[message->index].uid;
    struct imapd_place *place = &session->place;

    if (place->uid == uid && place->start == range->start && place->octets <= offset &&
        place->raw <= range->end && strcmp(place->guid, session->mailbox->guid) == 0)
        return;
    *place = (struct imapd_place){.uid = uid, .start = range->start, .raw = range->start};
    memcpy(place->guid, session->mailbox->guid, sizeof(place->guid));
}

static void send_octets(void *context, struct span octets)
{
    for (size_t len; octets.len > 0; octets = span_skip(octets, len)) {
        len = span_find(octets, '\0');
        stream_write(context, span_first(octets, len));
        if (len == octets.len)
            break;
        stream_write(context, span_of(for_nul, 1));
        len++;
    }
}

/* A file that was changed after its size became known gives less: the client is owed the rest, and gets
 * spaces. */
static bool send_blocks(struct imapd_session *session, const struct fetch_message *message,
                        const struct section_range *range, uint64_t skip, uint64_t len)
{
    bool done;

    find_place(session, message, range, skip);
    done = section_copy_range(&message->file, range, &session->place, skip, len, send_octets,
                              session->client, &len);
    for (; done && len > 0; len--)
        stream_write_text(session->client, " ");
    if (!done)
        session->place.uid = 0;
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
    if (range->bare_lf == 0 && !has_nul(&message->file, range->start + offset, len))
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

/* One message can be asked for many times over: then it leaves before it is all together. What is known of its parts
 * stays good. */
static bool make_room(struct imapd_session *session, struct fetch_message *message)
{
    if (session->response.len < MEMORY_MAX)
        return true;
    message->sent = true;
    fetch_flush(session);
    return !session->ended;
}

bool fetch_put_section(struct imapd_session *session, struct fetch_message *message,
                       const struct section *section)
{
    struct section_range range;

    if (!section_is_indexed(section) && !make_room(session, message))
        return false;
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
