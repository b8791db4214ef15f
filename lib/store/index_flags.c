/*
 * What a view of a mailbox is made of, packed: the flags of FLAGS_BLOCK UIDs in a record. It says again
 * what the messages' own records say, so that SELECT need not walk through all of those. Blocks that are
 * changed are kept aside until the transaction ends, or somebody reads.
 */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#define ASIDE_MAX     4096 /* blocks */
#define FLAGS_MAX     0x3fU
#define KEYWORDS_MASK 0x3ffffffU

_Static_assert(sizeof(struct index_flags) == 24, "layout of the index");

/* Nothing else would tell that a flag is not what it was: no file is read for it. */
static uint32_t checksum(const struct index_flags *entry)
{
    uint64_t mixed = (entry->modseq + 1) * 0x9e3779b97f4a7c15U;

    mixed =
        (mixed ^ mixed >> 29 ^ (uint64_t)entry->uid << 32 ^ entry->keywords) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ mixed >> 32 ^ entry->flags) * 0x94d049bb133111ebU;
    return (uint32_t)(mixed >> 32);
}

static bool is_sound(const struct index_flags *entries, size_t count, uint64_t key)
{
    for (size_t i = 0; i < count; i++) {
        if (entries[i].uid / FLAGS_BLOCK != (uint32_t)key ||
            (i > 0 && entries[i].uid <= entries[i - 1].uid) || entries[i].flags > FLAGS_MAX ||
            (entries[i].keywords & ~KEYWORDS_MASK) != 0 ||
            entries[i].check != checksum(&entries[i]))
            return false;
    }
    return true;
}

/* Into aligned memory of the caller's; false: it makes no sense. */
static bool read_block(const MDB_val *value, uint64_t key, struct index_flags entries[FLAGS_BLOCK],
                       size_t *count_r)
{
    *count_r = value->mv_size / sizeof(*entries);
    if (value->mv_size % sizeof(*entries) != 0 || *count_r == 0 || *count_r > FLAGS_BLOCK)
        return false;
    memcpy(entries, value->mv_data, value->mv_size);
    return is_sound(entries, *count_r, key);
}

static bool write_block(struct index *index, const struct flags_block *block, struct error *err)
{
    MDB_val key = index_value(&block->key, sizeof(block->key));
    MDB_val value = index_value(block->entries, block->count * sizeof(*block->entries));
    int result;

    if (block->count > 0)
        result = mdb_put(index->writer, index->flags, &key, &value, 0);
    else
        result = mdb_del(index->writer, index->flags, &key, NULL);
    if (result == 0 || (block->count == 0 && result == MDB_NOTFOUND))
        return true;
    index_fail(index, result, "write", err);
    return false;
}

bool index_flush_flags(struct index *index, struct error *err)
{
    bool done = true;

    for (size_t i = 0; i < index->aside_count && done; i++)
        done = write_block(index, &index->aside[i], err);
    index->aside_count = 0;
    if (done && index->block.dirty)
        done = write_block(index, &index->block, err);
    index->block.dirty = false;
    return done;
}

void index_forget_block(struct index *index)
{
    index->block.loaded = index->block.dirty = false;
    index->aside_count = 0;
}

/* Blocks that rise wait for the end of the transaction: written one behind the other they lie so in the
 * file, and a view is read from few places of it. */
static bool put_aside(struct index *index, uint64_t next, struct error *err)
{
    const struct flags_block *last =
        index->aside_count == 0 ? NULL : &index->aside[index->aside_count - 1];

    if (index->block.dirty) {
        if (last != NULL && last->key >= index->block.key && !index_flush_flags(index, err))
            return false;
        if (index->block.dirty) {
            if (index->aside == NULL)
                index->aside = mem_resize(NULL, ASIDE_MAX, sizeof(*index->aside));
            index->aside[index->aside_count++] = index->block;
            index->block.dirty = false;
        }
    }
    return index->aside_count == 0 ||
           (next > index->aside[index->aside_count - 1].key && index->aside_count < ASIDE_MAX) ||
           index_flush_flags(index, err);
}

static bool load_block(struct index *index, uint64_t key, struct error *err)
{
    struct flags_block *block = &index->block;
    MDB_val key_value = index_value(&key, sizeof(key)), value;
    int result;

    if (block->loaded && block->key == key)
        return true;
    if (!put_aside(index, key, err))
        return false;
    block->loaded = false;
    block->key = key;
    block->count = 0;
    result = mdb_get(index->writer, index->flags, &key_value, &value);
    if (result != 0 && result != MDB_NOTFOUND) {
        index_fail(index, result, "read", err);
        return false;
    }
    if (result == 0 && !read_block(&value, key, block->entries, &block->count)) {
        index_mark_broken(index, "a record of flags", err);
        return false;
    }
    block->loaded = true;
    return true;
}

