/* The LMDB environment of an account: opening it, closing it, starting anew. */
#include "lib/base/base.h"

#include "lib/store/index.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/store/index_private.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#define MAP_SIZE    (sizeof(size_t) > 4 ? (size_t)64 << 30 : (size_t)512 << 20)
#define READERS_MAX 1022 /* sessions of one account that read at a time */
#define LOCK_FILE   "lock.mdb"
#define LOCK_BEGIN  4096 /* octets of the lock file that are used, by all but a crowd of readers */

void index_mark_broken(struct index *index, const char *what, struct error *err)
{
    if (!index->broken)
        log_warning("the index %s is broken and will be rebuilt: %s", index->directory, what);
    index->broken = true;
    error_set(err, ERROR_TEMPORARY, "the index %s is broken: %s", index->directory, what);
}

static void mark_damaged(struct index *index, int result, const char *what, struct error *err)
{
    char *why = mem_printf("%s: %s", what, mdb_strerror(result));

    index_mark_broken(index, why, err);
    mem_free(why);
}

bool index_is_broken(const struct index *index)
{
    return index->broken;
}

/* Only trouble of the environment itself is told from space and memory: then a new one helps. */
void index_fail(struct index *index, int result, const char *what, struct error *err)
{
    if (result == MDB_BAD_TXN && index->full != 0)
        result = index->full; /* what else is tried in a transaction that found no room */
    switch (result) {
    case MDB_CORRUPTED:
    case MDB_PANIC:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_PAGE_NOTFOUND:
    case MDB_BAD_TXN:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_VALSIZE:
    case MDB_BAD_DBI:
        mark_damaged(index, result, what, err);
        break;
    default:
        if (!index->is_private && index_lacks_room(result))
            index->full = result;
        error_set(err, ERROR_TEMPORARY, "%s in the index %s: %s", what, index->directory,
                  mdb_strerror(result));
        if (err != NULL)
            err->number = result > 0 ? result : 0;
        break;
    }
}

/* --- opening ----------------------------------------------------------------------------------- */

int index_open_databases(struct index *index)
{
    MDB_txn *txn = NULL;
    int result = mdb_txn_begin(index->env, NULL, 0, &txn);

    if (result == 0)
        result = mdb_dbi_open(txn, "names.1", MDB_CREATE, &index->names);
    if (result == 0)
        result = mdb_dbi_open(txn, "mailboxes.1", MDB_CREATE | MDB_INTEGERKEY, &index->mailboxes);
    if (result == 0)
        result = mdb_dbi_open(txn, "messages.1", MDB_CREATE | MDB_INTEGERKEY, &index->messages);
    if (result == 0)
        result = mdb_dbi_open(txn, "metadata.1", MDB_CREATE | MDB_INTEGERKEY, &index->metadata);
    if (result == 0)
        result = mdb_dbi_open(txn, "gone.1", MDB_CREATE | MDB_INTEGERKEY, &index->gone);
    if (result == 0)
        result = mdb_dbi_open(txn, "flags.1", MDB_CREATE | MDB_INTEGERKEY, &index->flags);
    if (result == 0)
        result = mdb_dbi_open(txn, "keys.1", MDB_CREATE | MDB_INTEGERKEY, &index->keys);
    if (result != 0) {
        mdb_txn_abort(txn);
        return result;
    }
    return mdb_txn_commit(txn);
}

ino_t index_named_inode(const struct index *index, const char *name)
{
    char *path = mem_printf("%s/%s", index->directory, name);
    struct stat status;
    ino_t inode = lstat(path, &status) == 0 ? status.st_ino : 0;

    mem_free(path);
    return inode;
}

/* LMDB writes to its lock file through memory, where no room on the disk is a signal. As LMDB: 0 or an error. */
static int allocate_lock_file(const struct index *index)
{
    int fd = openat(index->fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat status;
    int result = 0;

    if (fd < 0)
        return errno;
    if (fstat(fd, &status) != 0 ||
        (status.st_blocks * 512 < LOCK_BEGIN &&
         fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LOCK_BEGIN) != 0 && errno != EOPNOTSUPP))
        result = errno;
    fd_close(&fd);
    return result;
}

static int open_environment(struct index *index)
{
    int result = mdb_env_create(&index->env);
    int dead = 0;

    if (result != 0)
        return result;
    if ((result = allocate_lock_file(index)) == 0 &&
        (result = mdb_env_set_mapsize(index->env, MAP_SIZE)) == 0 &&
        (result = mdb_env_set_maxdbs(index->env, INDEX_DATABASES)) == 0 &&
        (result = mdb_env_set_maxreaders(index->env, READERS_MAX)) == 0 &&
        (result = mdb_env_open(index->env, index->directory, INDEX_FLAGS, 0600)) == 0)
        mdb_reader_check(index->env, &dead);
    index->lock_inode = index_named_inode(index, LOCK_FILE);
    index->somebody_died = dead > 0;
    if (result != 0) {
        mdb_env_close(index->env);
        index->env = NULL;
    }
    return result;
}

