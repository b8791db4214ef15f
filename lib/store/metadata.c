/* Metadata of messages: from the index, from the file, back into the index. */
#include "lib/base/base.h"

#include "lib/store/metadata.h"

#include "lib/base/file.h"
#include "lib/message/crlf.h"
#include "lib/message/imap_text.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define FORMAT      0x6d640001U
#define FIRST_READ  32768             /* most messages are not longer */
#define BUFFER_MAX  (1024 * 1024)     /* longer ones are mapped */
#define HEADER_MAX  (1024 * 1024)     /* what is kept of a header */
#define NAMES_MAX   200               /* header fields that are kept; others are read each time */
#define NAMES_UID   2                 /* where the index keeps the list of their names */
#define PENDING_MAX (4 * 1024 * 1024) /* octets that wait to be written */

#define EMAIL_ID_OCTETS 16 /* of the digest that EMAILID is */

/* What was learned of one message and waits for the index. */
struct learned {
    uint32_t uid;
    uint64_t virtual_size, size, internal_date;
    size_t octets, len; /* of its record in `records`; len 0: there is none */
};

struct metadata_cache {
    struct arena *arena;  /* of the last answer */
    struct buf file;      /* content of the last small file */
    struct buf text;      /* of the last answer's texts */
    struct strlist names; /* header fields that records keep */
    bool names_read;
    struct buf records;
    struct learned *learned;
    size_t count, capacity;
};

void metadata_cache_free(struct metadata_cache **cache)
{
    if (*cache == NULL)
        return;
    arena_free(&(*cache)->arena);
    buf_release(&(*cache)->file);
    buf_release(&(*cache)->text);
    buf_release(&(*cache)->records);
    strlist_release(&(*cache)->names);
    mem_free((*cache)->learned);
    mem_free(*cache);
    *cache = NULL;
}

static struct metadata_cache *cache_of(struct mailbox *mailbox)
{
    if (mailbox->cache == NULL) {
        mailbox->cache = mem_new(struct metadata_cache);
        *mailbox->cache = (struct metadata_cache){
            .arena = arena_create(),
            .file = BUF(BUFFER_MAX),
            .text = BUF(BUF_UNLIMITED),
            .records = BUF(BUF_UNLIMITED),
        };
    }
    return mailbox->cache;
}

/* --- records ----------------------------------------------------------------------------------- */

static struct span take(struct span *rest, size_t len)
{
    struct span taken = span_first(*rest, len);

    *rest = span_skip(*rest, len);
    return taken;
}

bool metadata_decode(struct span octets, struct arena *arena, struct metadata_record *record_r,
                     struct message_metadata *metadata_r)
{
    struct metadata_record record;
    struct mime_part *parts;
    size_t parts_len;

    if (octets.len < sizeof(record))
        return false;
    memcpy(&record, take(&octets, sizeof(record)).data, sizeof(record));
    if (record.format != FORMAT || record.part_count > MIME_PARTS_MAX + 1)
        return false;
    parts_len = record.part_count * sizeof(*parts);
    if (octets.len != (uint64_t)parts_len + record.envelope_len + record.bodystructure_len +
                          record.body_len + record.headers_len)
        return false;
    parts = arena_array(arena, struct mime_part, record.part_count + 1);
    memcpy(parts, take(&octets, parts_len).data, parts_len);
    if ((record.has & WANT_BODYSTRUCTURE) != 0 &&
        !mime_parts_are_sound(parts, record.part_count, INT64_MAX))
        return false;
    metadata_r->parts = parts;
    metadata_r->part_count = record.part_count;
    metadata_r->envelope = take(&octets, record.envelope_len);
    metadata_r->bodystructure = take(&octets, record.bodystructure_len);
    metadata_r->body = take(&octets, record.body_len);
    metadata_r->headers = octets;
    *record_r = record;
    return true;
}

