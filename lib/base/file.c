/* Safe file operations. */
#include "lib/base/file.h"

#include "lib/base/log.h"
#include "lib/base/memory.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

bool write_all(int fd, struct span octets)
{
    while (octets.len > 0) {
        ssize_t done = write(fd, octets.data, octets.len);

        if (done >= 0)
            octets = span_skip(octets, (size_t)done);
        else if (errno != EINTR)
            return false;
    }
    return true;
}

bool pread_all(int fd, void *data, size_t len, off_t offset)
{
    char *next = data;

    while (len > 0) {
        ssize_t got = pread(fd, next, len, offset);

        if (got > 0) {
            next += got;
            offset += got;
            len -= (size_t)got;
        } else if (got == 0) {
            errno = 0;
            return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool pwrite_all(int fd, const void *data, size_t len, off_t offset)
{
    const char *next = data;

    while (len > 0) {
        ssize_t done = pwrite(fd, next, len, offset);

        if (done >= 0) {
            next += done;
            offset += done;
            len -= (size_t)done;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool file_append(int fd, struct span octets)
{
    const off_t end = lseek(fd, 0, SEEK_END);
    int saved;

    if (end < 0 || write_all(fd, octets))
        return end >= 0;
    saved = errno;
    (void)!ftruncate(fd, end);
    errno = saved;
    return false;
}

/* Until the end; the size that fstat tells saves growing, but is not trusted: the file may grow. */
static bool read_to_end(int fd, const char *path, size_t expected, struct buf *content,
                        struct error *err)
{
    size_t wanted = expected + 1; /* one more shows the end in the same read */

    for (;;) {
        size_t room = content->limit - content->len;
        size_t size = wanted < room ? wanted : room;
        char extra;
        char *to = size == 0 ? &extra : buf_reserve(content, size);
        ssize_t got = read(fd, to, size == 0 ? 1 : size);

        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_errno(err, "read %s", path);
            return false;
        }
        if (size == 0) {
            error_set(err, ERROR_PERMANENT, "%s is larger than %zu octets", path, content->limit);
            return false;
        }
        buf_commit(content, (size_t)got);
        wanted = 64 * 1024;
        if ((size_t)got < size && content->len >= expected)
            wanted = 1;
    }
}

bool file_read(int directory, const char *path, struct buf *content, struct error *err)
{
    /* O_NONBLOCK: a FIFO in the file's place must not hold us before fstat refuses it */
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;
    bool done = false;

    if (fd < 0 || fstat(fd, &status) != 0)
        error_errno(err, "open %s", path);
    else if (!S_ISREG(status.st_mode))
        error_set(err, ERROR_PERMANENT, "%s is not a regular file", path);
    else if ((uint64_t)status.st_size > content->limit - content->len)
        error_set(err, ERROR_PERMANENT, "%s is larger than %zu octets", path, content->limit);
    else
        done = read_to_end(fd, path, (size_t)status.st_size, content, err);
    fd_close(&fd);
    return done;
}

/* A new file beside `name`, under a name that nobody else has; -1 and *err. */
static int create_beside(int directory, const char *name, char temporary[NAME_MAX + 1],
                         struct error *err)
{
    uint64_t random;
    int fd;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        error_errno(err, "getrandom");
        return -1;
    }
    if (snprintf(temporary, NAME_MAX + 1, "%s.%016" PRIx64 ".new", name, random) > NAME_MAX) {
        errno = ENAMETOOLONG;
        error_errno(err, "create %s", name);
        return -1;
    }
    fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        error_errno(err, "create %s", temporary);
    return fd;
}

/* A new file in the place of `name`; `fd` is of `temporary`, and is closed. */
static bool put_in_place(int directory, const char *name, const char *temporary, int fd,
                         mode_t mode, struct span content, struct error *err)
{
    bool renamed = false;
    bool done = false;

    if (!write_all(fd, content) || fchmod(fd, mode) != 0 || fsync(fd) != 0)
        error_errno(err, "write %s", temporary);
    else if (renameat(directory, temporary, directory, name) != 0)
        error_errno(err, "rename %s to %s", temporary, name);
    else
        renamed = true;
    fd_close(&fd);
    if (!renamed)
        (void)unlinkat(directory, temporary, 0);
    else if (fsync(directory) != 0)
        error_errno(err, "sync the directory of %s", name);
    else
        done = true;
    return done;
}

bool file_replace(int directory, const char *name, mode_t mode, struct span content,
                  struct error *err)
{
    char temporary[NAME_MAX + 1];
    int fd = create_beside(directory, name, temporary, err);

    return fd >= 0 && put_in_place(directory, name, temporary, fd, mode, content, err);
}

bool file_replace_in_kind(int directory, const char *name, const struct stat *old,
                          struct span content, bool *kept_r, struct error *err)
{
    char temporary[NAME_MAX + 1];
    int fd = create_beside(directory, name, temporary, err);

    if (fd < 0)
        return false;
    *kept_r = fchown(fd, old->st_uid, old->st_gid) == 0; /* before fchmod: it takes bits away */
    return put_in_place(directory, name, temporary, fd, old->st_mode & 07777, content, err);
}

bool file_replace_alone(int directory, const char *name, mode_t mode, struct span content,
                        struct error *err)
{
    char *temporary = mem_printf("%s.new", name);
    int fd =
        openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool done = false;

    if (fd < 0)
        error_errno(err, "create %s", temporary);
    else
        done = put_in_place(directory, name, temporary, fd, mode, content, err);
    mem_free(temporary);
    return done;
}

bool file_sync_directory(int directory, const char *path, struct error *err)
{
    int fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;

    if (!done)
        error_errno(err, "sync directory %s", path);
    fd_close(&fd);
    return done;
}

void file_spread_directories(int directory)
{
    int flags;

    if (ioctl(directory, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_TOPDIR_FL) == 0) {
        flags |= FS_TOPDIR_FL;
        (void)ioctl(directory, FS_IOC_SETFLAGS, &flags);
    }
}

int file_nameless(int directory)
{
    char name[64];
    uint64_t by_chance;
    int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    if (getrandom(&by_chance, sizeof(by_chance), 0) != sizeof(by_chance))
        log_fatal("getrandom: %s", strerror(errno));
    (void)snprintf(name, sizeof(name), "buzon-temporary.%016" PRIx64, by_chance);
    fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        (void)!unlinkat(directory, name, 0);
    return fd;
}

void fd_close(int *fd)
{
    int saved = errno;

    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    errno = saved;
}

void fd_set_nonblocking(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);
    int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;

    if (flags < 0 || (wanted != flags && fcntl(fd, F_SETFL, wanted) != 0))
        log_fatal("fcntl of descriptor %d: %s", fd, strerror(errno));
}
