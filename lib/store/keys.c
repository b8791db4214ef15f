/* Keys of messages: found in the index, kept until it is written, written a block at a time. */
#include "lib/base/base.h"

#include "lib/store/keys.h"

#include "lib/base/buf.h"
#include "lib/message/casemap.h"
#include "lib/store/metadata_private.h"

_Static_assert(MAILBOX_KEY_KINDS == INDEX_KEY_KINDS, "one number for two rooms");

/* --- records ------------------------------------------------------------------------------------ */

bool keys_decode(struct span octets, uint32_t uidvalidity, struct keys_block *block_r)
{
    struct keys_header header;
    struct keys_entry entry;
    const char *entries;
    int previous = -1;

    memset(block_r, 0, sizeof(*block_r));
    if (octets.len < sizeof(header))
        return false;
    memcpy(&header, octets.data, sizeof(header));
    octets = span_skip(octets, sizeof(header));
    if (header.format != KEYS_FORMAT || header.characters != casemap_version() ||
        header.uidvalidity != uidvalidity || header.count > INDEX_KEYS_BLOCK ||
        octets.len < header.count * sizeof(entry))
        return false;
    entries = octets.data;
    octets = span_skip(octets, header.count * sizeof(entry));
    for (uint32_t i = 0; i < header.count; i++) {
        memcpy(&entry, entries + i * sizeof(entry), sizeof(entry));
        if (entry.place >= INDEX_KEYS_BLOCK || entry.place <= previous || entry.len > KEY_MAX ||
            entry.len > octets.len) {
            memset(block_r, 0, sizeof(*block_r));
            return false;
        }
        previous = entry.place;
        block_r->keys[entry.place] = span_of(octets.data, entry.len);
        octets = span_skip(octets, entry.len);
    }
    return true;
}

void keys_encode(struct buf *out, uint32_t uidvalidity, const struct keys_block *block)
{
    struct keys_header header = {KEYS_FORMAT, casemap_version(), uidvalidity, 0};

    for (size_t i = 0; i < INDEX_KEYS_BLOCK; i++)
        header.count += block->keys[i].data != NULL;
    buf_put(out, span_of(&header, sizeof(header)));
    for (size_t i = 0; i < INDEX_KEYS_BLOCK; i++) {
        const struct keys_entry entry = {(uint16_t)i, (uint16_t)block->keys[i].len};
        if (block->keys[i].data != NULL)
            buf_put(out, span_of(&entry, sizeof(entry)));
    }
    for (size_t i = 0; i < INDEX_KEYS_BLOCK; i++)
        buf_put(out, block->keys[i]);
}

/* --- of a mailbox ------------------------------------------------------------------------------- */

/* Before each key that waits. */
struct pending {
    uint32_t uid, len;
};

struct kind {
    bool loaded;
    uint32_t first;    /* of the block that is loaded */
    struct buf record; /* its octets: the index's may go at any time */
    struct keys_block block;
    struct buf pending; /* in the order of UIDs */
    uint32_t last;      /* of those */
};

struct keys {
    struct kind *kinds[INDEX_KEY_KINDS];
};

static struct kind *kind_of(struct mailbox *mailbox, unsigned number)
{
    struct metadata_cache *cache = metadata_cache_of(mailbox);
    struct kind *kind;

    ASSERT(number < INDEX_KEY_KINDS);
    if (cache->keys == NULL)
        cache->keys = mem_new(struct keys);
    kind = cache->keys->kinds[number];
    if (kind == NULL) {
        kind = cache->keys->kinds[number] = mem_new(struct kind);
        kind->record = kind->pending = BUF(BUF_UNLIMITED);
    }
    return kind;
}

void keys_free(struct keys **keys)
{
    if (*keys == NULL)
        return;
    for (size_t i = 0; i < INDEX_KEY_KINDS; i++) {
        struct kind *kind = (*keys)->kinds[i];
        if (kind == NULL)
            continue;
        buf_release(&kind->record);
        buf_release(&kind->pending);
        mem_free(kind);
    }
    mem_free(*keys);
    *keys = NULL;
}

size_t keys_pending(const struct keys *keys)
{
    size_t octets = 0;

    for (size_t i = 0; keys != NULL && i < INDEX_KEY_KINDS; i++)
        octets += keys->kinds[i] == NULL ? 0 : keys->kinds[i]->pending.len;
    return octets;
}

