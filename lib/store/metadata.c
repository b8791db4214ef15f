/* Metadata of messages: from the index, from the file, back into the index. */
#include "lib/base/base.h"

#include "lib/store/metadata_private.h"

#include "lib/base/file.h"
#include "lib/store/keys.h"

#include <openssl/evp.h>

#define PENDING_MAX (4 * 1024 * 1024) /* octets that wait to be written */

#define EMAIL_ID_OCTETS 16 /* of the digest that EMAILID is */

#define RECORDED ((unsigned)(WANT_ENVELOPE | WANT_BODYSTRUCTURE | WANT_HEADERS | WANT_PREVIEW))

void metadata_cache_free(struct metadata_cache **cache)
{
    if (*cache == NULL)
        return;
    metadata_forget_content(*cache);
    arena_free(&(*cache)->arena);
    buf_release(&(*cache)->file);
    buf_release(&(*cache)->text);
    buf_release(&(*cache)->records);
    strlist_release(&(*cache)->names);
    keys_free(&(*cache)->keys);
    mem_free((*cache)->learned);
    mem_free(*cache);
    *cache = NULL;
}

struct metadata_cache *metadata_cache_of(struct mailbox *mailbox)
{
    if (mailbox->cache == NULL) {
        mailbox->cache = mem_new(struct metadata_cache);
        *mailbox->cache = (struct metadata_cache){
            .arena = arena_create(),
            .file = BUF(BUF_UNLIMITED),
            .text = BUF(BUF_UNLIMITED),
            .records = BUF(BUF_UNLIMITED),
        };
    }
    return mailbox->cache;
}

/* --- learning from the file ---------------------------------------------------------------------- */

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

/* Texts of the index end with its transaction, which finding the file may need to end. */
static void keep_texts(struct message_metadata *metadata, struct arena *arena)
{
    struct span *texts[] = {&metadata->envelope, &metadata->bodystructure, &metadata->body,
                            &metadata->headers, &metadata->preview};

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        *texts[i] = span_of(arena_text(arena, *texts[i]), texts[i]->len);
}

/* Fill the answer from the message, and remember what was learned. */
static bool learn_file(struct mailbox *mailbox, uint32_t uid, struct message_file *file,
                       struct learned *learned, unsigned known, unsigned missing,
                       const struct strlist *headers, bool keep_headers,
                       struct message_metadata *metadata_r, struct error *err)
{
    struct metadata_cache *cache = mailbox->cache;

    if (metadata_r->internal_date == INDEX_UNKNOWN)
        learned->internal_date = metadata_r->internal_date = file->written;
    if ((missing & (RECORDED | WANT_SIZE | WANT_CONTENT)) == 0)
        return true;
    if (!metadata_learn(mailbox, uid, file, known, missing & ~(unsigned)WANT_DATE,
                        keep_headers ? &cache->names : headers, metadata_r, &known, err))
        return false;
    learned->size = file->size;
    if ((missing & (RECORDED | WANT_SIZE)) == 0)
        return true;
    learned->virtual_size = metadata_r->virtual_size;
    if (keep_headers) { /* else the list of names is full, and what the index has is better */
        learned->octets = cache->records.len;
        metadata_encode(&cache->records, metadata_r, known, (uint32_t)cache->names.count);
        learned->len = cache->records.len - learned->octets;
    }
    return true;
}

static bool learn(struct mailbox *mailbox, size_t index, unsigned known, unsigned missing,
                  const struct strlist *headers, bool keep_headers,
                  struct message_metadata *metadata_r, struct error *err)
{
    struct metadata_cache *cache = mailbox->cache;
    struct learned unnoted, *learned = &unnoted;
    uint32_t uid = mailbox->messages[index].uid;
    struct message_file file;
    bool done;

    keep_texts(metadata_r, cache->arena);
    if (!mailbox_open_stored(mailbox, index, &file, err))
        return false;
    if (missing != WANT_CONTENT || metadata_r->internal_date == INDEX_UNKNOWN)
        learned = note(cache, uid);
    done = learn_file(mailbox, uid, &file, learned, known, missing, headers, keep_headers,
                      metadata_r, err);
    fd_close(&file.fd);
    return done;
}

/* --- writing it down --------------------------------------------------------------------------- */

static bool write_one(struct mailbox *mailbox, struct index_mailbox *state,
                      const struct learned *learned, struct error *err)
{
    struct index *index = mailbox->store->index;
    struct index_message old, message;
    struct span record = span_of(mailbox->cache->records.data + learned->octets, learned->len);
    enum index_result result = index_get_message(index, mailbox->id, learned->uid, &old, err);

    if (result != INDEX_FOUND)
        return result == INDEX_ABSENT;
    message = old;
    if (learned->size != INDEX_UNKNOWN)
        message.size = learned->size;
    if (old.internal_date == INDEX_UNKNOWN)
        message.internal_date = learned->internal_date;
    if (learned->virtual_size != INDEX_UNKNOWN) /* the file knows better than its name */
        message.virtual_size = learned->virtual_size;
    if ((message.size != old.size || message.internal_date != old.internal_date ||
         message.virtual_size != old.virtual_size) &&
        !state_put_changed(mailbox, state, &old, &message, err))
        return false;
    return learned->len == 0 || index_put_metadata(index, mailbox->id, learned->uid, record, err);
}

