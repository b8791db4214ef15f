/*
 * Records of keys in the index: of a kind, a mailbox, a block of UIDs. Those of one kind lie side by side, so
 * that all of a mailbox are read from few places.
 */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#define BLOCK_BITS 24 /* of a UID, without those within a block */

_Static_assert((uint64_t)INDEX_KEYS_BLOCK << BLOCK_BITS == UINT64_C(1) << 32, "UIDs have 32 bits");

static uint64_t keys_key(unsigned kind, uint32_t id, uint32_t uid)
{
    return (uint64_t)kind << (32 + BLOCK_BITS) | (uint64_t)id << BLOCK_BITS |
           uid / INDEX_KEYS_BLOCK;
}

enum index_result index_get_keys(struct index *index, uint32_t id, unsigned kind, uint32_t first,
                                 struct span *octets_r, struct error *err)
{
    uint64_t key = keys_key(kind, id, first);
    MDB_val key_value = index_value(&key, sizeof(key)), value;
    int result = mdb_get(index_transaction(index), index->keys, &key_value, &value);

    if (result == 0) {
        *octets_r = span_of(value.mv_data, value.mv_size);
        return INDEX_FOUND;
    }
    if (result == MDB_NOTFOUND)
        return INDEX_ABSENT;
    index_fail(index, result, "read", err);
    return INDEX_FAILED;
}

bool index_put_keys(struct index *index, uint32_t id, unsigned kind, uint32_t first,
                    struct span octets, struct error *err)
{
    uint64_t key = keys_key(kind, id, first);
    MDB_val key_value = index_value(&key, sizeof(key));
    MDB_val value = index_value(octets.data, octets.len);
    int result;

    if (index_is_crowded(index))
        return true;
    result = mdb_put(index->writer, index->keys, &key_value, &value, 0);

    index->keyless = 0;
    if (result != 0)
        index_fail(index, result, "write", err);
    return result == 0;
}

/* Messages mostly go in the order of their UIDs: the first of a block takes its records along. */
bool index_remove_keys(struct index *index, uint32_t id, uint32_t uid, struct error *err)
{
    uint64_t block = keys_key(0, id, uid);
    int result = 0;

    if (index->keyless == block)
        return true;
    for (unsigned kind = 0; kind < INDEX_KEY_KINDS && result == 0; kind++) {
        uint64_t key = keys_key(kind, id, uid);
        MDB_val key_value = index_value(&key, sizeof(key));
        result = mdb_del(index->writer, index->keys, &key_value, NULL);
        if (result == MDB_NOTFOUND)
            result = 0;
    }
    index->keyless = block;
    if (result != 0)
        index_fail(index, result, "remove", err);
    return result == 0;
}

bool index_remove_all_keys(struct index *index, uint32_t id, struct error *err)
{
    bool done = true;

    for (unsigned kind = 0; kind < INDEX_KEY_KINDS && done; kind++)
        done = index_remove_range(index, index->keys, keys_key(kind, id, 0),
                                  keys_key(kind, id, UINT32_MAX), err);
    return done;
}
