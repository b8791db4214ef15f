/* Lock files beside the control files of a Maildir. */
#include "lib/base/base.h"

#include "lib/store/dotlock.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define WAIT_MS  60000 /* for another holder */
#define STALE_S  120   /* a lock file that is older is nobody's */
#define PAUSE_US 5000

static bool remove_stale(int directory, const char *name)
{
    struct stat status;

    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           status.st_mtime + STALE_S < time(NULL) && unlinkat(directory, name, 0) == 0;
}

bool dotlock_take(int directory, const char *target, struct dotlock *lock_r, struct error *err)
{
    char *name = mem_printf("%s.lock", target);
    int64_t give_up = clock_monotonic_ms() + WAIT_MS;
    int fd;

    for (;;) {
        fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0 || errno != EEXIST)
            break;
        if (remove_stale(directory, name))
            continue;
        if (clock_monotonic_ms() > give_up) {
            errno = EAGAIN;
            break;
        }
        usleep(PAUSE_US);
    }
    if (fd < 0) {
        error_errno(err, "lock file %s", name);
        mem_free(name);
        return false;
    }
    *lock_r = (struct dotlock){.directory = directory, .name = name, .fd = fd};
    return true;
}

static void forget(struct dotlock *lock)
{
    mem_free(lock->name);
    lock->name = NULL;
    fd_close(&lock->fd);
}

bool dotlock_replace(struct dotlock *lock, const char *target, struct error *err)
{
    bool done = false;

    if (fdatasync(lock->fd) != 0) {
        error_errno(err, "sync %s", lock->name);
        unlinkat(lock->directory, lock->name, 0);
    } else if (renameat(lock->directory, lock->name, lock->directory, target) != 0) {
        error_errno(err, "rename %s", lock->name);
        unlinkat(lock->directory, lock->name, 0);
    } else {
        done = fsync(lock->directory) == 0;
        if (!done)
            error_errno(err, "sync the directory of %s", target);
    }
    forget(lock);
    return done;
}

void dotlock_release(struct dotlock *lock)
{
    if (lock->name == NULL)
        return;
    unlinkat(lock->directory, lock->name, 0);
    forget(lock);
}
