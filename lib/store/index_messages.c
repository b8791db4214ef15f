/* The records that the index has of messages, checked when they are read, and of their metadata. */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#define NAME_MAX_LEN  255
#define FLAGS_MAX     0x3fU
#define KEYWORDS_MASK 0x3ffffffU

/* A message in the database; file name and GUID follow. */
struct record {
    uint64_t modseq, size, virtual_size, internal_date;
    uint32_t flags, keywords;
    uint16_t where, name_len, guid_len, unused;
};

_Static_assert(sizeof(struct record) == 48, "layout of the index");

static bool is_sound(const struct record *record, struct span rest)
{
    return record->name_len > 0 && record->name_len <= NAME_MAX_LEN &&
           record->guid_len <= NAME_MAX_LEN && rest.len == record->name_len + record->guid_len &&
           record->flags <= FLAGS_MAX && (record->keywords & ~KEYWORDS_MASK) == 0 &&
           record->where <= INDEX_IN_NEW && memchr(rest.data, '/', record->name_len) == NULL &&
           memchr(rest.data, '\0', rest.len) == NULL;
}

static bool read_record(MDB_val value, uint64_t key, struct index_message *message_r)
{
    struct span rest = span_of(value.mv_data, value.mv_size);
    struct record record;

    if (rest.len < sizeof(record))
        return false;
    memcpy(&record, rest.data, sizeof(record));
    rest = span_skip(rest, sizeof(record));
    if (!is_sound(&record, rest))
        return false;
    *message_r = (struct index_message){
        .uid = (uint32_t)key,
        .flags = record.flags,
        .keywords = record.keywords,
        .modseq = record.modseq,
        .size = record.size,
        .virtual_size = record.virtual_size,
        .internal_date = record.internal_date,
        .where = record.where,
        .name = span_first(rest, record.name_len),
        .guid = span_skip(rest, record.name_len),
    };
    return true;
}

enum index_result index_get_message(struct index *index, uint32_t id, uint32_t uid,
                                    struct index_message *message_r, struct error *err)
{
    uint64_t key = index_key(id, uid);
    MDB_val value;
    enum index_result result =
        index_get_near(index, index->messages, &index->at_message, key, &value, err);

    if (result == INDEX_FOUND && !read_record(value, key, message_r)) {
        index_mark_broken(index, "a record of a message", err);
        return INDEX_FAILED;
    }
    return result;
}

bool index_put_message(struct index *index, uint32_t id, const struct index_message *message,
                       struct error *err)
{
    uint64_t key = index_key(id, message->uid);
    const struct record record = {
        .modseq = message->modseq,
        .size = message->size,
        .virtual_size = message->virtual_size,
        .internal_date = message->internal_date,
        .flags = message->flags,
        .keywords = message->keywords,
        .where = (uint16_t)message->where,
        .name_len = (uint16_t)message->name.len,
        .guid_len = (uint16_t)message->guid.len,
    };
    char value[sizeof(record) + 2 * NAME_MAX_LEN],
        *end = value; /* name and GUID may lie in the page that moves */

    ASSERT(message->name.len > 0 && message->name.len <= NAME_MAX_LEN &&
           message->guid.len <= NAME_MAX_LEN);
    end = mempcpy(end, &record, sizeof(record));
    end = mempcpy(end, message->name.data, message->name.len);
    if (message->guid.len > 0)
        end = mempcpy(end, message->guid.data, message->guid.len);
    return index_put(index, index->messages, index_value(&key, sizeof(key)),
                     index_value(value, (size_t)(end - value)), err) &&
           index_put_flags(index, id, message, err);
}

void index_keep_texts(struct index_message *message, struct arena *arena)
{
    message->name = span_of(arena_text(arena, message->name), message->name.len);
    if (message->guid.len > 0)
        message->guid = span_of(arena_text(arena, message->guid), message->guid.len);
}

bool index_remove_message(struct index *index, uint32_t id, uint32_t uid, struct error *err)
{
    uint64_t key = index_key(id, uid);

    return index_delete(index, index->messages, index_value(&key, sizeof(key)), err) &&
           index_delete(index, index->metadata, index_value(&key, sizeof(key)), err) &&
           index_remove_keys(index, id, uid, err) && index_remove_flags(index, id, uid, err);
}

bool index_walk(struct index *index, uint32_t id, uint32_t first, index_visit *visit, void *context,
                struct error *err)
{
    uint64_t from = index_key(id, first), at = 0, previous = 0;
    MDB_val key = index_value(&from, sizeof(from)), value;
    MDB_cursor *cursor = NULL;
    int result = mdb_cursor_open(index_transaction(index), index->messages, &cursor);
    struct index_message message;

    if (result == 0)
        result = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    for (; result == 0; result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        memcpy(&at, key.mv_data, sizeof(at));
        if (at >> 32 != id)
            break;
        if (!read_record(value, at, &message) || at <= previous) {
            result = MDB_CORRUPTED;
            break;
        }
        previous = at;
        if (!visit(context, &message))
            break;
    }
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    if (result == 0 || result == MDB_NOTFOUND)
        return true;
    index_fail(index, result, "walk", err);
    return false;
}

/* --- metadata ---------------------------------------------------------------------------------- */

enum index_result index_get_metadata(struct index *index, uint32_t id, uint32_t uid,
                                     struct span *octets_r, struct error *err)
{
    uint64_t key = index_key(id, uid);
    MDB_val value;
    enum index_result result =
        index_get_near(index, index->metadata, &index->at_metadata, key, &value, err);

    if (result == INDEX_FOUND)
        *octets_r = span_of(value.mv_data, value.mv_size);
    return result;
}

bool index_put_metadata(struct index *index, uint32_t id, uint32_t uid, struct span octets,
                        struct error *err)
{
    uint64_t key = index_key(id, uid);

    if (id != 0 && index_is_crowded(index))
        return true;
    return index_put(index, index->metadata, index_value(&key, sizeof(key)),
                     index_value(octets.data, octets.len), err);
}
