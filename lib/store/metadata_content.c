/* Metadata of a message from its file: read once, header or all of it, and only what is not known yet. */
#include "lib/base/base.h"

#include "lib/store/metadata_private.h"

#include "lib/base/file.h"
#include "lib/message/crlf.h"
#include "lib/message/imap_text.h"
#include "lib/message/preview.h"
#include "lib/store/unpack.h"

#include <sys/mman.h>
#include <unistd.h>

#define FIRST_READ   8192          /* most headers are not longer */
#define BUFFER_MAX   (1024 * 1024) /* longer ones are mapped */
#define HEADER_MAX   (1024 * 1024) /* what is kept of a header */
#define NAME_CLASSES 256

/* Read for these as a whole. */
#define NEED_ALL ((unsigned)(WANT_SIZE | WANT_BODYSTRUCTURE | WANT_PREVIEW | WANT_CONTENT))

/* The message, or the first part of it, with all of its header. A big one is mapped: cache->map. */
struct content {
    struct span octets;
    size_t header; /* octets of it; 0: nobody has looked */
    bool whole;
};

void metadata_forget_content(struct metadata_cache *cache)
{
    if (cache->map != NULL)
        munmap(cache->map, cache->map_len);
    cache->map = NULL;
}

static bool map_content(struct metadata_cache *cache, const struct message_file *file,
                        struct content *content_r, struct error *err)
{
    uint64_t before = file->offset % (uint64_t)sysconf(_SC_PAGESIZE); /* maps start at a page */
    size_t len = (size_t)(file->size + before);
    void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, file->fd, (off_t)(file->offset - before));

    if (map == MAP_FAILED) {
        error_errno(err, "map message file");
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    cache->map = map;
    cache->map_len = len;
    *content_r = (struct content){.octets = span_of((char *)map + before, (size_t)file->size),
                                  .whole = true};
    return true;
}

static bool read_stored(struct metadata_cache *cache, const struct message_file *file, bool whole,
                        struct content *content_r, struct error *err)
{
    size_t len = file->size < FIRST_READ ? (size_t)file->size : FIRST_READ;
    char *room;

    *content_r = (struct content){0};
    for (;;) {
        if (whole)
            len = (size_t)file->size;
        if (len > BUFFER_MAX)
            return map_content(cache, file, content_r, err);
        buf_clear(&cache->file);
        room = buf_reserve(&cache->file, len);
        if (room == NULL || !pread_all(file->fd, room, len, (off_t)file->offset)) {
            error_set(err, ERROR_TEMPORARY, "message file cannot be read, or became shorter");
            return false;
        }
        buf_commit(&cache->file, len);
        content_r->octets = buf_span(&cache->file);
        content_r->whole = len == file->size;
        if (whole || unpack_begins(content_r->octets))
            return true;
        content_r->header = (size_t)mime_header_size(content_r->octets);
        if (content_r->whole || content_r->header < len)
            return true;
        len = len * 4 < file->size ? len * 4 : (size_t)file->size;
    }
}

static bool read_content(struct mailbox *mailbox, uint32_t uid, struct message_file *file,
                         bool whole, struct content *content_r, struct error *err)
{
    struct metadata_cache *cache = mailbox->cache;

    if (!read_stored(cache, file, whole, content_r, err))
        return false;
    if (mailbox->driver->unpack == NULL || !unpack_begins(content_r->octets))
        return true;
    metadata_forget_content(cache);
    return mailbox->driver->unpack(mailbox, uid, file, err) &&
           read_stored(cache, file, whole, content_r, err);
}

/* Most fields of a message are none of the wanted ones, which this tells without comparing them. */
static unsigned name_class(struct span name)
{
    return (unsigned)name.len * 31 + ((unsigned char)name.data[0] | 0x20U) +
           ((unsigned char)name.data[name.len - 1] | 0x20U);
}

static bool is_wanted(const struct strlist *names, struct span name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (span_equal_text_nocase(name, names->items[i]))
            return true;
    }
    return false;
}

static void put_headers(struct buf *out, const struct strlist *names, struct span header)
{
    struct cursor at = cursor_of(span_first(header, HEADER_MAX));
    struct span name, body, whole;
    const char *one_of[NAME_CLASSES] = {NULL}; /* the wanted names of a class */

    for (size_t i = 0; i < names->count; i++) {
        if (names->items[i][0] != '\0')
            one_of[name_class(span_text(names->items[i])) % NAME_CLASSES] = names->items[i];
    }
    while (mime_next_field(&at, &name, &body, &whole)) {
        const char *likely = one_of[name_class(name) % NAME_CLASSES];
        char previous = '\0';
        if (likely == NULL || (!span_equal_text_nocase(name, likely) && !is_wanted(names, name)))
            continue;
        crlf_put(out, whole, &previous);
        if (previous != '\n')
            buf_put_text(out, "\r\n");
    }
}