/* Trouble with the index is told by whoever needs it for more than this. */
static void load(struct mailbox *mailbox, struct kind *kind, unsigned number, uint32_t first)
{
    struct span octets = SPAN_EMPTY;
    struct error ignored;

    kind->loaded = true;
    kind->first = first;
    buf_clear(&kind->record);
    if (index_is_read(mailbox->store->index, &ignored) &&
        index_get_keys(mailbox->store->index, mailbox->id, number, first, &octets, &ignored) ==
            INDEX_FOUND)
        buf_put(&kind->record, octets);
    (void)!keys_decode(buf_span(&kind->record), mailbox->uidvalidity, &kind->block);
}

bool mailbox_find_key(struct mailbox *mailbox, size_t index, unsigned number, struct span *key_r)
{
    uint32_t uid = mailbox->messages[index].uid;
    uint32_t first = uid - uid % INDEX_KEYS_BLOCK;
    struct kind *kind = kind_of(mailbox, number);

    if (!kind->loaded || kind->first != first)
        load(mailbox, kind, number, first);
    *key_r = kind->block.keys[uid % INDEX_KEYS_BLOCK];
    return key_r->data != NULL;
}

void mailbox_keep_key(struct mailbox *mailbox, size_t index, unsigned number, struct span key)
{
    struct kind *kind = kind_of(mailbox, number);
    const struct pending head = {mailbox->messages[index].uid, (uint32_t)key.len};

    if (key.len > KEY_MAX || (kind->pending.len > 0 && head.uid <= kind->last))
        return;
    buf_put(&kind->pending, span_of(&head, sizeof(head)));
    buf_put(&kind->pending, key);
    kind->last = head.uid;
}

void keys_forget_pending(struct keys *keys)
{
    for (size_t i = 0; keys != NULL && i < INDEX_KEY_KINDS; i++) {
        if (keys->kinds[i] == NULL)
            continue;
        keys->kinds[i]->loaded = false;
        buf_clear(&keys->kinds[i]->pending);
    }
}

/* --- writing ------------------------------------------------------------------------------------- */

/* Those of one block that wait, and are still there, join what is known of others. */
static bool take_block(struct mailbox *mailbox, struct span *rest, uint32_t first,
                       struct keys_block *block, struct error *err)
{
    struct pending head;

    for (; rest->len > 0; *rest = span_skip(*rest, sizeof(head) + head.len)) {
        struct index_message message;
        enum index_result result;
        memcpy(&head, rest->data, sizeof(head));
        if (head.uid - first >= INDEX_KEYS_BLOCK)
            return true;
        result = index_get_message(mailbox->store->index, mailbox->id, head.uid, &message, err);
        if (result == INDEX_FAILED)
            return false;
        if (result == INDEX_FOUND)
            block->keys[head.uid - first] = span_of(
                rest->data + sizeof(head), head.len); /* never NULL: the head is before it */
    }
    return true;
}

static bool write_kind(struct mailbox *mailbox, struct kind *kind, unsigned number,
                       struct error *err)
{
    struct span rest = buf_span(&kind->pending);
    struct buf record = BUF(BUF_UNLIMITED);
    bool done = true;

    while (rest.len > 0 && done) {
        struct pending head;
        memcpy(&head, rest.data, sizeof(head));
        load(mailbox, kind, number, head.uid - head.uid % INDEX_KEYS_BLOCK);
        buf_clear(&record);
        done = take_block(mailbox, &rest, kind->first, &kind->block, err);
        keys_encode(&record, mailbox->uidvalidity, &kind->block);
        done = done && index_put_keys(mailbox->store->index, mailbox->id, number, kind->first,
                                      buf_span(&record), err);
    }
    buf_release(&record);
    return done;
}

bool keys_write(struct mailbox *mailbox, struct keys *keys, struct error *err)
{
    bool done = true;

    for (unsigned i = 0; keys != NULL && i < INDEX_KEY_KINDS && done; i++) {
        if (keys->kinds[i] != NULL && keys->kinds[i]->pending.len > 0)
            done = write_kind(mailbox, keys->kinds[i], i, err);
    }
    return done;
}
