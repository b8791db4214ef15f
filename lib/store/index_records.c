/* Records of the index, one by one, and those of names and mailboxes, which are checked when they are read. */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#define MAILBOX_FORMAT 0x42780007U /* index_mailbox.format: another layout is another number */

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

enum index_result index_get(struct index *index, MDB_dbi database, MDB_val key, MDB_val *value,
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

enum index_result index_get_near(struct index *index, MDB_dbi database, struct index_place *place,
                                 uint64_t key, MDB_val *value, struct error *err)
{
    int result;

    if (index->writer != NULL)
        return index_get(index, database, index_value(&key, sizeof(key)), value, err);
    ASSERT(index->readers > 0);
    result = index_find_near(index, database, place, key, value);
    if (result == 0)
        return INDEX_FOUND;
    if (result == MDB_NOTFOUND)
        return INDEX_ABSENT;
    index_fail(index, result, "read", err);
    return INDEX_FAILED;
}

bool index_put(struct index *index, MDB_dbi database, MDB_val key, MDB_val value, struct error *err)
{
    int result = mdb_put(index->writer, database, &key, &value, 0);

    if (result != 0)
        index_fail(index, result, "write", err);
    return result == 0;
}

bool index_delete(struct index *index, MDB_dbi database, MDB_val key, struct error *err)
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
        index_get(index, index->names, index_value(name, strlen(name)), &value, err);

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
        index_get(index, index->mailboxes, index_value(&key, sizeof(key)), &value, err);

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
    return index_put(index, index->mailboxes, index_value(&key, sizeof(key)),
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
    return index_put(index, index->names, index_value(name, strlen(name)),
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
           index_delete(index, index->names, index_value(old_name, strlen(old_name)), err) &&
           index_put(index, index->names, index_value(new_name, strlen(new_name)),
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
           index_delete(index, index->mailboxes, index_value(&key, sizeof(key)), err) &&
           index_delete(index, index->names, index_value(name, strlen(name)), err);
}