static void encode(struct buf *out, const struct message_metadata *metadata, uint32_t has,
                   uint32_t names)
{
    const struct metadata_record record = {
        .format = FORMAT,
        .has = has,
        .part_count = (uint32_t)metadata->part_count,
        .envelope_len = (uint32_t)metadata->envelope.len,
        .bodystructure_len = (uint32_t)metadata->bodystructure.len,
        .body_len = (uint32_t)metadata->body.len,
        .headers_len = (uint32_t)metadata->headers.len,
        .names = names,
    };

    buf_put(out, span_of(&record, sizeof(record)));
    buf_put(out, span_of(metadata->parts, metadata->part_count * sizeof(*metadata->parts)));
    buf_put(out, metadata->envelope);
    buf_put(out, metadata->bodystructure);
    buf_put(out, metadata->body);
    buf_put(out, metadata->headers);
}

/* --- names of header fields -------------------------------------------------------------------- */

static bool read_names(struct mailbox *mailbox, struct metadata_cache *cache, struct error *err)
{
    struct span octets = SPAN_EMPTY;

    if (index_get_metadata(mailbox->store->index, 0, NAMES_UID, &octets, err) == INDEX_FAILED)
        return false;
    strlist_clear(&cache->names);
    while (octets.len > 0)
        strlist_add_span(&cache->names, span_take_until(&octets, '\n'));
    cache->names_read = true;
    return true;
}

static bool write_names(struct mailbox *mailbox, struct metadata_cache *cache, struct error *err)
{
    struct buf text = BUF(BUF_UNLIMITED);
    bool written;

    for (size_t i = 0; i < cache->names.count; i++)
        buf_put_printf(&text, "%s\n", cache->names.items[i]);
    written = index_put_metadata(mailbox->store->index, 0, NAMES_UID, buf_span(&text), err);
    buf_release(&text);
    return written;
}

static bool add_names(struct mailbox *mailbox, struct metadata_cache *cache,
                      const struct strlist *headers, struct error *err)
{
    struct index *index = mailbox->store->index;

    if (!index_begin_write(index, err))
        return false;
    if (!read_names(mailbox, cache, err)) {
        index_abort(index);
        return false;
    }
    for (size_t i = 0; i < headers->count && cache->names.count < NAMES_MAX; i++) {
        if (!strlist_has_nocase(&cache->names, headers->items[i]) &&
            strchr(headers->items[i], '\n') == NULL)
            strlist_add(&cache->names, headers->items[i]);
    }
    if (write_names(mailbox, cache, err))
        return index_commit(index, err);
    index_abort(index);
    return false;
}

/* How many names of the list a record must cover to have these headers; SIZE_MAX: no record can. */
static size_t names_needed(const struct metadata_cache *cache, const struct strlist *headers)
{
    size_t needed = 0;

    for (size_t i = 0; i < headers->count; i++) {
        size_t at = 0;
        while (at < cache->names.count &&
               strcasecmp(cache->names.items[at], headers->items[i]) != 0)
            at++;
        if (at == cache->names.count)
            return SIZE_MAX;
        if (at + 1 > needed)
            needed = at + 1;
    }
    return needed;
}

/* Like names_needed, after the list took in what it lacked. Needs no transaction, or pauses it. */
static bool note_names(struct mailbox *mailbox, struct metadata_cache *cache,
                       const struct strlist *headers, size_t *needed_r, struct error *err)
{
    unsigned paused;
    bool done;

    if (!cache->names_read && !read_names(mailbox, cache, err))
        return false;
    *needed_r = names_needed(cache, headers);
    if (*needed_r != SIZE_MAX || cache->names.count >= NAMES_MAX)
        return true;
    paused = index_pause(mailbox->store->index);
    done = add_names(mailbox, cache, headers, err);
    if (!index_resume(mailbox->store->index, paused, err))
        return false;
    *needed_r = names_needed(cache, headers);
    return done;
}

/* --- learning from the file -------------------------------------------------------------------- */

/* The message, or the first part of it. */
struct content {
    struct span octets;
    bool whole;
    void *map;
};

static bool read_content(struct metadata_cache *cache, const struct message_file *file, bool whole,
                         struct content *content_r, struct error *err)
{
    size_t len = file->size < FIRST_READ ? (size_t)file->size : FIRST_READ;
    char *room;