void index_close_environment(struct index *index)
{
    index_leave_places(index);
    if (index->reader != NULL)
        mdb_txn_abort(index->reader);
    if (index->env != NULL)
        mdb_env_close(index->env);
    index->reader = NULL;
    index->env = NULL;
}

void index_remove_files(int directory)
{
    static const char *const names[] = {"data.mdb", LOCK_FILE, INDEX_CLEAN_FILE, INDEX_BOOT_FILE,
                                        "writing"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        unlinkat(directory, names[i], 0);
}

static bool open_directory(struct index *index, struct error *err)
{
    if (mkdir(index->directory, 0700) != 0 && errno != EEXIST) {
        error_errno(err, "create %s", index->directory);
        return false;
    }
    index->fd = open(index->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (index->fd < 0) {
        error_errno(err, "open %s", index->directory);
        return false;
    }
    index->lock = openat(index->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (index->lock < 0)
        error_errno(err, "open the directory above %s", index->directory);
    return index->lock >= 0;
}

/* Where there is nothing yet, a disk that is full shows itself before the first session relies on the index. */
static int begin_databases(struct index *index)
{
    MDB_envinfo info = {0};
    int result = 0;

    mdb_env_info(index->env, &info);
    if (info.me_last_txnid <= 1) /* the first makes the databases */
        result = index_reserve_room(index);
    return result != 0 ? result : index_open_databases(index);
}

/*
 * The directory is locked (shared) by everybody who uses the index. Who comes first looks at its pages,
 * unless nobody wrote to it since it was closed in good order; who comes later need not: LMDB keeps whole
 * what was whole.
 */
static bool is_first(const struct index *index)
{
    return flock(index->fd, LOCK_EX | LOCK_NB) == 0 || flock(index->fd, LOCK_SH) != 0;
}

/* One try to use what is there. *result_r is LMDB's, 0 when the content is no good. */
static bool open_existing(struct index *index, int *result_r)
{
    bool first = is_first(index);

    *result_r = 0;
    if (!index_header_is_sound(index->fd))
        return false;
    *result_r = open_environment(index);
    if (*result_r != 0)
        return false;
    if ((!first || index_is_whole(index)) && (*result_r = begin_databases(index)) == 0) {
        (void)flock(index->fd, LOCK_SH);
        return true;
    }
    index_close_environment(index);
    return false;
}

/* What is there is no good, unless somebody else has just begun anew. Positive results are the system's:
 * new files would not help. */
static bool open_anew(struct index *index, int *result_r, struct error *err)
{
    bool opened;

    if (!index_lock(index, err))
        return false;
    opened = open_existing(index, result_r);
    if (!opened && *result_r <= 0) {
        log_warning("the index %s is not whole and will be rebuilt", index->directory);
        index_remove_files(index->fd);
        opened = open_existing(index, result_r);
    }
    index_unlock(index);
    return opened;
}

static bool open_in_place(struct index *index, struct error *err)
{
    int result = 0;
    bool opened;

    if (!open_directory(index, err)) {
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    opened = open_existing(index, &result) || (result <= 0 && open_anew(index, &result, err));
    if (opened) {
        index_note_boot(index);
    } else {
        error_set(err, ERROR_TEMPORARY, "open the index %s: %s", index->directory,
                  mdb_strerror(result));
        err->number = result > 0 ? result : 0;
    }
    return opened;
}

void index_close_files(struct index *index)
{
    if (index->env != NULL && index->changed && !index->broken && !index->is_private)
        index_mark_clean(index);
    index_close_environment(index);
    fd_close(&index->fd);
    fd_close(&index->lock);
    index->changed = index->is_private = false;
    index->full = 0;
}

static bool open_index(struct index *index, struct error *err)
{
    if (open_in_place(index, err))
        return true;
    if (!index_lacks_room(err->number))
        return false;
    index_tell_full(index, err->text);
    index_close_files(index);
    if (!index_open_in_memory(index, err))
        return false;
    error_clear(err);
    return true;
}

struct index *index_open(const char *directory, struct error *err)
{
    struct index *index = mem_new(struct index);

    index->fd = index->lock = -1;
    index->directory = mem_text(directory);
    if (!open_index(index, err)) {
        index_close_files(index);
        mem_free(index->directory);
        mem_free(index);
        return NULL;
    }
    return index;
}

void index_close(struct index **index)
{
    if (*index == NULL)
        return;
    ASSERT((*index)->writer == NULL);
    index_close_files(*index);
    mem_free((*index)->aside);
    mem_free((*index)->directory);
    mem_free(*index);
    *index = NULL;
}

bool index_discard(struct index *index, struct error *err)
{
    ASSERT(index->writer == NULL && index->readers == 0);
    index->changed = false; /* it has no end in good order */
    if (index->env != NULL && !index->is_private && index_lock(index, err)) {
        if (index_is_ours(index)) /* else somebody else has begun anew */
            index_remove_files(index->fd);
        index_unlock(index);
    }
    index_close_files(index);
    index->broken = !open_index(index, err);
    return !index->broken;
}