/* UIDs of another UIDVALIDITY are other messages. */
static bool write_learned(struct mailbox *mailbox, struct error *err)
{
    struct index *index = mailbox->store->index;
    struct metadata_cache *cache = mailbox->cache;
    struct index_mailbox state;
    bool done = index_get_mailbox(index, mailbox->id, &state, err) == INDEX_FOUND &&
                state.uidvalidity == mailbox->uidvalidity;

    done = done && metadata_keep_names(mailbox, cache, err);
    for (size_t i = 0; i < cache->count && done; i++)
        done = write_one(mailbox, &state, &cache->learned[i], err);
    return done && keys_write(mailbox, cache->keys, err) && index_put_mailbox(index, &state, err);
}

/* What is learned is only a cache: when it cannot be written it is learned again another time. */
static void write_all_learned(struct mailbox *mailbox)
{
    struct index *index = mailbox->store->index;
    struct metadata_cache *cache = mailbox->cache;
    struct error err;

    if (cache->count == 0 && keys_pending(cache->keys) == 0)
        return;
    if (index_begin_write(index, &err)) {
        if (write_learned(mailbox, &err))
            (void)!index_commit(index, &err);
        else
            index_abort(index);
    }
    index_overlook_full(index);
    cache->count = 0;
    buf_clear(&cache->records);
    keys_forget_pending(cache->keys);
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
    if (cache->records.len + keys_pending(cache->keys) < PENDING_MAX)
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

/* What the record of a message tells, if there is one; its parts only with an arena. */
static bool read_record(struct mailbox *mailbox, uint32_t uid, struct arena *arena,
                        struct metadata_record *record_r, struct message_metadata *metadata_r,
                        struct error *err)
{
    struct index *index = mailbox->store->index;
    struct span octets = SPAN_EMPTY;

    switch (index_get_metadata(index, mailbox->id, uid, &octets, err)) {
    case INDEX_FOUND:
        if (metadata_decode(octets, arena, record_r, metadata_r))
            return true;
        index_mark_broken(index, "a record of metadata", err);
        return false;
    case INDEX_ABSENT:
        return true;
    case INDEX_FAILED:
        break;
    }
    return false;
}

static bool read_message(struct mailbox *mailbox, uint32_t uid, unsigned wanted,
                         struct message_metadata *metadata_r, struct error *err)
{
    struct index_message message;
    enum index_result result =
        index_get_message(mailbox->store->index, mailbox->id, uid, &message, err);

    if (result == INDEX_ABSENT) {
        errno = ENOENT;
        error_errno(err, "message %" PRIu32 " of mailbox %s", uid, mailbox->name);
    }
    if (result != INDEX_FOUND)
        return false;
    if ((wanted & WANT_SAVE_DATE) != 0)
        metadata_r->save_date = mailbox->driver->save_date(&message);
    if ((wanted & WANT_EMAIL_ID) != 0)
        metadata_r->email_id = email_id(mailbox->cache->arena, mailbox->driver->identity(&message));
    metadata_r->internal_date = message.internal_date;
    metadata_r->virtual_size = message.virtual_size;
    return true;
}

/* What the index has of it: the bits of what is known, and of what is missing. */
static bool look_up(struct mailbox *mailbox, uint32_t uid, unsigned wanted, size_t names,
                    struct message_metadata *metadata_r, unsigned *known_r, unsigned *missing_r,
                    struct error *err)
{
    struct metadata_record record = {0};
    bool size_missing;

    /* Mostly the record has it all; a message that is gone has none. */
    if ((wanted & ~RECORDED) == 0) {
        bool parts = (wanted & ~(unsigned)(WANT_ENVELOPE | WANT_HEADERS)) != 0;
        if (!read_record(mailbox, uid, parts ? mailbox->cache->arena : NULL, &record, metadata_r,
                         err))
            return false;
        *missing_r = 0;
        if ((wanted & ~record.has) == 0 && record.names >= names)
            return true;
    }
    if (!read_message(mailbox, uid, wanted, metadata_r, err))
        return false;
    size_missing = (wanted & WANT_SIZE) != 0 && metadata_r->virtual_size == INDEX_UNKNOWN;
    if (((wanted & RECORDED) != 0 || size_missing) &&
        !read_record(mailbox, uid, mailbox->cache->arena, &record, metadata_r, err))
        return false;
    *known_r = record.has;
    *missing_r = wanted & RECORDED & ~record.has;
    *missing_r |= wanted & WANT_CONTENT;
    if ((wanted & WANT_HEADERS) != 0 && record.names < names)
        *missing_r |= WANT_HEADERS;
    if (size_missing)
        *missing_r |= WANT_SIZE;
    if ((wanted & WANT_DATE) != 0 && metadata_r->internal_date == INDEX_UNKNOWN)
        *missing_r |= WANT_DATE;
    return true;
}

bool mailbox_metadata(struct mailbox *mailbox, size_t index, unsigned wanted,
                      const struct strlist *headers, struct message_metadata *metadata_r,
                      struct error *err)
{
    struct metadata_cache *cache = metadata_cache_of(mailbox);
    unsigned known = 0, missing = 0;
    size_t names = 0;

    *metadata_r = (struct message_metadata){0};
    metadata_forget_content(cache);
    if (!index_is_read(mailbox->store->index, err) || !make_room(mailbox, cache, err) ||
        ((wanted & WANT_HEADERS) != 0 &&
         !metadata_note_names(mailbox, cache, headers, &names, err)))
        return false;
    if (!look_up(mailbox, mailbox->messages[index].uid, wanted, names, metadata_r, &known, &missing,
                 err)) {
        if (err->number == ENOENT)
            view_mark_gone(mailbox, index);
        return false;
    }
    if (missing == 0)
        return true;
    return (cache->names_read || metadata_read_names(mailbox, cache, err)) &&
           learn(mailbox, index, known, missing, headers, names != SIZE_MAX, metadata_r, err);
}