/* Where the UID is in the block, or where it belongs. */
static size_t place_of(const struct flags_block *block, uint32_t uid)
{
    size_t at = block->count;

    while (at > 0 && block->entries[at - 1].uid >= uid)
        at--;
    return at;
}

bool index_put_flags(struct index *index, uint32_t id, const struct index_message *message,
                     struct error *err)
{
    struct index_flags now = {message->modseq, message->uid, message->keywords, message->flags, 0};
    struct flags_block *block = &index->block;
    size_t at;

    now.check = checksum(&now);
    if (!load_block(index, index_key(id, message->uid / FLAGS_BLOCK), err))
        return false;
    at = place_of(block, message->uid);
    if (at == block->count || block->entries[at].uid != message->uid) {
        memmove(&block->entries[at + 1], &block->entries[at],
                (block->count - at) * sizeof(*block->entries));
        block->count++;
    } else if (memcmp(&block->entries[at], &now, sizeof(now)) == 0) {
        return true;
    }
    block->entries[at] = now;
    block->dirty = true;
    return true;
}

bool index_remove_flags(struct index *index, uint32_t id, uint32_t uid, struct error *err)
{
    struct flags_block *block = &index->block;
    size_t at;

    if (!load_block(index, index_key(id, uid / FLAGS_BLOCK), err))
        return false;
    at = place_of(block, uid);
    if (at == block->count || block->entries[at].uid != uid)
        return true;
    block->count--;
    memmove(&block->entries[at], &block->entries[at + 1],
            (block->count - at) * sizeof(*block->entries));
    block->dirty = true;
    return true;
}

static const struct index_flags *skip_below(const struct index_flags *entries, size_t *count,
                                            uint32_t first)
{
    while (*count > 0 && entries->uid < first) {
        entries++;
        (*count)--;
    }
    return entries;
}

enum direction { ONWARD, BACK };

/* The first block with that key or a higher one; or the last one before it. */
static int find_block(MDB_cursor *cursor, enum direction direction, MDB_val *key, MDB_val *value)
{
    int result = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);

    if (direction == ONWARD || (result != 0 && result != MDB_NOTFOUND))
        return result;
    return mdb_cursor_get(cursor, key, value, result == 0 ? MDB_PREV : MDB_LAST);
}

/* Block after block, each checked, until `visit` says that it has enough: from UID `first` on, or from the last
 * message back. */
static bool walk_blocks(struct index *index, uint32_t id, uint32_t first, enum direction direction,
                        index_visit_flags *visit, void *context, struct error *err)
{
    uint64_t from = direction == ONWARD ? index_key(id, first / FLAGS_BLOCK) : index_key(id + 1, 0);
    uint64_t at;
    MDB_val key = index_value(&from, sizeof(from)), value;
    struct index_flags entries[FLAGS_BLOCK];
    MDB_cursor *cursor = NULL;
    size_t count;
    int result;

    if (index->writer != NULL && !index_flush_flags(index, err))
        return false;
    result = mdb_cursor_open(index_transaction(index), index->flags, &cursor);
    if (result == 0)
        result = find_block(cursor, direction, &key, &value);
    for (; result == 0;
         result = mdb_cursor_get(cursor, &key, &value, direction == ONWARD ? MDB_NEXT : MDB_PREV)) {
        const struct index_flags *wanted;
        memcpy(&at, key.mv_data, sizeof(at));
        if (at >> 32 != id)
            break;
        if (!read_block(&value, at, entries, &count)) {
            result = MDB_CORRUPTED;
            break;
        }
        wanted = skip_below(entries, &count, first);
        if (!visit(context, wanted, count))
            break;
    }
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    if (result == 0 || result == MDB_NOTFOUND)
        return true;
    index_fail(index, result, "walk", err);
    return false;
}

bool index_walk_flags(struct index *index, uint32_t id, uint32_t first, index_visit_flags *visit,
                      void *context, struct error *err)
{
    return walk_blocks(index, id, first, ONWARD, visit, context, err);
}

bool index_walk_flags_back(struct index *index, uint32_t id, index_visit_flags *visit,
                           void *context, struct error *err)
{
    return walk_blocks(index, id, 0, BACK, visit, context, err);
}

struct lacking {
    uint32_t flag;
    uint32_t uid, passed;
};

static bool look_for_lacking(void *context, const struct index_flags *flags, size_t count)
{
    struct lacking *lacking = context;

    for (size_t i = 0; i < count; i++) {
        if ((flags[i].flags & lacking->flag) == 0) {
            lacking->uid = flags[i].uid;
            return false;
        }
        lacking->passed++;
    }
    return true;
}

bool index_find_lacking(struct index *index, uint32_t id, uint32_t flag, uint32_t *uid,
                        uint32_t *passed, struct error *err)
{
    struct lacking lacking = {.flag = flag, .passed = *passed};

    if (!walk_blocks(index, id, *uid, ONWARD, look_for_lacking, &lacking, err))
        return false;
    *uid = lacking.uid;
    *passed = lacking.passed;
    return true;
}
