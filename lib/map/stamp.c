/* How a table's file looked when it was opened, and whether it still does (lib/map/map_type.h). */
#include "lib/map/map_type.h"

#include "lib/base/file.h"

#include <fcntl.h>
#include <sys/sysmacros.h>

void map_stamp_take(struct map_stamp *stamp, int fd)
{
    struct stat status;

    *stamp = (struct map_stamp){.fd = fd};
    if (fstat(fd, &status) != 0)
        return;
    stamp->links = status.st_nlink;
    stamp->size = status.st_size;
    stamp->modified = status.st_mtim;
    stamp->status_changed = status.st_ctim;
}

/* A file, or /dev/null, which is one without a line. */
static bool is_readable(const struct stat *status)
{
    return S_ISREG(status->st_mode) ||
           (S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 3));
}

bool map_stamp_open(struct map_stamp *stamp, const char *path, struct error *err)
{
    /* O_NONBLOCK: a FIFO in the file's place must not hold us before fstat refuses it */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;

    *stamp = MAP_STAMP_NONE;
    if (fd < 0 || fstat(fd, &status) != 0) {
        error_errno(err, "open %s", path);
    } else if (!is_readable(&status)) {
        error_set(err, ERROR_PERMANENT, "%s is not a regular file", path);
    } else {
        map_stamp_take(stamp, fd);
        return true;
    }
    fd_close(&fd);
    return false;
}

bool map_stamp_open_database(struct map_stamp *stamp, const char *path, struct error *err)
{
    if (map_stamp_open(stamp, path, err))
        return true;
    if (err->number != 0) {
        errno = err->number;
        error_errno(err, "open database %s", path);
    }
    return false;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool map_stamp_changed(const struct map_stamp *stamp)
{
    struct map_stamp now;

    if (stamp->fd < 0)
        return false;
    map_stamp_take(&now, stamp->fd);
    return now.links != stamp->links || now.size != stamp->size ||
           !same_time(now.modified, stamp->modified) ||
           !same_time(now.status_changed, stamp->status_changed);
}

bool map_stamp_written(const struct map_stamp *stamp)
{
    struct map_stamp now;

    map_stamp_take(&now, stamp->fd);
    return now.size != stamp->size || !same_time(now.modified, stamp->modified);
}
