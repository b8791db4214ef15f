/* The records of the index: names, mailboxes, messages, metadata. Each is checked when it is read. */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#define MAILBOX_FORMAT 0x42780007U /* index_mailbox.format: another layout is another number */
#define NAME_MAX_LEN   255
#define FLAGS_MAX      0x3fU
#define KEYWORDS_MASK  0x3ffffffU

/* A message in the database; file name and GUID follow. */
struct record {
    uint64_t modseq, size, virtual_size, internal_date;
    uint32_t flags, keywords;
    uint16_t where, name_len, guid_len, unused;
};

_Static_assert(sizeof(struct record) == 48, "layout of the index");

uint64_t index_key(uint32_t id, uint32_t number)
{
    return (uint64_t)id << 32 | number;
}

MDB_val index_value(const void *data, size_t len)
{
    union {
        const void *from;
        void *to;
    } data_of = {data};

    return (MDB_val){len, data_of.to};
}

static enum index_result get(struct index *index, MDB_dbi database, MDB_val key, MDB_val *value,
                             struct error *err)
{
    int result = mdb_get(index_transaction(index), database, &key, value);

    if (result == 0)
        return INDEX_FOUND;
    if (result == MDB_NOTFOUND)
        return INDEX_ABSENT;
    index_fail(index, result, "read", err);
    return INDEX_FAILED;
}

static enum index_result get_near(struct index *index, MDB_dbi database, struct index_place *place,
                                  uint64_t key, MDB_val *value, struct error *err)
{
    int result;

    if (index->writer != NULL)
        return get(index, database, index_value(&key, sizeof(key)), value, err);
    ASSERT(index->readers > 0);
    result = index_find_near(index, database, place, key, value);
    if (result == 0)
        return INDEX_FOUND;
    if (result == MDB_NOTFOUND)
        return INDEX_ABSENT;
    index_fail(index, result, "read", err);
    return INDEX_FAILED;
}

static bool put(struct index *index, MDB_dbi database, MDB_val key, MDB_val value,
                struct error *err)
{
    int result = mdb_put(index->writer, database, &key, &value, 0);

    if (result != 0)
        index_fail(index, result, "write", err);
    return result == 0;
}

static bool delete (struct index *index, MDB_dbi database, MDB_val key, struct error *err)
{
    int result = mdb_del(index->writer, database, &key, NULL);

    if (result != 0 && result != MDB_NOTFOUND) {
        index_fail(index, result, "remove", err);
        return false;
    }
    return true;
}

/* --- mailboxes --------------------------------------------------------------------------------- */

enum index_result index_find_name(struct index *index, const char *name, uint32_t *id_r,
                                  struct error *err)
{
    MDB_val value;
    enum index_result result =
        get(index, index->names, index_value(name, strlen(name)), &value, err);

    if (result == INDEX_FOUND && value.mv_size != sizeof(*id_r)) {
        index_mark_broken(index, "a name", err);
        return INDEX_FAILED;
    }
    if (result == INDEX_FOUND)
        memcpy(id_r, value.mv_data, sizeof(*id_r));
    return result;
}

/* Counts of a mailbox are told before any message is looked at. */
static uint64_t check_of(const struct index_mailbox *mailbox)
{
    uint64_t words[offsetof(struct index_mailbox, check) / sizeof(uint64_t)];
    uint64_t mixed = 0;

    memcpy(words, mailbox, sizeof(words));
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        mixed = (mixed ^ words[i]) * 0x9e3779b97f4a7c15U;
        mixed ^= mixed >> 32;
    }
    return mixed;
}

enum index_result index_get_mailbox(struct index *index, uint32_t id,
                                    struct index_mailbox *mailbox_r, struct error *err)
{
    uint64_t key = id;
    MDB_val value;
    enum index_result result =
        get(index, index->mailboxes, index_value(&key, sizeof(key)), &value, err);

    if (result != INDEX_FOUND)
        return result;
    if (value.mv_size == sizeof(*mailbox_r)) {
        memcpy(mailbox_r, value.mv_data, sizeof(*mailbox_r));
        if (mailbox_r->format == MAILBOX_FORMAT && mailbox_r->id == id &&
            mailbox_r->check == check_of(mailbox_r) &&
            memchr(mailbox_r->guid, '\0', sizeof(mailbox_r->guid)) != NULL)
            return INDEX_FOUND;
    }
    index_mark_broken(index, "a record of a mailbox", err);
    return INDEX_FAILED;
}

