/*
 * Lists: ":include:/file" of aliases, .forward files and other lists. What is wrong with a list that is there is the
 * mail system's configuration, for good, and the log says what; a list that is missing may come back with its disk.
 * Source: aliases(5).
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/delivery/blame.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_MAX (16U * 1024 * 1024) /* octets */

bool list_file_read(int fd, const char *path, struct buf *content, struct error *err)
{
    char block[16384];
    ssize_t got;

    while ((got = read(fd, block, sizeof(block))) > 0)
        if (!buf_append(content, block, (size_t)got)) {
            error_set(err, ERROR_TEMPORARY, "%s is larger than is read of such a file", path);
            return false;
        }
    if (got < 0) {
        error_errno(err, "read %s", path);
        err->kind = ERROR_TEMPORARY;
    }
    return got == 0;
}

/* --- opening ----------------------------------------------------------------------------------------------- */

static int open_as_recipient(const struct step *step, const char *path, struct error *err)
{
    int fd;

    if (!service_become(step->rights_user, step->rights_uid, step->rights_gid, err)) {
        err->kind = ERROR_TEMPORARY;
        return -1;
    }
    fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd == -1) {
        error_errno(err, "unable to lookup :include: file %s", path);
        blame_settle(err);
    }
    service_return();
    return fd;
}

/* An alias of root's may name what only root reads; but not what somebody else's link makes of it. */
static int open_list(const struct step *step, const char *path, struct error *err)
{
    int fd = -1;

    if (step->lists_as_root)
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd == -1 && (!step->lists_as_root || errno == ELOOP)) {
        fd = open_as_recipient(step, path, err);
    } else if (fd == -1) {
        error_errno(err, "unable to lookup :include: file %s", path);
        blame_settle(err);
    }
    return fd;
}

static bool is_usable(int fd, const char *path, struct stat *status_r, struct error *err)
{
    if (fstat(fd, status_r) != 0)
        error_errno(err, "unable to lookup :include: file %s", path);
    else if (!S_ISREG(status_r->st_mode))
        error_set(err, ERROR_PERMANENT, ":include: file %s is not a regular file", path);
    else if ((status_r->st_mode & S_IWOTH) != 0)
        error_set(err, ERROR_PERMANENT, ":include: file %s is world writable", path);
    else
        return true;
    return false;
}

/* Commands and files in a list are delivered with the rights of the list's owner, root's never. */
static void take_owner_rights(const struct stat *status, struct step *step)
{
    const struct passwd *account;

    if (status->st_uid == 0)
        return;
    account = getpwuid(status->st_uid);
    step->lists_as_root = false;
    step->rights_user = NULL;
    step->rights_uid = status->st_uid;
    step->rights_gid = account == NULL ? status->st_gid : account->pw_gid;
}

static bool read_list(struct step *step, const char *path, struct buf *content, struct error *err)
{
    struct stat status;
    bool good;
    int fd;

    if (path[0] != '/') {
        error_set(err, ERROR_PERMANENT, ":include:%s uses a relative path", path);
        return false;
    }
    fd = open_list(step, path, err);
    if (fd == -1)
        return false;
    good = is_usable(fd, path, &status, err) && list_file_read(fd, path, content, err);
    if (good)
        take_owner_rights(&status, step);
    fd_close(&fd);
    return good;
}

/* --- expanding --------------------------------------------------------------------------------------------- */

/* Each list once, which ends lists of themselves too. */
void deliver_include(struct local_delivery *delivery, const struct step *step, const char *path)
{
    struct step inner = *step;
    struct buf content = BUF(LIST_MAX);
    struct error err = {0};

    inner.depth++;
    if (was_seen(delivery, "include", path))
        return;
    if (inner.depth > STEP_DEPTH_MAX) {
        leaf_bounced(delivery, step->address, "5.4.6", "mail forwarding loop for %s",
                     step->address);
        return;
    }
    if (read_list(&inner, path, &content, &err)) {
        deliver_expansion(delivery, &inner, BY_INCLUDE, buf_span(&content));
    } else {
        log_warning("%s", err.text);
        (err.kind == ERROR_PERMANENT ? leaf_bounced : leaf_deferred)(
            delivery, step->address, err.kind == ERROR_PERMANENT ? "5.3.5" : "4.3.5",
            "mail system configuration error");
    }
    buf_release(&content);
}
