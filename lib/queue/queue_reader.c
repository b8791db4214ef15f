/* Reading of queue files: nothing in them is believed before bounds and checksums have been seen. */
#include "lib/queue/queue_file.h"

#include "lib/base/checked.h"
#include "lib/queue/layout.h"
#include "lib/queue/reader_internal.h"

#include <unistd.h>
#include <zlib.h>

#define CONTENT_BLOCK ((size_t)64 * 1024)

const char *queue_attribute_value(const struct queue_envelope *envelope, const char *name)
{
    for (size_t i = 0; i < envelope->attribute_count; i++) {
        if (strcmp(envelope->attributes[i].name, name) == 0)
            return envelope->attributes[i].value;
    }
    return NULL;
}

bool reader_malformed(struct error *err, const char *what)
{
    error_set(err, ERROR_MALFORMED, "no valid queue file: %s", what);
    return false;
}

bool reader_read(int fd, void *to, size_t size, uint64_t offset, size_t *len_r, struct error *err)
{
    size_t len = 0;

    while (len < size) {
        ssize_t got = pread(fd, (char *)to + len, size - len, (off_t)(offset + len));

        if (got == 0)
            break;
        if (got > 0) {
            len += (size_t)got;
        } else if (errno != EINTR) {
            error_errno(err, "read queue file");
            err->kind = ERROR_TEMPORARY;
            return false;
        }
    }
    *len_r = len;
    return true;
}

/* What one read brings, which is as a rule all there is: a second one would only show the end. */
static bool read_first(int fd, void *to, size_t size, size_t *len_r, struct error *err)
{
    ssize_t got = pread(fd, to, size, 0);

    if (got < (ssize_t)sizeof(struct layout_header))
        return reader_read(fd, to, size, 0, len_r, err);
    *len_r = (size_t)got;
    return true;
}

/* --- header ----------------------------------------------------------------------------------------- */

static bool read_layout(const struct layout_header *header, size_t len, struct layout *layout_r,
                        struct error *err)
{
    uint32_t version;

    if (len < sizeof(*header) || memcmp(header->magic, LAYOUT_MAGIC, sizeof(header->magic)) != 0)
        return reader_malformed(err, "no header");
    if (layout_get_u32(header->header_crc) !=
        crc32_z(0, header->magic, offsetof(struct layout_header, header_crc)))
        return reader_malformed(err, "the header is damaged");
    version = layout_get_u32(header->version);
    if (version != LAYOUT_VERSION) {
        error_set(err, ERROR_TEMPORARY, "queue file of version %" PRIu32 ", which we do not know",
                  version);
        return false;
    }
    *layout_r = (struct layout){
        .flags = layout_get_u32(header->flags),
        .arrival_us = layout_get_u64(header->arrival_us),
        .content_offset = layout_get_u64(header->content_offset),
        .content_size = layout_get_u64(header->content_size),
        .envelope_offset = layout_get_u64(header->envelope_offset),
        .envelope_size = layout_get_u64(header->envelope_size),
        .attribute_count = layout_get_u32(header->attribute_count),
        .recipient_count = layout_get_u32(header->recipient_count),
        .content_crc = layout_get_u32(header->content_crc),
        .envelope_crc = layout_get_u32(header->envelope_crc),
        .dsn_ret = (char)header->dsn_ret,
    };
    return true;
}

/* Each text takes five octets at least, each recipient sixteen: what is allocated is bounded so. */
static bool counts_fit(const struct layout *layout)
{
    return 10 + (uint64_t)layout->attribute_count * 10 + (uint64_t)layout->recipient_count * 16 <=
           layout->envelope_size;
}

/* The parts follow each other, within what a file may be; the counts fit into the envelope. */
static bool is_sane(const struct layout *layout)
{
    uint64_t content_end;
    uint64_t end;

    return layout->content_offset >= sizeof(struct layout_header) &&
           checked_add_u64(layout->content_offset, layout->content_size, &content_end) &&
           content_end <= layout->envelope_offset && layout->envelope_size <= QUEUE_ENVELOPE_MAX &&
           layout->recipient_count <= QUEUE_RECIPIENTS_MAX && counts_fit(layout) &&
           (layout->dsn_ret == 0 || layout->dsn_ret == 'F' || layout->dsn_ret == 'H') &&
           checked_add_u64(layout->envelope_offset, layout->envelope_size + layout->recipient_count,
                           &end) &&
           end <= INT64_MAX;
}

bool reader_layout(int fd, char *first, size_t *len_r, struct layout *layout_r, struct error *err)
{
    struct layout_header header;

    if (!read_first(fd, first, READER_FIRST_READ, len_r, err))
        return false;
    if (*len_r < sizeof(header))
        return reader_malformed(err, "no header");
    memcpy(&header, first, sizeof(header));
    if (!read_layout(&header, sizeof(header), layout_r, err))
        return false;
    return is_sane(layout_r) || reader_malformed(err, "the header makes no sense");
}

struct queue_envelope reader_envelope(const struct layout *layout)
{
    return (struct queue_envelope){
        .arrival = {.tv_sec = (time_t)(layout->arrival_us / 1000000),
                    .tv_usec = (suseconds_t)(layout->arrival_us % 1000000)},
        .dsn_ret = layout->dsn_ret,
        .flags = layout->flags,
        .content_offset = layout->content_offset,
        .content_size = layout->content_size,
        .attribute_count = layout->attribute_count,
        .recipient_count = layout->recipient_count,
    };
}

