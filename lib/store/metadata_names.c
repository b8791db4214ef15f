/* The names of header fields that records keep: the usual ones, and those that were ever asked for. */
#include "lib/base/base.h"

#include "lib/store/metadata_private.h"

#define NAMES_MAX 200 /* header fields that are kept; others are read each time */
#define NAMES_UID 2   /* where the index keeps the list, as metadata of mailbox 0 */

/* What mail programs ask for and people search in; most messages lack most of them. */
static const char *const usual_names[] = {
    "Date",       "Subject",      "From",       "Sender",     "Reply-To",
    "To",         "Cc",           "Bcc",        "Message-ID", "In-Reply-To",
    "References", "Content-Type", "List-Id",    "List-Post",  "List-Unsubscribe",
    "Newsgroups", "Priority",     "X-Priority", "Importance", "Disposition-Notification-To",
    "X-Mailer",
};

/* As the list is written with the first record that goes by it, an index goes on with the one it has. */
bool metadata_read_names(struct mailbox *mailbox, struct metadata_cache *cache, struct error *err)
{
    struct span octets = SPAN_EMPTY;

    if (index_get_metadata(mailbox->store->index, 0, NAMES_UID, &octets, err) == INDEX_FAILED)
        return false;
    strlist_clear(&cache->names);
    cache->names_written = octets.len > 0;
    while (octets.len > 0)
        strlist_add_span(&cache->names, span_take_until(&octets, '\n'));
    for (size_t i = 0; i < ARRAY_LENGTH(usual_names) && !cache->names_written; i++)
        strlist_add(&cache->names, usual_names[i]);
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

/* Another session may have written a longer one meanwhile, which begins with the same names. */
bool metadata_keep_names(struct mailbox *mailbox, struct metadata_cache *cache, struct error *err)
{
    struct span octets = SPAN_EMPTY;

    if (!cache->names_read || cache->names_written)
        return true;
    switch (index_get_metadata(mailbox->store->index, 0, NAMES_UID, &octets, err)) {
    case INDEX_FOUND:
        return true;
    case INDEX_ABSENT:
        return write_names(mailbox, cache, err);
    case INDEX_FAILED:
        break;
    }
    return false;
}

static bool add_names(struct mailbox *mailbox, struct metadata_cache *cache,
                      const struct strlist *headers, struct error *err)
{
    struct index *index = mailbox->store->index;

    if (!index_begin_write(index, err))
        return false;
    if (!metadata_read_names(mailbox, cache, err)) {
        index_abort(index);
        return false;
    }
    cache->names_read = false; /* until what is added is there for all */
    for (size_t i = 0; i < headers->count && cache->names.count < NAMES_MAX; i++) {
        if (!strlist_has_nocase(&cache->names, headers->items[i]) &&
            strchr(headers->items[i], '\n') == NULL)
            strlist_add(&cache->names, headers->items[i]);
    }
    if (write_names(mailbox, cache, err))
        cache->names_read = index_commit(index, err);
    else
        index_abort(index);
    return cache->names_read;
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

bool metadata_note_names(struct mailbox *mailbox, struct metadata_cache *cache,
                         const struct strlist *headers, size_t *needed_r, struct error *err)
{
    struct index *index = mailbox->store->index;
    unsigned paused;
    bool done;

    if (!cache->names_read && !metadata_read_names(mailbox, cache, err))
        return false;
    *needed_r = names_needed(cache, headers);
    if (*needed_r != SIZE_MAX || cache->names.count >= NAMES_MAX)
        return true;
    paused = index_pause(index);
    done = add_names(mailbox, cache, headers, err);
    if (!done && index_is_full(index)) { /* then no record has them */
        index_overlook_full(index);
        error_clear(err);
        done = true;
    }
    if (!index_resume(index, paused, err) ||
        (done && !cache->names_read && !metadata_read_names(mailbox, cache, err)))
        return false;
    *needed_r = names_needed(cache, headers);
    return done;
}