    *content_r = (struct content){0};
    for (;;) {
        if (whole)
            len = (size_t)file->size;
        if (len > BUFFER_MAX)
            break;
        buf_clear(&cache->file);
        room = buf_reserve(&cache->file, len);
        if (room == NULL || !pread_all(file->fd, room, len, (off_t)file->offset)) {
            error_set(err, ERROR_TEMPORARY, "message file cannot be read, or became shorter");
            return false;
        }
        buf_commit(&cache->file, len);
        content_r->octets = buf_span(&cache->file);
        content_r->whole = len == file->size;
        /* Is the end of the header in it? */
        if (content_r->whole || mime_header_size(content_r->octets) < len)
            return true;
        len = len * 4 < file->size ? len * 4 : (size_t)file->size;
    }
    content_r->map = file->offset == 0
                         ? mmap(NULL, (size_t)file->size, PROT_READ, MAP_PRIVATE, file->fd, 0)
                         : MAP_FAILED;
    if (content_r->map == MAP_FAILED) {
        content_r->map = NULL;
        error_errno(err, "map message file");
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    content_r->octets = span_of(content_r->map, (size_t)file->size);
    content_r->whole = true;
    return true;
}

static void release_content(const struct message_file *file, struct content *content)
{
    if (content->map != NULL)
        munmap(content->map, (size_t)file->size);
}

static void put_headers(struct buf *out, const struct strlist *names, struct span header)
{
    struct cursor at = cursor_of(span_first(header, HEADER_MAX));
    struct span name, body, whole;

    while (mime_next_field(&at, &name, &body, &whole)) {
        char previous = '\0';
        bool wanted = false;
        for (size_t i = 0; i < names->count && !wanted; i++)
            wanted = span_equal_text_nocase(name, names->items[i]);
        if (!wanted)
            continue;
        crlf_put(out, whole, &previous);
        if (previous != '\n')
            buf_put_text(out, "\r\n");
    }
}

/* Texts go to one buffer, which moves as it grows: first offsets, then spans. */
static struct span text_between(const struct buf *text, size_t from, size_t to)
{
    return span_of(text->data + from, to - from);
}

static void parse(struct metadata_cache *cache, const struct content *content,
                  const struct strlist *names, struct message_metadata *metadata_r)
{
    struct buf *text = &cache->text;
    struct mime_part *parts = NULL;
    size_t count = 0, envelope_end, structure_end, body_end;
    struct span header;

    buf_clear(text);
    buf_put(text, SPAN_LITERAL("")); /* so that there is memory */
    if (content->whole) {
        parts = mime_parse(cache->arena, content->octets, &count);
        header = span_first(content->octets, (size_t)parts[0].body_start);
    } else {
        header = span_first(content->octets, (size_t)mime_header_size(content->octets));
    }
    imap_put_envelope(text, cache->arena, header);
    envelope_end = text->len;
    if (content->whole)
        imap_put_bodystructure(text, cache->arena, content->octets, parts, true);
    structure_end = text->len;
    if (content->whole)
        imap_put_bodystructure(text, cache->arena, content->octets, parts, false);
    body_end = text->len;
    put_headers(text, names, header);
    metadata_r->envelope = text_between(text, 0, envelope_end);
    metadata_r->bodystructure = text_between(text, envelope_end, structure_end);
    metadata_r->body = text_between(text, structure_end, body_end);
    metadata_r->headers = text_between(text, body_end, text->len);
    metadata_r->parts = parts;
    metadata_r->part_count = count;
    if (content->whole)
        metadata_r->virtual_size =
            content->octets.len + parts[0].header_bare_lf + parts[0].body_bare_lf;
}

static struct learned *note(struct metadata_cache *cache, uint32_t uid)
{
    if (cache->count == cache->capacity) {
        cache->capacity = cache->capacity == 0 ? 64 : cache->capacity * 2;
        cache->learned = mem_resize(cache->learned, cache->capacity, sizeof(*cache->learned));
    }
    cache->learned[cache->count] = (struct learned){
        .uid = uid,
        .virtual_size = INDEX_UNKNOWN,
        .size = INDEX_UNKNOWN,
        .internal_date = INDEX_UNKNOWN,
    };
    return &cache->learned[cache->count++];
}

/* Read as much of the file as is wanted, fill the answer, remember it. */
static bool learn(struct mailbox *mailbox, size_t index, unsigned missing,
                  const struct strlist *headers, bool keep_headers,
                  struct message_metadata *metadata_r, struct error *err)
{
    struct metadata_cache *cache = mailbox->cache;
    struct learned *learned;
    struct message_file file;
    struct content content;
    struct stat status;
    bool done = true;

