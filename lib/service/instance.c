/* The lock of an instance. */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/service/account.h"
#include "lib/service/instance.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char *pid_path(const struct config *config)
{
    return mem_printf("%s/%s/master.pid", config->queue_directory, config->process_id_directory);
}

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

static bool lock_file(int fd, const char *path, struct error *err)
{
    struct flock lock = whole_file();

    if (fcntl(fd, F_SETLK, &lock) == 0)
        return true;
    if (errno == EAGAIN || errno == EACCES)
        error_set(err, ERROR_PERMANENT, "%s is locked: another master is running", path);
    else
        error_errno(err, "lock %s", path);
    return false;
}

static int open_lock(const char *path, mode_t mode, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);

    if (fd < 0)
        error_errno(err, "open lock file %s", path);
    return fd;
}

/* data_directory belongs to mail_owner: root follows nothing that was put there. */
static int open_data_lock(const struct config *config, const char *path, struct error *err)
{
    bool privileged = geteuid() == 0;
    struct account owner;
    int fd = -1;

    if (privileged && !account_find(config->mail_owner, &owner, err))
        return -1;
    if (privileged && (setegid(owner.gid) != 0 || seteuid(owner.uid) != 0))
        error_errno(err, "act as %s", config->mail_owner);
    else
        fd = open_lock(path, 0600, err);
    if (privileged && (seteuid(0) != 0 || setegid(0) != 0)) {
        error_errno(err, "be root again");
        fd_close(&fd);
    }
    return fd;
}

static bool lock_data(const struct config *config, struct error *err)
{
    char *path = mem_printf("%s/master.lock", config->data_directory);
    int fd = open_data_lock(config, path, err);
    bool done = fd >= 0 && lock_file(fd, path, err);

    if (!done)
        fd_close(&fd);
    mem_free(path);
    return done;
}

static bool write_pid(int fd, const char *path, struct error *err)
{
    char text[32];
    int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

    if (ftruncate(fd, 0) == 0 && pwrite_all(fd, text, (size_t)len, 0))
        return true;
    error_errno(err, "write %s", path);
    return false;
}

bool instance_lock(const struct config *config, struct error *err)
{
    char *path = pid_path(config);
    int fd = open_lock(path, 0644, err);
    bool done =
        fd >= 0 && lock_file(fd, path, err) && lock_data(config, err) && write_pid(fd, path, err);

    if (!done)
        fd_close(&fd);
    mem_free(path);
    return done;
}

bool instance_pid(const struct config *config, pid_t *pid_r, struct error *err)
{
    char *path = pid_path(config);
    struct flock lock = whole_file();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool done = true;

    *pid_r = 0;
    lock.l_type = F_RDLCK; /* what a descriptor for reading may ask about */
    if (fd < 0 && errno != ENOENT && errno != ENOTDIR) {
        error_errno(err, "open %s", path);
        done = false;
    } else if (fd >= 0 && fcntl(fd, F_GETLK, &lock) != 0) {
        error_errno(err, "examine the lock of %s", path);
        done = false;
    } else if (fd >= 0 && lock.l_type != F_UNLCK) {
        *pid_r = lock.l_pid;
    }
    fd_close(&fd);
    mem_free(path);
    return done;
}
