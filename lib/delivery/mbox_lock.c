/* The locks of an mbox: those that Postfix, Dovecot and Debian's programs take, in the order that the parameter names. */
#include "lib/base/base.h"

#include "lib/delivery/mbox.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/delivery/lock_holder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static bool lock_whole_file(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_SETLK, &lock) == 0;
}

static bool lock_flock(int fd)
{
    return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/* Calls try_lock until it has the lock; the last errno stays. */
static bool lock_patiently(int fd, bool (*try_lock)(int fd), const struct mbox_settings *settings)
{
    for (int attempt = 1; !try_lock(fd); attempt++) {
        if ((errno != EAGAIN && errno != EACCES && errno != EWOULDBLOCK) ||
            attempt >= settings->lock_attempts)
            return false;
        sleep((unsigned)settings->lock_delay_s);
    }
    return true;
}

/* Old, or of a process that was killed; a later one under this name is somebody's. */
static bool remove_stale(const char *dotlock, const struct mbox_settings *settings)
{
    struct stat status, now;

    return stat(dotlock, &status) == 0 &&
           (status.st_mtime + settings->stale_lock_s < time(NULL) ||
            lock_holder_is_dead(AT_FDCWD, dotlock)) &&
           stat(dotlock, &now) == 0 && now.st_ino == status.st_ino && unlink(dotlock) == 0;
}

/* Not every file system knows links; and where `own` could not be made, NULL, a lock may be there all the same. */
static bool link_or_make(const char *own, const char *dotlock)
{
    int fd;

    if (own != NULL && link(own, dotlock) == 0)
        return true;
    if (own != NULL && errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
        return false;
    fd = open(dotlock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    fd_close(&fd);
    return true;
}

static bool link_patiently(const char *own, const char *dotlock,
                           const struct mbox_settings *settings)
{
    for (int attempt = 1; !link_or_make(own, dotlock); attempt++) {
        if (errno != EEXIST)
            return false;
        if (remove_stale(dotlock, settings))
            continue;
        if (attempt >= settings->lock_attempts) {
            errno = EEXIST;
            return false;
        }
        sleep((unsigned)settings->lock_delay_s);
    }
    return true;
}

/* The last errno stays. */
static bool make_dotlock(const char *path, const char *dotlock,
                         const struct mbox_settings *settings)
{
    const char *slash = strrchr(path, '/');
    int directory_len = slash == NULL ? 0 : (int)(slash + 1 - path);
    char *own = mem_printf("%.*s.buzon-lock.%ld", directory_len, path, (long)getpid());
    bool named = lock_holder_write(AT_FDCWD, own);
    bool made = link_patiently(named ? own : NULL, dotlock, settings);
    int reason = errno;

    unlink(own);
    mem_free(own);
    errno = reason;
    return made;
}

/* A directory where nobody may make files can hold no dotlock: then the other locks must do. */
static bool lock_by_dotlock(const char *path, const struct mbox_settings *settings,
                            char **dotlock_r)
{
    char *dotlock = mem_printf("%s.lock", path);

    if (make_dotlock(path, dotlock, settings)) {
        *dotlock_r = dotlock;
        return true;
    }
    mem_free(dotlock);
    return errno == EACCES || errno == EROFS;
}

static void blame_lock(const char *path, const char *lock, struct error *err)
{
    if (strcmp(lock, "dotlock") == 0)
        error_errno(err, "unable to create lock file %s.lock", path);
    else
        error_errno(err, "unable to lock for exclusive access");
    err->kind = ERROR_TEMPORARY;
}

bool mbox_lock(const char *path, int fd, const struct mbox_settings *settings,
               struct mbox_lock *lock_r, struct error *err)
{
    struct strlist locks = STRLIST_EMPTY;
    bool locked = true;

    *lock_r = (struct mbox_lock){0};
    strlist_split(&locks, settings->locks, ", \t\r\n");
    for (size_t i = 0; i < locks.count && locked; i++) {
        if (strcmp(locks.items[i], "fcntl") == 0)
            locked = lock_patiently(fd, lock_whole_file, settings);
        else if (strcmp(locks.items[i], "flock") == 0)
            locked = lock_patiently(fd, lock_flock, settings);
        else if (strcmp(locks.items[i], "dotlock") == 0 && lock_r->dotlock == NULL)
            locked = lock_by_dotlock(path, settings, &lock_r->dotlock);
        if (!locked)
            blame_lock(path, locks.items[i], err);
    }
    strlist_release(&locks);
    if (!locked)
        mbox_unlock(lock_r);
    return locked;
}

void mbox_unlock(struct mbox_lock *lock)
{
    if (lock->dotlock != NULL && unlink(lock->dotlock) != 0 && errno != ENOENT)
        log_warning("remove lock file %s: %s", lock->dotlock, strerror(errno));
    mem_free(lock->dotlock);
    lock->dotlock = NULL;
}