    if (!mailbox_open_message(mailbox, index, &file, err))
        return false;
    learned = note(cache, mailbox->messages[index].uid);
    if (fstat(file.fd, &status) == 0 && metadata_r->internal_date == INDEX_UNKNOWN)
        learned->internal_date = metadata_r->internal_date = (uint64_t)status.st_mtim.tv_sec;
    learned->size = file.size;
    if ((missing & ~(unsigned)WANT_DATE) != 0) {
        uint64_t virtual_size = metadata_r->virtual_size;
        bool whole = (missing & (WANT_SIZE | WANT_BODYSTRUCTURE)) != 0;
        done = read_content(cache, &file, whole, &content, err);
        if (done) {
            parse(cache, &content, keep_headers ? &cache->names : headers, metadata_r);
            if (virtual_size != INDEX_UNKNOWN && content.map == NULL && !content.whole)
                metadata_r->virtual_size = virtual_size;
            learned->virtual_size = metadata_r->virtual_size;
            learned->octets = cache->records.len;
            encode(&cache->records, metadata_r,
                   WANT_ENVELOPE | (content.whole ? WANT_BODYSTRUCTURE : 0) |
                       (keep_headers ? WANT_HEADERS : 0),
                   keep_headers ? (uint32_t)cache->names.count : 0);
            learned->len = cache->records.len - learned->octets;
            release_content(&file, &content);
        }
    }
    fd_close(&file.fd);
    return done;
}

/* --- writing it down --------------------------------------------------------------------------- */

static bool write_one(struct mailbox *mailbox, struct index_mailbox *state,
                      const struct learned *learned, struct error *err)
{
    struct index *index = mailbox->store->index;
    struct index_message message;
    struct span record = span_of(mailbox->cache->records.data + learned->octets, learned->len);
    enum index_result result = index_get_message(index, mailbox->id, learned->uid, &message, err);
    bool changed = false;

    if (result != INDEX_FOUND)
        return result == INDEX_ABSENT;
    if (learned->internal_date != INDEX_UNKNOWN && message.internal_date == INDEX_UNKNOWN) {
        message.internal_date = learned->internal_date;
        changed = true;
    }
    if (learned->virtual_size != INDEX_UNKNOWN && message.virtual_size == INDEX_UNKNOWN) {
        message.virtual_size = learned->virtual_size;
        state->virtual_size += learned->virtual_size;
        state->unknown_sizes--;
        changed = true;
    }
    if (learned->size != INDEX_UNKNOWN && message.size != learned->size) {
        message.size = learned->size;
        changed = true;
    }
    if (changed && !index_put_message(index, mailbox->id, &message, err))
        return false;
    return learned->len == 0 || index_put_metadata(index, mailbox->id, learned->uid, record, err);
}

/* What is learned is only a cache: when it cannot be written it is learned again another time. */
static void write_all_learned(struct mailbox *mailbox)
{
    struct index *index = mailbox->store->index;
    struct metadata_cache *cache = mailbox->cache;
    struct index_mailbox state;
    struct error err;
    bool done;

    if (cache->count > 0 && index_begin_write(index, &err)) {
        done = index_get_mailbox(index, mailbox->id, &state, &err) == INDEX_FOUND;
        for (size_t i = 0; i < cache->count && done; i++)
            done = write_one(mailbox, &state, &cache->learned[i], &err);
        if (!done || !index_put_mailbox(index, &state, &err))
            index_abort(index);
        else
            (void)!index_commit(index, &err);
    }
    cache->count = 0;
    buf_clear(&cache->records);
}

/* --- the public functions ---------------------------------------------------------------------- */

bool mailbox_begin_reading(struct mailbox *mailbox, struct error *err)
{
    return index_begin_read(mailbox->store->index, err);
}

void mailbox_end_reading(struct mailbox *mailbox)
{
    index_end_read(mailbox->store->index);
    if (mailbox->cache != NULL)
        write_all_learned(mailbox);
}

static bool make_room(struct mailbox *mailbox, struct metadata_cache *cache, struct error *err)
{
    unsigned paused;

    arena_reset(cache->arena);
    if (cache->records.len < PENDING_MAX)
        return true;
    paused = index_pause(mailbox->store->index);
    write_all_learned(mailbox);
    return index_resume(mailbox->store->index, paused, err);
}

static const char *email_id(struct arena *arena, struct span identity)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    struct buf id = BUF(1 + 2 * sizeof(digest));
    const char *text;

