/* What was expunged when: the newest GONE_MAX ranges of each mailbox. */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#define GONE_MAX 20000

_Static_assert(sizeof(struct index_gone) == 16, "layout of the index");

static bool read_gone(struct index *index, const MDB_val *value, struct index_gone *gone_r,
                      struct error *err)
{
    if (value->mv_size == sizeof(*gone_r)) {
        memcpy(gone_r, value->mv_data, sizeof(*gone_r));
        if (gone_r->first > 0 && gone_r->first <= gone_r->last)
            return true;
    }
    index_mark_broken(index, "a record of what was expunged", err);
    return false;
}

static enum index_result get_gone(struct index *index, uint32_t id, uint32_t number,
                                  struct index_gone *gone_r, struct error *err)
{
    uint64_t key = index_key(id, number);
    MDB_val key_value = index_value(&key, sizeof(key)), value;
    int result = mdb_get(index_transaction(index), index->gone, &key_value, &value);

    if (result == 0)
        return read_gone(index, &value, gone_r, err) ? INDEX_FOUND : INDEX_FAILED;
    if (result == MDB_NOTFOUND)
        return INDEX_ABSENT;
    index_fail(index, result, "read", err);
    return INDEX_FAILED;
}

static bool put_gone(struct index *index, uint32_t id, uint32_t number,
                     const struct index_gone *gone, struct error *err)
{
    uint64_t key = index_key(id, number);
    MDB_val key_value = index_value(&key, sizeof(key)), value = index_value(gone, sizeof(*gone));
    int result = mdb_put(index->writer, index->gone, &key_value, &value, 0);

    if (result != 0)
        index_fail(index, result, "write", err);
    return result == 0;
}

static bool drop_oldest(struct index *index, struct index_mailbox *mailbox, struct error *err)
{
    uint64_t key = index_key(mailbox->id, mailbox->gone_first);
    MDB_val key_value = index_value(&key, sizeof(key));
    struct index_gone oldest;
    enum index_result found = get_gone(index, mailbox->id, mailbox->gone_first, &oldest, err);
    int result;

    if (found == INDEX_FAILED)
        return false;
    if (found == INDEX_FOUND) {
        result = mdb_del(index->writer, index->gone, &key_value, NULL);
        if (result != 0) {
            index_fail(index, result, "remove", err);
            return false;
        }
        mailbox->gone_modseq = oldest.modseq;
    }
    mailbox->gone_first++;
    return true;
}

bool index_note_gone(struct index *index, struct index_mailbox *mailbox, uint32_t uid,
                     struct error *err)
{
    struct index_gone gone = {0};

    if (mailbox->gone_next != mailbox->gone_first &&
        get_gone(index, mailbox->id, mailbox->gone_next - 1, &gone, err) == INDEX_FAILED)
        return false;
    if (gone.modseq == mailbox->modseq && gone.last + 1 == uid) {
        gone.last = uid;
        return put_gone(index, mailbox->id, mailbox->gone_next - 1, &gone, err);
    }
    gone = (struct index_gone){mailbox->modseq, uid, uid};
    return put_gone(index, mailbox->id, mailbox->gone_next++, &gone, err) &&
           (mailbox->gone_next - mailbox->gone_first <= GONE_MAX ||
            drop_oldest(index, mailbox, err));
}

bool index_walk_gone(struct index *index, const struct index_mailbox *mailbox,
                     index_visit_gone *visit, void *context, struct error *err)
{
    uint32_t left = mailbox->gone_next - mailbox->gone_first;
    struct index_gone gone;

    for (uint32_t number = mailbox->gone_next; left > 0; left--) {
        switch (get_gone(index, mailbox->id, --number, &gone, err)) {
        case INDEX_FOUND:
            if (!visit(context, &gone))
                return true;
            break;
        case INDEX_ABSENT:
            return true;
        case INDEX_FAILED:
            return false;
        }
    }
    return true;
}
