/* Lock files beside the control files of a Maildir. */
#include "lib/base/base.h"

#include "lib/store/dotlock.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/delivery/lock_holder.h"
#include "lib/store/control.h"

#include <fcntl.h>
#include <unistd.h>

#define WAIT_MS  60000 /* for another holder */
#define STALE_S  120   /* a lock file that is older is nobody's */
#define PAUSE_US 5000

/* A time far ahead was not set by who holds it; and a lock is a small file. */
static bool is_nobodys(int directory, const char *name, const struct stat *status)
{
    time_t now = time(NULL);

    return !S_ISREG(status->st_mode) || status->st_size > LOCK_HOLDER_MAX ||
           status->st_mtime + STALE_S < now || status->st_mtime > now + STALE_S ||
           lock_holder_is_dead(directory, name);
}

static bool remove_stale(int directory, const char *name)
{
    struct stat before, after;

    if (fstatat(directory, name, &before, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT;
    return is_nobodys(directory, name, &before) &&
           fstatat(directory, name, &after, AT_SYMLINK_NOFOLLOW) == 0 &&
           after.st_ino == before.st_ino &&
           (unlinkat(directory, name, 0) == 0 ||
            (S_ISDIR(before.st_mode) &&
             control_set_aside(directory, name, "a lock is no directory")));
}

static bool wait_for_link(int directory, const char *own, const char *name)
{
    int64_t give_up = clock_monotonic_ms() + WAIT_MS;

    while (linkat(directory, own, directory, name, 0) != 0) {
        if (errno != EEXIST)
            return false;
        if (remove_stale(directory, name))
            continue;
        if (clock_monotonic_ms() > give_up) {
            errno = EAGAIN;
            return false;
        }
        usleep(PAUSE_US);
    }
    return true;
}

bool dotlock_take(int directory, const char *target, struct dotlock *lock_r, struct error *err)
{
    char *name = mem_printf("%s.lock", target);
    char *own = mem_printf("%s.%ld", name, (long)getpid());
    bool taken = lock_holder_write(directory, own) && wait_for_link(directory, own, name);

    if (!taken) {
        error_errno(err, "lock file %s", name);
        err->kind = ERROR_TEMPORARY;
    }
    (void)unlinkat(directory, own, 0);
    mem_free(own);
    if (taken)
        *lock_r = (struct dotlock){.directory = directory, .name = name};
    else
        mem_free(name);
    return taken;
}

void dotlock_release(struct dotlock *lock)
{
    if (lock->name == NULL)
        return;
    unlinkat(lock->directory, lock->name, 0);
    mem_free(lock->name);
    lock->name = NULL;
}