/* --- envelope --------------------------------------------------------------------------------------- */

/* A text has a NUL behind it and none inside. */
static bool take_text(struct cursor *at, const char **text_r)
{
    uint32_t len;

    if (cursor_left(*at) < 5)
        return false;
    len = layout_get_u32(at->next);
    at->next += 4;
    if (len >= cursor_left(*at) || memchr(at->next, '\0', (size_t)len + 1) != at->next + len)
        return false;
    *text_r = (const char *)at->next;
    at->next += (size_t)len + 1;
    return true;
}

bool reader_take_head(struct cursor *at, struct queue_envelope *envelope)
{
    struct cursor now = *at;

    if (!take_text(&now, &envelope->sender) || !take_text(&now, &envelope->dsn_envid))
        return false;
    for (size_t i = 0; i < envelope->attribute_count; i++) {
        if (!take_text(&now, &envelope->attributes[i].name) ||
            !take_text(&now, &envelope->attributes[i].value))
            return false;
    }
    *at = now;
    return true;
}

bool reader_take_recipient(struct cursor *at, struct queue_recipient *recipient)
{
    struct cursor now = *at;

    if (!take_text(&now, &recipient->address) || !take_text(&now, &recipient->original) ||
        !take_text(&now, &recipient->dsn_orcpt) || cursor_at_end(now))
        return false;
    recipient->dsn_notify = *now.next++;
    *at = now;
    return true;
}

bool reader_take_status(char octet, enum recipient_status *status_r)
{
    *status_r = (enum recipient_status)octet;
    return octet == RECIPIENT_PENDING || octet == RECIPIENT_WARNED || octet == RECIPIENT_REACHED ||
           octet == RECIPIENT_DONE;
}

/* octets: the envelope, and behind it one status octet for each recipient */
static bool take_envelope(struct span octets, const struct layout *layout,
                          struct queue_envelope *envelope)
{
    struct cursor at = cursor_of(span_first(octets, (size_t)layout->envelope_size));
    const char *status = octets.data + layout->envelope_size;

    if (!reader_take_head(&at, envelope))
        return false;
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        struct queue_recipient *recipient = &envelope->recipients[i];

        if (!reader_take_recipient(&at, recipient) ||
            !reader_take_status(status[i], &recipient->status))
            return false;
        recipient->status_offset = layout->envelope_offset + layout->envelope_size + i;
    }
    return cursor_at_end(at);
}

static bool decode_envelope(struct arena *arena, struct span octets, const struct layout *layout,
                            struct queue_envelope *envelope_r, struct error *err)
{
    struct queue_envelope envelope = reader_envelope(layout);

    if (crc32_z(0, (const unsigned char *)octets.data, (size_t)layout->envelope_size) !=
        layout->envelope_crc)
        return reader_malformed(err, "the envelope is damaged");
    envelope.attributes = arena_array(arena, struct queue_attribute, envelope.attribute_count);
    envelope.recipients = arena_array(arena, struct queue_recipient, envelope.recipient_count);
    if (!take_envelope(octets, layout, &envelope))
        return reader_malformed(err, "the envelope makes no sense");
    *envelope_r = envelope;
    return true;
}

bool queue_file_read(int fd, struct arena *arena, struct queue_envelope *envelope_r,
                     struct error *err)
{
    char first[READER_FIRST_READ];
    struct layout layout;
    size_t len;
    size_t size; /* of the envelope with the status octets */
    char *envelope;

    if (!reader_layout(fd, first, &len, &layout, err))
        return false;
    size = (size_t)layout.envelope_size + layout.recipient_count;
    envelope = arena_alloc(arena, size);
    if (layout.envelope_offset + size <= len) {
        memcpy(envelope, first + layout.envelope_offset, size);
    } else {
        if (!reader_read(fd, envelope, size, layout.envelope_offset, &len, err))
            return false;
        if (len < size)
            return reader_malformed(err, "it is too short");
    }
    return decode_envelope(arena, span_of(envelope, size), &layout, envelope_r, err);
}

/* --- content and marks ------------------------------------------------------------------------------ */

bool queue_file_content_is_whole(int fd, const struct queue_envelope *envelope, struct error *err)
{
    struct layout_header header;
    struct layout layout;
    char *block;
    size_t len;
    uint32_t crc = 0;
    uint64_t done = 0;
    bool readable = true;

    if (!reader_read(fd, &header, sizeof(header), 0, &len, err) ||
        !read_layout(&header, len, &layout, err))
        return false;
    block = mem_alloc(CONTENT_BLOCK);
    for (; done < envelope->content_size; done += len) {
        uint64_t left = envelope->content_size - done;
        size_t wanted = left < CONTENT_BLOCK ? (size_t)left : CONTENT_BLOCK;

        readable = reader_read(fd, block, wanted, envelope->content_offset + done, &len, err);
        if (!readable || len == 0)
            break;
        crc = (uint32_t)crc32_z(crc, (const unsigned char *)block, len);
    }
    mem_free(block);
    if (readable && (done < envelope->content_size || crc != layout.content_crc))
        return reader_malformed(err, "the content is damaged");
    return readable;
}

bool queue_file_mark(int fd, const struct queue_recipient *recipient, enum recipient_status status,
                     struct error *err)
{
    char octet = (char)status;

    if (pwrite_all(fd, &octet, sizeof(octet), (off_t)recipient->status_offset))
        return true;
    error_errno(err, "mark a recipient in a queue file");
    err->kind = ERROR_TEMPORARY;
    return false;
}
