/*
 * The index of a session that has no room for one, or none for its changes: on a full disk, or over the quota of its file
 * system, a user can still open his mailboxes, and remove what fills them. It is a file in memory that nobody else has, so
 * it needs no lock file of LMDB; who writes holds the same lock on the directory of the mailboxes as everybody else.
 */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MEMORY_MAX ((size_t)256 << 20) /* a million messages */
#define CACHE_MAX  ((size_t)32 << 20)  /* from there on nothing is kept that can be read again */
#define ROOM                                                                                       \
    ((off_t)128 << 10) /* octets on disk: a few mailboxes, and changes to them on a full disk */

bool index_lacks_room(int number)
{
    return number == ENOSPC || number == EDQUOT ||
           number == EIO; /* LMDB's of a write that was cut short */
}

void index_tell_full(struct index *index, const char *why)
{
    if (!index->told)
        log_warning("%s: this session keeps an index in memory", why);
    index->told = true;
}

int index_reserve_room(const struct index *index)
{
    int fd = openat(index->fd, "data.mdb", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    int result = 0;

    if (fd >= 0 && fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, ROOM) != 0) {
        result = errno;
        if (fstat(fd, &status) == 0)
            (void)!ftruncate(fd, status.st_size); /* what was found of it is free again */
    }
    fd_close(&fd);
    return index_lacks_room(result) ? result : 0; /* not every file system can do it */
}

int index_open_parent(const struct index *index, const char **name_r)
{
    const char *slash = strrchr(index->directory, '/');
    char *parent =
        slash == NULL ? mem_text(".")
                      : mem_span(span_of(index->directory, (size_t)(slash + 1 - index->directory)));
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    *name_r = slash == NULL ? index->directory : slash + 1;
    mem_free(parent);
    return fd;
}

static int open_memory(struct index *index)
{
    char path[64];
    int result = mdb_env_create(&index->env);

    if (result != 0) {
        index->env = NULL;
        return result;
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", index->fd);
    if ((result = mdb_env_set_mapsize(index->env, MEMORY_MAX)) == 0 &&
        (result = mdb_env_set_maxdbs(index->env, INDEX_DATABASES)) == 0 &&
        (result = mdb_env_open(index->env, path, INDEX_FLAGS | MDB_NOLOCK | MDB_NOSUBDIR, 0600)) ==
            0)
        result = index_open_databases(index);
    if (result != 0)
        index_close_environment(index);
    return result;
}

bool index_open_in_memory(struct index *index, struct error *err)
{
    const char *name;
    int result;

    index->is_private = true;
    index->fd = memfd_create("buzon.index", MFD_CLOEXEC);
    index->lock = index_open_parent(index, &name);
    result = index->fd < 0 || index->lock < 0 ? errno : open_memory(index);
    if (result != 0)
        error_set(err, ERROR_TEMPORARY, "keep the index %s in memory: %s", index->directory,
                  mdb_strerror(result));
    return result == 0;
}

/* --- there and back ---------------------------------------------------------------------------- */

bool index_is_full(const struct index *index)
{
    return index->full != 0;
}

bool index_is_private(const struct index *index)
{
    return index->is_private;
}

void index_overlook_full(struct index *index)
{
    index->full = 0;
}

bool index_is_crowded(const struct index *index)
{
    MDB_envinfo info = {0};

    if (!index->is_private)
        return false;
    mdb_env_info(index->env, &info);
    return info.me_last_pgno > CACHE_MAX / (size_t)sysconf(_SC_PAGESIZE);
}

bool index_leave_disk(struct index *index, struct error *err)
{
    char *why = mem_printf("change the index %s: %s", index->directory, strerror(index->full));

    ASSERT(index->writer == NULL && index->readers == 0);
    index_tell_full(index, why);
    mem_free(why);
    index_close_files(index);
    index->broken = !index_open_in_memory(index, err);
    return !index->broken;
}

/* Of a file system that reserves nothing; quotas it may tell, or not. */
static bool has_free_blocks(int fd)
{
    struct statvfs status;

    return fstatvfs(fd, &status) != 0 || status.f_frsize == 0 ||
           status.f_bavail >= (uint64_t)ROOM / status.f_frsize;
}

/* What is asked of a new index, in a file that has no name. */
bool index_may_return(const struct index *index)
{
    int fd;
    bool may;

    if (!index->is_private)
        return false;
    fd = file_nameless(index->lock);
    if (fd >= 0 && fallocate(fd, 0, 0, ROOM) != 0)
        may = errno == EOPNOTSUPP ? has_free_blocks(fd) : !index_lacks_room(errno);
    else
        may = fd >= 0 || !index_lacks_room(errno);
    fd_close(&fd);
    return may;
}

void index_remove_stored(struct index *index)
{
    struct error err = {0};
    bool has_lock = index->writer != NULL;
    int directory;

    if (!index->is_private || (!has_lock && !index_lock(index, &err)))
        return;
    directory = open(index->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (directory >= 0)
        index_remove_files(directory);
    fd_close(&directory);
    if (!has_lock)
        index_unlock(index);
}
