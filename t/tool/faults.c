/*
 * faults: a disk that fails, for tests. Loaded into every process of an instance (LD_PRELOAD), it makes calls on
 * regular files and directories fail as t/tool/faults.py orders in a file that all of them share: the n-th such
 * call of a program, or that one and all after it (of a disk that stays full, those that need room). A write that
 * fails has written half of its octets before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* As faults.py packs it. */
struct plan {
    uint32_t first;         /* the call that fails; 0: none does */
    uint32_t number;        /* errno */
    uint32_t for_ever;      /* and all that follow */
    uint32_t calls;         /* how many there were */
    uint32_t failed;        /* how many of these failed */
    uint32_t cut_short;     /* a write was: its rest fails */
    uint64_t device, inode; /* of the log, which never fails */
    char program[32];
    char what[32]; /* the first one that failed */
};

static struct plan *plan;

__attribute__((constructor)) static void attach(void)
{
    const char *path = getenv("BUZON_TEST_FAULTS");
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *shared =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (shared != MAP_FAILED)
        plan = shared;
    if (fd >= 0)
        close(fd);
}

static int needs_room(const char *what)
{
    static const char *const calls[] = {"write",   "writev", "pwrite",   "create",    "mkdir",
                                        "mkdirat", "rename", "renameat", "renameat2", "link",
                                        "linkat",  "fsync",  "fdatasync"};

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (strcmp(what, calls[i]) == 0)
            return 1;
    return 0;
}

static int is_ordered(const char *what)
{
    uint32_t call;

    if (plan == NULL || plan->first == 0 ||
        strcmp(program_invocation_short_name, plan->program) != 0)
        return 0;
    if (plan->for_ever && plan->number != EIO && !needs_room(what))
        return 0;
    call = __atomic_add_fetch(&plan->calls, 1, __ATOMIC_SEQ_CST);
    if (call != plan->first && !(plan->for_ever && call > plan->first) &&
        !__atomic_exchange_n(&plan->cut_short, 0, __ATOMIC_SEQ_CST))
        return 0;
    if (__atomic_fetch_add(&plan->failed, 1, __ATOMIC_SEQ_CST) == 0)
        snprintf(plan->what, sizeof(plan->what), "%s", what);
    errno = (int)plan->number;
    return 1;
}

static int is_stored(int fd)
{
    int saved = errno;
    struct stat status;
    int stored = plan != NULL && plan->first != 0 && fstat(fd, &status) == 0 &&
                 (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) &&
                 (status.st_dev != plan->device || status.st_ino != plan->inode);

    errno = saved;
    return stored;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define ON_FILE(name, parameters, arguments)                                                       \
    int name parameters                                                                            \
    {                                                                                              \
        if (is_stored(fd) && is_ordered(#name))                                                    \
            return -1;                                                                             \
        return NEXT(name) arguments;                                                               \
    }
#define ON_PATH(name, parameters, arguments)                                                       \
    int name parameters                                                                            \
    {                                                                                              \
        if (is_ordered(#name))                                                                     \
            return -1;                                                                             \
        return NEXT(name) arguments;                                                               \
    }

ON_FILE(fsync, (int fd), (fd))
ON_FILE(fdatasync, (int fd), (fd))
ON_FILE(ftruncate, (int fd, off_t size), (fd, size))
ON_FILE(fchmod, (int fd, mode_t mode), (fd, mode))
ON_FILE(futimens, (int fd, const struct timespec times[2]), (fd, times))
ON_PATH(rename, (const char *from, const char *to), (from, to))
ON_PATH(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
ON_PATH(renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
        (a, from, b, to, flags))
ON_PATH(link, (const char *from, const char *to), (from, to))
ON_PATH(linkat, (int a, const char *from, int b, const char *to, int flags),
        (a, from, b, to, flags))
ON_PATH(unlink, (const char *path), (path))
ON_PATH(unlinkat, (int directory, const char *path, int flags), (directory, path, flags))
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(mkdirat, (int directory, const char *path, mode_t mode), (directory, path, mode))

/* The file is closed all the same, as by the kernel. */
int close(int fd)
{
    int fails = is_stored(fd) && is_ordered("close");
    int result = NEXT(close)(fd);

    if (!fails)
        return result;
    errno = (int)plan->number;
    return -1;
}

/* Half of it is written, and the rest fails; what cannot be halved fails at once. */
ssize_t write(int fd, const void *octets, size_t len)
{
    if (!is_stored(fd) || !is_ordered("write"))
        return NEXT(write)(fd, octets, len);
    if (len < 2 || plan->cut_short || plan->calls > plan->first)
        return -1;
    plan->cut_short = 1;
    return NEXT(write)(fd, octets, len / 2);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return is_stored(fd) && is_ordered("writev") ? -1 : NEXT(writev)(fd, parts, count);
}

ssize_t pwrite(int fd, const void *octets, size_t len, off_t offset)
{
    return is_stored(fd) && is_ordered("pwrite") ? -1 : NEXT(pwrite)(fd, octets, len, offset);
}

static int open_file(int directory, const char *path, int flags, mode_t mode)
{
    int saved = errno;

    if ((flags & O_CREAT) != 0 && faccessat(directory, path, F_OK, 0) != 0 && is_ordered("create"))
        return -1;
    errno = saved;
    return NEXT(openat)(directory, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    __builtin_va_list arguments;
    mode_t mode = 0;

    __builtin_va_start(arguments, flags);
    if ((flags & (O_CREAT | O_TMPFILE)) != 0)
        mode = __builtin_va_arg(arguments, mode_t);
    __builtin_va_end(arguments);
    return open_file(directory, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    __builtin_va_list arguments;
    mode_t mode = 0;

    __builtin_va_start(arguments, flags);
    if ((flags & (O_CREAT | O_TMPFILE)) != 0)
        mode = __builtin_va_arg(arguments, mode_t);
    __builtin_va_end(arguments);
    return open_file(AT_FDCWD, path, flags, mode);
}