bool index_put_mailbox(struct index *index, const struct index_mailbox *mailbox, struct error *err)
{
    struct index_mailbox copy = *mailbox;
    uint64_t key = mailbox->id;

    copy.format = MAILBOX_FORMAT;
    copy.check = check_of(&copy);
    return put(index, index->mailboxes, index_value(&key, sizeof(key)),
               index_value(&copy, sizeof(copy)), err);
}

/* The highest id that is in use; 0 when there is none. */
static bool last_id(struct index *index, uint32_t *id_r, struct error *err)
{
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    uint64_t id = 0;
    int result = mdb_cursor_open(index->writer, index->mailboxes, &cursor);

    if (result == 0)
        result = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    if (result == 0 && key.mv_size == sizeof(id))
        memcpy(&id, key.mv_data, sizeof(id));
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    *id_r = (uint32_t)id;
    if (result == 0 ? id < UINT32_MAX : result == MDB_NOTFOUND)
        return true;
    index_fail(index, result == 0 ? MDB_CORRUPTED : result, "walk", err);
    return false;
}

bool index_add_mailbox(struct index *index, const char *name, struct index_mailbox *mailbox,
                       struct error *err)
{
    if (!last_id(index, &mailbox->id, err))
        return false;
    mailbox->id++;
    return put(index, index->names, index_value(name, strlen(name)),
               index_value(&mailbox->id, sizeof(mailbox->id)), err) &&
           index_put_mailbox(index, mailbox, err);
}

bool index_rename(struct index *index, const char *old_name, const char *new_name,
                  struct error *err)
{
    uint32_t id = 0;
    enum index_result result = index_find_name(index, old_name, &id, err);

    if (result != INDEX_FOUND)
        return result == INDEX_ABSENT;
    return index_remove_mailbox(index, new_name, err) &&
           delete (index, index->names, index_value(old_name, strlen(old_name)), err) &&
           put(index, index->names, index_value(new_name, strlen(new_name)),
               index_value(&id, sizeof(id)), err);
}

bool index_remove_range(struct index *index, MDB_dbi database, uint64_t first, uint64_t last,
                        struct error *err)
{
    MDB_val key = index_value(&first, sizeof(first)), value;
    MDB_cursor *cursor = NULL;
    int result = mdb_cursor_open(index->writer, database, &cursor);

    if (result == 0)
        result = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (result == 0) {
        uint64_t at;
        memcpy(&at, key.mv_data, sizeof(at));
        if (at > last)
            break;
        result = mdb_cursor_del(cursor, 0);
        if (result == 0) /* LMDB knows that the cursor stands on the next one already */
            result = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    if (result == 0 || result == MDB_NOTFOUND)
        return true;
    index_fail(index, result, "remove", err);
    return false;
}

/* All records of a mailbox in one database. */
static bool remove_all(struct index *index, MDB_dbi database, uint32_t id, struct error *err)
{
    return index_remove_range(index, database, index_key(id, 0), index_key(id, UINT32_MAX), err);
}

bool index_remove_messages(struct index *index, uint32_t id, struct error *err)
{
    if (!index_flush_flags(index, err))
        return false;
    index_forget_block(index);
    return remove_all(index, index->messages, id, err) &&
           remove_all(index, index->flags, id, err) &&
           remove_all(index, index->metadata, id, err) && remove_all(index, index->gone, id, err) &&
           index_remove_all_keys(index, id, err);
}

bool index_remove_mailbox(struct index *index, const char *name, struct error *err)
{
    struct index_mailbox mailbox = {0};
    uint32_t id = 0;
    uint64_t key;
    enum index_result result = index_find_name(index, name, &id, err);

    if (result != INDEX_FOUND)
        return result == INDEX_ABSENT;
    key = id;
    return index_get_mailbox(index, id, &mailbox, err) != INDEX_FAILED &&
           index_raise_modseq(index, mailbox.modseq, err) &&
           index_remove_messages(index, id, err) &&
           delete (index, index->mailboxes, index_value(&key, sizeof(key)), err) &&
           delete (index, index->names, index_value(name, strlen(name)), err);
}

/* --- messages ---------------------------------------------------------------------------------- */

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
        get_near(index, index->messages, &index->at_message, key, &value, err);

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
    return put(index, index->messages, index_value(&key, sizeof(key)),
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

    return delete (index, index->messages, index_value(&key, sizeof(key)), err) &&
           delete (index, index->metadata, index_value(&key, sizeof(key)), err) &&
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
        get_near(index, index->metadata, &index->at_metadata, key, &value, err);

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
    return put(index, index->metadata, index_value(&key, sizeof(key)),
               index_value(octets.data, octets.len), err);
}
