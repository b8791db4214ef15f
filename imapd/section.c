/* Sections of messages. */
#include "lib/base/base.h"

#include "imapd/section.h"

#include "lib/base/file.h"
#include "lib/message/crlf.h"

#define BLOCK_MAX  (128 * 1024)
#define HEADER_MAX (4 * 1024 * 1024) /* octets of a header whose fields are chosen from */

/* --- where it is ------------------------------------------------------------------------------- */

static struct section_range header_range(const struct mime_part *part)
{
    return (struct section_range){part->header_start, part->body_start, part->header_bare_lf};
}

static struct section_range body_range(const struct mime_part *part)
{
    return (struct section_range){part->body_start, part->body_end, part->body_bare_lf};
}

bool section_find_range(const struct message_metadata *metadata, uint64_t size,
                        const struct section *section, struct section_range *range_r)
{
    const struct mime_part *part = metadata->parts;
    uint16_t number;

    if (section->depth == 0 && section->part == SECTION_ALL) {
        *range_r = (struct section_range){0, size, metadata->virtual_size - size};
        return metadata->virtual_size >= size;
    }
    if (metadata->part_count == 0)
        return false;
    if (section->depth > 0) {
        number = mime_find_part(metadata->parts, section->numbers, section->depth);
        if (number == MIME_NONE)
            return false;
        part = &metadata->parts[number];
        if (section->part == SECTION_ALL || section->part == SECTION_MIME) {
            *range_r = section->part == SECTION_ALL ? body_range(part) : header_range(part);
            return true;
        }
        if (part->kind != MIME_MESSAGE)
            return false;
        part = &metadata->parts[part->child];
    }
    *range_r = section->part == SECTION_TEXT ? body_range(part) : header_range(part);
    return true;
}

/* --- fields ------------------------------------------------------------------------------------ */

bool section_has_fields(const struct section *section)
{
    return section->part == SECTION_FIELDS || section->part == SECTION_FIELDS_NOT;
}

static bool is_named(const struct section *section, struct span name)
{
    for (size_t i = 0; i < section->fields.count; i++) {
        if (span_equal_text_nocase(name, section->fields.items[i]))
            return true;
    }
    return false;
}

/* The fields that are named, and the empty line. */
static void put_named(struct buf *out, const struct section *section, struct span header)
{
    struct cursor at = cursor_of(header);
    struct span name, body, whole;

    while (mime_next_field(&at, &name, &body, &whole)) {
        if (is_named(section, name))
            buf_put(out, whole);
    }
    buf_put_text(out, "\r\n");
}

/* All of the header, also lines that are no field, but the fields that are named. */
static void put_others(struct buf *out, const struct section *section, struct span header)
{
    struct cursor at = cursor_of(header);
    struct span name, body, whole;
    const char *kept = header.data;

    while (mime_next_field(&at, &name, &body, &whole)) {
        if (is_named(section, name)) {
            buf_put(out, span_of(kept, (size_t)(whole.data - kept)));
            kept = whole.data + whole.len;
        }
    }
    buf_put(out, span_of(kept, (size_t)(header.data + header.len - kept)));
}

void section_put_fields(struct buf *out, const struct section *section, struct span header)
{
    if (section->part == SECTION_FIELDS)
        put_named(out, section, header);
    else
        put_others(out, section, header);
}

/* --- octets ------------------------------------------------------------------------------------ */

/* What of it is wanted still. */
struct copying {
    uint64_t skip, left;
    section_take *take;
    void *context;
};

static void take_block(struct copying *copying, struct span block)
{
    size_t skip = copying->skip < block.len ? (size_t)copying->skip : block.len;

    block = span_skip(block, skip);
    copying->skip -= skip;
    block = span_first(block, copying->left < block.len ? (size_t)copying->left : block.len);
    copying->left -= block.len;
    if (block.len > 0)
        copying->take(copying->context, block);
}

static bool copy_blocks(const struct message_file *file, uint64_t end, struct imapd_place *place,
                        struct copying *copying)
{
    struct buf raw = BUF(BLOCK_MAX), text = BUF(2 * BLOCK_MAX);
    struct imapd_place at = *place;
    bool done = true;

    while (at.raw < end && copying->left > 0 && done) {
        size_t len = end - at.raw < BLOCK_MAX ? (size_t)(end - at.raw) : BLOCK_MAX;
        char *room = buf_reserve(&raw, len);
        *place = at;
        done = pread_all(file->fd, room, len, (off_t)(file->offset + at.raw));
        if (!done)
            break;
        buf_commit(&raw, len);
        crlf_put(&text, buf_span(&raw), &at.previous);
        take_block(copying, buf_span(&text));
        at.raw += len;
        at.octets += text.len;
        buf_clear(&raw);
        buf_clear(&text);
    }
    buf_release(&raw);
    buf_release(&text);
    return done;
}

bool section_copy_range(const struct message_file *file, const struct section_range *range,
                        struct imapd_place *place, uint64_t skip, uint64_t len, section_take *take,
                        void *context, uint64_t *left_r)
{
    struct imapd_place first = {.raw = range->start};
    struct copying copying = {.left = len, .take = take, .context = context};
    bool done;

    if (place == NULL)
        place = &first;
    copying.skip = skip - place->octets;
    done = copy_blocks(file, range->end, place, &copying);
    *left_r = copying.left;
    return done;
}

static void gather(void *context, struct span octets)
{
    (void)!buf_append_span(context, octets); /* of a header that long the rest is not looked at */
}

static bool copy_fields(const struct message_file *file, const struct section_range *range,
                        const struct section *section, struct copying *copying)
{
    struct buf header = BUF(HEADER_MAX), fields = BUF(BUF_UNLIMITED);
    uint64_t left;
    bool done = section_copy_range(file, range, NULL, 0, UINT64_MAX, gather, &header, &left);

    if (done) {
        section_put_fields(&fields, section, buf_span(&header));
        take_block(copying, buf_span(&fields));
    }
    buf_release(&header);
    buf_release(&fields);
    return done;
}

static bool copy_found(const struct message_metadata *metadata, const struct message_file *file,
                       const struct section *section, struct copying *copying, struct error *err)
{
    struct section_range range;
    bool done;

    if (!section_find_range(metadata, file->size, section, &range) || range.end > file->size) {
        error_set(err, ERROR_PERMANENT, "There is no such part.");
        return false;
    }
    if (section_has_fields(section))
        done = copy_fields(file, &range, section, copying);
    else
        done = section_copy_range(file, &range, NULL, copying->skip, copying->left, copying->take,
                                  copying->context, &copying->left);
    if (!done)
        error_set(err, ERROR_TEMPORARY, "message file cannot be read");
    return done;
}

bool section_copy(struct mailbox *mailbox, size_t index, const struct section *section,
                  section_take *take, void *context, struct error *err)
{
    struct copying copying = {
        .skip = section->partial ? section->offset : 0,
        .left = section->partial ? section->len : UINT64_MAX,
        .take = take,
        .context = context,
    };
    struct message_metadata metadata;
    struct message_file file;
    bool done;

    if (!mailbox_begin_reading(mailbox, err))
        return false;
    done = mailbox_metadata(mailbox, index, WANT_SIZE | WANT_BODYSTRUCTURE, NULL, &metadata, err) &&
           mailbox_open_message(mailbox, index, &file, err);
    if (done) {
        done = copy_found(&metadata, &file, section, &copying, err);
        fd_close(&file.fd);
    }
    mailbox_end_reading(mailbox);
    return done;
}
