/*
 * Whether an index was left whole. The file `clean` is there only while the newest transaction of the environment is known
 * to be on disk, and tells which one that is and when the data file was written last. Whoever writes removes it first. The
 * file `boot` names the boot in which the environment was used last: in the same boot the kernel has every page that was
 * written, synced or not.
 */
#include "lib/base/base.h"

#include "lib/store/index_private.h"

#include "lib/base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK_MAX 128

static void boot_text(char text[MARK_MAX])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, MARK_MAX - 1);

    text[len < 0 ? 0 : len] = '\0';
    fd_close(&fd);
}

static void clean_text(const struct index *index, char text[MARK_MAX])
{
    struct stat status = {0};
    MDB_envinfo info = {0};

    mdb_env_info(index->env, &info);
    (void)!fstatat(index->fd, "data.mdb", &status, 0);
    snprintf(text, MARK_MAX, "%zu %jd.%09ld\n", info.me_last_txnid, (intmax_t)status.st_ctim.tv_sec,
             status.st_ctim.tv_nsec);
}

static bool has_text(int directory, const char *name, const char *expected)
{
    struct buf text = BUF(MARK_MAX);
    bool has =
        file_read(directory, name, &text, NULL) && span_equal_text(buf_span(&text), expected);

    buf_release(&text);
    return has;
}

bool index_is_whole(const struct index *index)
{
    char clean[MARK_MAX], boot[MARK_MAX];

    clean_text(index, clean);
    if (!index->somebody_died && has_text(index->fd, INDEX_CLEAN_FILE, clean))
        return true;
    boot_text(boot);
    if (faccessat(index->fd, INDEX_BOOT_FILE, F_OK, 0) == 0 &&
        !has_text(index->fd, INDEX_BOOT_FILE, boot))
        return false;
    return index_pages_are_sound(index->env, index->fd);
}

static bool write_small(int directory, const char *name, const char *text)
{
    int fd =
        openat(directory, "writing", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool written = fd >= 0 && write_all(fd, span_text(text));

    fd_close(&fd);
    return written && renameat(directory, "writing", directory, name) == 0;
}

void index_note_boot(const struct index *index)
{
    char boot[MARK_MAX];

    boot_text(boot);
    if (!has_text(index->fd, INDEX_BOOT_FILE, boot))
        (void)!write_small(index->fd, INDEX_BOOT_FILE, boot);
}

/* Sync first, then say so: the mark tells the number of a transaction of which all is on disk. */
void index_mark_clean(struct index *index)
{
    char text[MARK_MAX];

    clean_text(index, text);
    if (mdb_env_sync(index->env, 1) == 0)
        (void)!write_small(index->fd, INDEX_CLEAN_FILE, text);
}

/* LMDB does not reuse a page before the second transaction after the one that freed it: a mark that is gone for good now
 * cannot outlive what it tells of. */
bool index_remove_mark(struct index *index, struct error *err)
{
    if (unlinkat(index->fd, INDEX_CLEAN_FILE, 0) == 0 ? fsync(index->fd) == 0 : errno == ENOENT)
        return true;
    error_errno(err, "remove the mark of the index %s", index->directory);
    err->kind = ERROR_TEMPORARY;
    index->full = index_lacks_room(err->number) ? err->number : 0;
    return false;
}
