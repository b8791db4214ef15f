/* Reading of queue files: nothing in them is believed before bounds and checksums have been seen. */
#include "lib/queue/queue_file.h"

#include "lib/base/checked.h"
#include "lib/queue/layout.h"

#include <unistd.h>
#include <zlib.h>

#define FIRST_READ    ((size_t)8 * 1024) /* most messages are read whole by this */
#define CONTENT_BLOCK ((size_t)64 * 1024)

/* Where the parts are, after the header was found to be sane. */
struct layout {
    uint32_t flags;
    uint64_t arrival_us;
    uint64_t content_offset, content_size;
    uint64_t envelope_offset;
    uint64_t envelope_size;
    uint32_t attribute_count, recipient_count;
    uint32_t content_crc, envelope_crc;
    char dsn_ret;
};

const char *queue_attribute_value(const struct queue_envelope *envelope, const char *name)
{
    for (size_t i = 0; i < envelope->attribute_count; i++) {
        if (strcmp(envelope->attributes[i].name, name) == 0)
            return envelope->attributes[i].value;
    }
    return NULL;
}

static bool malformed(struct error *err, const char *what)
{
    error_set(err, ERROR_MALFORMED, "no valid queue file: %s", what);
    return false;
}

/* As many octets as the file has from the offset on, up to size. */
static bool read_upto(int fd, void *to, size_t size, uint64_t offset, size_t *len_r,
                      struct error *err)
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
        return read_upto(fd, to, size, 0, len_r, err);
    *len_r = (size_t)got;
    return true;
}

/* --- header ----------------------------------------------------------------------------------------- */

static bool read_layout(const struct layout_header *header, size_t len, struct layout *layout_r,
                        struct error *err)
{
    uint32_t version;

    if (len < sizeof(*header) || memcmp(header->magic, LAYOUT_MAGIC, sizeof(header->magic)) != 0)
        return malformed(err, "no header");
    if (layout_get_u32(header->header_crc) !=
        crc32_z(0, header->magic, offsetof(struct layout_header, header_crc)))
        return malformed(err, "the header is damaged");
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

/* The parts follow each other, within what a file may be; the counts fit into the envelope. */
static bool is_sane(const struct layout *layout)
{
    uint64_t content_end;
    uint64_t end;

    return layout->content_offset >= sizeof(struct layout_header) &&
           checked_add_u64(layout->content_offset, layout->content_size, &content_end) &&
           content_end <= layout->envelope_offset && layout->envelope_size <= QUEUE_ENVELOPE_MAX &&
           layout->recipient_count <= QUEUE_RECIPIENTS_MAX &&
           (layout->dsn_ret == 0 || layout->dsn_ret == 'F' || layout->dsn_ret == 'H') &&
           checked_add_u64(layout->envelope_offset, layout->envelope_size + layout->recipient_count,
                           &end) &&
           end <= INT64_MAX;
}

/* --- envelope --------------------------------------------------------------------------------------- */

/* A text stays where it was read; it has a NUL behind it and none inside. */
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

static bool take_attributes(struct cursor *at, struct queue_envelope *envelope)
{
    for (size_t i = 0; i < envelope->attribute_count; i++) {
        if (!take_text(at, &envelope->attributes[i].name) ||
            !take_text(at, &envelope->attributes[i].value))
            return false;
    }
    return true;
}

static bool take_recipient(struct cursor *at, struct queue_recipient *recipient)
{
    if (!take_text(at, &recipient->address) || !take_text(at, &recipient->original) ||
        !take_text(at, &recipient->dsn_orcpt) || cursor_at_end(*at))
        return false;
    recipient->dsn_notify = *at->next++;
    return true;
}

static bool take_status(char octet, enum recipient_status *status_r)
{
    *status_r = (enum recipient_status)octet;
    return octet == RECIPIENT_PENDING || octet == RECIPIENT_WARNED || octet == RECIPIENT_DONE;
}

/* octets: the envelope, and behind it one status octet for each recipient */
static bool take_envelope(struct span octets, const struct layout *layout,
                          struct queue_envelope *envelope)
{
    struct cursor at = cursor_of(span_first(octets, (size_t)layout->envelope_size));
    const char *status = octets.data + layout->envelope_size;

