/* Lock files beside the control files of a Maildir. */
#include "lib/base/base.h"

#include "lib/store/dotlock.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define WAIT_MS    60000 /* for another holder */
#define STALE_S    120   /* a lock file that is older is nobody's */
#define PAUSE_US   5000
#define HOLDER_MAX 300

static void our_host(char host[HOST_NAME_MAX + 1])
{
    if (gethostname(host, HOST_NAME_MAX) != 0)
        host[0] = '\0';
    host[HOST_NAME_MAX] = '\0';
}

/* Does it name a process of this host that is no more? */
static bool holder_is_dead(int directory, const char *name)
{
    struct buf text = BUF(HOLDER_MAX);
    char host[HOST_NAME_MAX + 1];
    uint64_t pid;
    bool dead = false;

    our_host(host);
    if (file_read(directory, name, &text, NULL)) {
        struct span rest = buf_span(&text);
        dead = span_to_u64(span_take_until(&rest, ':'), INT_MAX, &pid) && pid > 0 &&
               span_equal_text(rest, host) && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
    }
    buf_release(&text);
    return dead;
}

static bool remove_stale(int directory, const char *name)
{
    struct stat before, after;

    if (fstatat(directory, name, &before, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    if (before.st_mtime + STALE_S >= time(NULL) && !holder_is_dead(directory, name))
        return false;
    return fstatat(directory, name, &after, AT_SYMLINK_NOFOLLOW) == 0 &&
           after.st_ino == before.st_ino && unlinkat(directory, name, 0) == 0;
}

static int create(int directory, const char *name)
{
    static const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    int64_t give_up = clock_monotonic_ms() + WAIT_MS;

    for (;;) {
        int fd = openat(directory, name, flags, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
        if (remove_stale(directory, name))
            continue;
        if (clock_monotonic_ms() > give_up) {
            errno = EAGAIN;
            return -1;
        }
        usleep(PAUSE_US);
    }
}

bool dotlock_take(int directory, const char *target, struct dotlock *lock_r, struct error *err)
{
    char *name = mem_printf("%s.lock", target);
    char holder[HOLDER_MAX], host[HOST_NAME_MAX + 1];
    int fd = create(directory, name);

    if (fd < 0) {
        error_errno(err, "lock file %s", name);
        err->kind = ERROR_TEMPORARY;
        mem_free(name);
        return false;
    }
    our_host(host);
    snprintf(holder, sizeof(holder), "%ld:%s", (long)getpid(), host);
    (void)!write_all(fd, span_text(holder)); /* without it the lock holds too */
    fd_close(&fd);
    *lock_r = (struct dotlock){.directory = directory, .name = name};
    return true;
}

void dotlock_release(struct dotlock *lock)
{
    if (lock->name == NULL)
        return;
    unlinkat(lock->directory, lock->name, 0);
    mem_free(lock->name);
    lock->name = NULL;
}