/* Sections of texts go to one buffer, which moves as it grows: first where they end, then spans. */
struct sections {
    size_t envelope, bodystructure, body, headers, preview;
};

static void show(struct message_metadata *metadata, const struct buf *text,
                 const struct sections *end)
{
    metadata->envelope = span_of(text->data, end->envelope);
    metadata->bodystructure =
        span_of(text->data + end->envelope, end->bodystructure - end->envelope);
    metadata->body = span_of(text->data + end->bodystructure, end->body - end->bodystructure);
    metadata->headers = span_of(text->data + end->body, end->headers - end->body);
    metadata->preview = span_of(text->data + end->headers, end->preview - end->headers);
}

static void put_structure(struct metadata_cache *cache, const struct content *content, bool make,
                          const struct message_metadata *metadata, struct sections *end)
{
    struct buf *text = &cache->text;

    if (make)
        imap_put_bodystructure(text, cache->arena, content->octets, metadata->parts, true);
    else
        buf_put(text, metadata->bodystructure);
    end->bodystructure = text->len;
    if (make)
        imap_put_bodystructure(text, cache->arena, content->octets, metadata->parts, false);
    else
        buf_put(text, metadata->body);
    end->body = text->len;
}

static size_t header_size(const struct content *content, const struct message_metadata *metadata)
{
    if (content->header > 0)
        return content->header;
    return metadata->part_count > 0 ? (size_t)metadata->parts[0].body_start
                                    : (size_t)mime_header_size(content->octets);
}

static void make(struct metadata_cache *cache, const struct content *content, unsigned make,
                 const struct strlist *names, struct message_metadata *metadata)
{
    struct buf *text = &cache->text;
    struct sections end;
    struct span header;

    buf_clear(text);
    buf_put(text, SPAN_LITERAL("")); /* so that there is memory */
    if ((make & WANT_BODYSTRUCTURE) != 0)
        metadata->parts = mime_parse(cache->arena, content->octets, &metadata->part_count);
    header = span_first(content->octets, header_size(content, metadata));
    if ((make & WANT_ENVELOPE) != 0)
        imap_put_envelope(text, cache->arena, header);
    else
        buf_put(text, metadata->envelope);
    end.envelope = text->len;
    put_structure(cache, content, (make & WANT_BODYSTRUCTURE) != 0, metadata, &end);
    if ((make & WANT_HEADERS) != 0)
        put_headers(text, names, header);
    else
        buf_put(text, metadata->headers);
    end.headers = text->len;
    if ((make & WANT_PREVIEW) != 0)
        preview_put(text, cache->arena, content->octets, metadata->parts, metadata->part_count);
    else
        buf_put(text, metadata->preview);
    end.preview = text->len;
    show(metadata, text, &end);
}

/* The parts of a record may be of a file that is another one now. */
static bool parts_fit(const struct message_metadata *metadata, uint64_t size)
{
    return metadata->part_count > 0 &&
           mime_parts_are_sound(metadata->parts, metadata->part_count, size);
}

bool metadata_learn(struct mailbox *mailbox, uint32_t uid, struct message_file *file,
                    unsigned known, unsigned missing, const struct strlist *names,
                    struct message_metadata *metadata_r, unsigned *known_r, struct error *err)
{
    struct metadata_cache *cache = mailbox->cache;
    struct content content;
    unsigned wanted = (missing & ~(unsigned)WANT_CONTENT) | WANT_HEADERS;
    bool all = (missing & NEED_ALL) != 0;

    if (!read_content(mailbox, uid, file, all, &content, err))
        return false;
    if ((missing & WANT_CONTENT) != 0)
        metadata_r->content = content.octets;
    if (missing == WANT_CONTENT) {
        *known_r = known;
        return true;
    }
    if (all)
        wanted |= WANT_ENVELOPE | WANT_BODYSTRUCTURE;
    known &= ~(missing | WANT_HEADERS);
    if ((known & WANT_BODYSTRUCTURE) != 0 && !parts_fit(metadata_r, file->size)) {
        known = 0;
        metadata_r->part_count = 0;
    }
    make(cache, &content, wanted & ~known, names, metadata_r);
    if (content.whole && metadata_r->part_count > 0)
        metadata_r->virtual_size = content.octets.len + metadata_r->parts[0].header_bare_lf +
                                   metadata_r->parts[0].body_bare_lf;
    *known_r =
        (known | wanted) & (WANT_ENVELOPE | WANT_BODYSTRUCTURE | WANT_HEADERS | WANT_PREVIEW);
    if ((missing & WANT_CONTENT) == 0)
        metadata_forget_content(cache);
    return true;
}