    if (!take_text(&at, &envelope->sender) || !take_text(&at, &envelope->dsn_envid) ||
        !take_attributes(&at, envelope))
        return false;
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        struct queue_recipient *recipient = &envelope->recipients[i];

        if (!take_recipient(&at, recipient) || !take_status(status[i], &recipient->status))
            return false;
        recipient->status_offset = layout->envelope_offset + layout->envelope_size + i;
    }
    return cursor_at_end(at);
}

/* Each text takes five octets at least, each recipient sixteen: what is allocated is bounded so. */
static bool counts_fit(const struct layout *layout)
{
    return 10 + (uint64_t)layout->attribute_count * 10 + (uint64_t)layout->recipient_count * 16 <=
           layout->envelope_size;
}

static bool decode_envelope(struct arena *arena, struct span octets, const struct layout *layout,
                            struct queue_envelope *envelope_r, struct error *err)
{
    struct queue_envelope envelope = {
        .arrival = {.tv_sec = (time_t)(layout->arrival_us / 1000000),
                    .tv_usec = (suseconds_t)(layout->arrival_us % 1000000)},
        .dsn_ret = layout->dsn_ret,
        .flags = layout->flags,
        .content_offset = layout->content_offset,
        .content_size = layout->content_size,
        .attribute_count = layout->attribute_count,
        .recipient_count = layout->recipient_count,
    };

    if (crc32_z(0, (const unsigned char *)octets.data, (size_t)layout->envelope_size) !=
        layout->envelope_crc)
        return malformed(err, "the envelope is damaged");
    if (!counts_fit(layout))
        return malformed(err, "the envelope is too small");
    envelope.attributes = arena_array(arena, struct queue_attribute, envelope.attribute_count);
    envelope.recipients = arena_array(arena, struct queue_recipient, envelope.recipient_count);
    if (!take_envelope(octets, layout, &envelope))
        return malformed(err, "the envelope makes no sense");
    *envelope_r = envelope;
    return true;
}

bool queue_file_read(int fd, struct arena *arena, struct queue_envelope *envelope_r,
                     struct error *err)
{
    union {
        struct layout_header header;
        char octets[FIRST_READ];
    } first;
    struct layout layout;
    size_t len;
    size_t size; /* of the envelope with the status octets */
    char *envelope;

    if (!read_first(fd, first.octets, sizeof(first.octets), &len, err) ||
        !read_layout(&first.header, len, &layout, err))
        return false;
    if (!is_sane(&layout))
        return malformed(err, "the header makes no sense");
    size = (size_t)layout.envelope_size + layout.recipient_count;
    envelope = arena_alloc(arena, size);
    if (layout.envelope_offset + size <= len) {
        memcpy(envelope, first.octets + layout.envelope_offset, size);
    } else {
        if (!read_upto(fd, envelope, size, layout.envelope_offset, &len, err))
            return false;
        if (len < size)
            return malformed(err, "it is too short");
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

    if (!read_upto(fd, &header, sizeof(header), 0, &len, err) ||
        !read_layout(&header, len, &layout, err))
        return false;
    block = mem_alloc(CONTENT_BLOCK);
    for (; done < envelope->content_size; done += len) {
        uint64_t left = envelope->content_size - done;
        size_t wanted = left < CONTENT_BLOCK ? (size_t)left : CONTENT_BLOCK;

        readable = read_upto(fd, block, wanted, envelope->content_offset + done, &len, err);
        if (!readable || len == 0)
            break;
        crc = (uint32_t)crc32_z(crc, (const unsigned char *)block, len);
    }
    mem_free(block);
    if (readable && (done < envelope->content_size || crc != layout.content_crc))
        return malformed(err, "the content is damaged");
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
