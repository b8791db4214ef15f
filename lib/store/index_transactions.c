/* Transactions of the index: who may write, and on what. */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- one writer --------------------------------------------------------------------------------- */

bool index_lock(struct index *index, struct error *err)
{
    while (flock(index->lock, LOCK_EX) != 0) {
        if (errno != EINTR) {
            error_errno(err, "lock the directory above %s", index->directory);
            err->kind = ERROR_TEMPORARY;
            return false;
        }
    }
    return true;
}

void index_unlock(struct index *index)
{
    (void)flock(index->lock, LOCK_UN);
}

/* Both files: whoever has the same data and another lock.mdb neither sees our transactions nor spares the
 * pages that we read. */
bool index_is_ours(const struct index *index)
{
    struct stat data;
    int fd = -1;

    if (index->is_private)
        return true;
    return mdb_env_get_fd(index->env, &fd) == 0 && fstat(fd, &data) == 0 &&
           index_named_inode(index, "data.mdb") == data.st_ino &&
           index_named_inode(index, "lock.mdb") == index->lock_inode;
}

/* --- transactions ------------------------------------------------------------------------------ */

MDB_txn *index_transaction(struct index *index)
{
    ASSERT(index->writer != NULL || index->readers > 0);
    return index->writer != NULL ? index->writer : index->reader;
}

bool index_begin_read(struct index *index, struct error *err)
{
    int result = 0;

    if (index->broken) {
        index_mark_broken(index, "it was before", err);
        return false;
    }
    if (index->readers == 0 && index->writer == NULL) {
        result = index->reader == NULL ? mdb_txn_begin(index->env, NULL, MDB_RDONLY, &index->reader)
                                       : mdb_txn_renew(index->reader);
        if (result != 0) {
            index_fail(index, result, "begin reading", err);
            return false;
        }
    }
    index->readers++;
    return true;
}

void index_end_read(struct index *index)
{
    if (index->readers == 0 || --index->readers > 0 || index->writer != NULL)
        return;
    index_leave_places(index);
    mdb_txn_reset(index->reader);
}

bool index_is_read(struct index *index, struct error *err)
{
    if (index->readers > 0 || index->writer != NULL)
        return true;
    error_set(err, ERROR_TEMPORARY, "the index %s cannot be read any more", index->directory);
    return false;
}

unsigned index_pause(struct index *index)
{
    unsigned readers = index->readers;

    if (readers > 0) {
        index->readers = 1;
        index_end_read(index);
    }
    return readers;
}

bool index_resume(struct index *index, unsigned readers, struct error *err)
{
    if (readers == 0)
        return true;
    if (!index_begin_read(index, err))
        return false;
    index->readers = readers;
    return true;
}

static bool begin_write_locked(struct index *index, struct error *err)
{
    int result;

    if (!index_is_ours(index)) {
        index->broken = true;
        error_set(err, ERROR_TEMPORARY, "the index %s was begun anew", index->directory);
        return false;
    }
    if (!index->is_private && !index_remove_mark(index, err))
        return false;
    index->keyless = 0;
    result = mdb_txn_begin(index->env, NULL, 0, &index->writer);
    if (result != 0) {
        index->writer = NULL;
        index_fail(index, result, "begin writing", err);
        return false;
    }
    return true;
}

bool index_begin_write(struct index *index, struct error *err)
{
    ASSERT(index->writer == NULL && index->readers == 0);
    if (index->broken) {
        index_mark_broken(index, "it was before", err);
        return false;
    }
    if (!index_lock(index, err))
        return false;
    if (begin_write_locked(index, err))
        return true;
    index_unlock(index);
    return false;
}

bool index_commit(struct index *index, struct error *err)
{
    int result;

    if (!index_flush_flags(index, err)) {
        index_abort(index);
        return false;
    }
    index_forget_block(index);
    result = mdb_txn_commit(index->writer);
    index->writer = NULL;
    index->changed = true;
    index_unlock(index);
    if (result != 0)
        index_fail(index, result, "commit", err);
    return result == 0;
}

void index_abort(struct index *index)
{
    if (index->writer != NULL) {
        mdb_txn_abort(index->writer);
        index_unlock(index);
    }
    index->writer = NULL;
    index_forget_block(index);
}