    EVP_Digest(identity.data, identity.len, digest, NULL, EVP_sha256(), NULL);
    buf_put_char(&id, 'M');
    for (size_t i = 0; i < EMAIL_ID_OCTETS; i++)
        buf_put_printf(&id, "%02x", digest[i]);
    text = arena_text(arena, buf_span(&id));
    buf_release(&id);
    return text;
}

/* What the index has of it; the bits of what is missing. */
static bool look_up(struct mailbox *mailbox, uint32_t uid, unsigned wanted, size_t names,
                    struct message_metadata *metadata_r, unsigned *missing_r, struct error *err)
{
    struct index *index = mailbox->store->index;
    struct metadata_record record = {0};
    struct index_message message;
    struct span octets = SPAN_EMPTY;
    enum index_result result = index_get_message(index, mailbox->id, uid, &message, err);

    if (result != INDEX_FOUND) {
        if (result == INDEX_ABSENT) {
            errno = ENOENT;
            error_errno(err, "message %" PRIu32 " of mailbox %s", uid, mailbox->name);
        }
        return false;
    }
    if ((wanted & WANT_SAVE_DATE) != 0)
        metadata_r->save_date = mailbox->driver->save_date(&message);
    if ((wanted & WANT_EMAIL_ID) != 0)
        metadata_r->email_id = email_id(mailbox->cache->arena, mailbox->driver->identity(&message));
    metadata_r->internal_date = message.internal_date;
    metadata_r->virtual_size = message.virtual_size;
    *missing_r = (message.internal_date == INDEX_UNKNOWN ? WANT_DATE : 0) |
                 (message.virtual_size == INDEX_UNKNOWN ? WANT_SIZE : 0);
    if ((wanted & (WANT_ENVELOPE | WANT_BODYSTRUCTURE | WANT_HEADERS)) != 0) {
        result = index_get_metadata(index, mailbox->id, uid, &octets, err);
        if (result == INDEX_FAILED)
            return false;
        if (result == INDEX_FOUND &&
            !metadata_decode(octets, mailbox->cache->arena, &record, metadata_r)) {
            index_mark_broken(index, err);
            return false;
        }
    }
    *missing_r |= (WANT_ENVELOPE | WANT_BODYSTRUCTURE | WANT_HEADERS) & ~record.has;
    if (record.names < names)
        *missing_r |= WANT_HEADERS;
    *missing_r &= wanted;
    return true;
}

bool mailbox_metadata(struct mailbox *mailbox, size_t index, unsigned wanted,
                      const struct strlist *headers, struct message_metadata *metadata_r,
                      struct error *err)
{
    struct metadata_cache *cache = cache_of(mailbox);
    unsigned missing = 0;
    size_t names = 0;

    *metadata_r = (struct message_metadata){0};
    if (!make_room(mailbox, cache, err) ||
        ((wanted & WANT_HEADERS) != 0 && !note_names(mailbox, cache, headers, &names, err)))
        return false;
    if (!look_up(mailbox, mailbox->messages[index].uid, wanted, names, metadata_r, &missing, err)) {
        if (err->number == ENOENT)
            view_mark_gone(mailbox, index);
        return false;
    }
    if (missing == 0)
        return true;
    /* A record is made anew as a whole: with the structure, if that was there already. */
    if (metadata_r->part_count > 0)
        missing |= WANT_BODYSTRUCTURE;
    if (!cache->names_read && !read_names(mailbox, cache, err))
        return false;
    return learn(mailbox, index, missing, headers, names != SIZE_MAX, metadata_r, err);
}
