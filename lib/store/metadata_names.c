/* The names of header fields that records keep: those that were ever asked for. */
#include "lib/base/base.h"

#include "lib/store/metadata_private.h"

#define NAMES_MAX 200 /* header fields that are kept; others are read each time */
#define NAMES_UID 2   /* where the index keeps the list, as metadata of mailbox 0 */

bool metadata_read_names(struct mailbox *mailbox, struct metadata_cache *cache, struct error *err)
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
    if (!metadata_read_names(mailbox, cache, err)) {
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

bool metadata_note_names(struct mailbox *mailbox, struct metadata_cache *cache,
                         const struct strlist *headers, size_t *needed_r, struct error *err)
{
    unsigned paused;
    bool done;

    if (!cache->names_read && !metadata_read_names(mailbox, cache, err))
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
