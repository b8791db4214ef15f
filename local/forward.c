/*
 * .forward files: forward_path names where they are, in order; the first one that exists counts. They
 * are read as their user, and only when nobody else can write to them. A user who stands in his own
 * file gets the message in his mailbox too.
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <sys/stat.h>

#define FORWARD_MAX (1024U * 1024) /* octets of a .forward file */

enum forward_state { FORWARD_NONE, FORWARD_READ, FORWARD_UNUSABLE, FORWARD_UNAVAILABLE };

static bool is_safe(const char *path, int fd, const struct mailbox_place *account)
{
    struct stat status;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        log_warning("file %s is not a regular file", path);
        return false;
    }
    if (status.st_uid != 0 && status.st_uid != account->uid) {
        log_warning("file %s has bad owner uid %ld", path, (long)status.st_uid);
        return false;
    }
    if ((status.st_mode & 002) != 0) {
        log_warning("file %s is world writable", path);
        return false;
    }
    return true;
}

/* Runs as the user. */
static enum forward_state read_forward(const char *path, const struct mailbox_place *account,
                                       struct buf *content, struct error *err)
{
    enum forward_state state = FORWARD_UNUSABLE;
    struct stat status;
    int fd;

    if (lstat(path, &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP)
            return FORWARD_NONE;
        error_errno(err, "cannot look for %s", path);
        return FORWARD_UNAVAILABLE;
    }
    fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT)
            return FORWARD_NONE;
        if (errno == ELOOP || errno == ENXIO) {
            log_warning("file %s is not a regular file", path);
            return FORWARD_UNUSABLE;
        }
        error_errno(err, "cannot open file %s", path);
        return errno == EACCES ? FORWARD_UNUSABLE : FORWARD_UNAVAILABLE;
    }
    if (is_safe(path, fd, account))
        state = list_file_read(fd, path, content, err) ? FORWARD_READ : FORWARD_UNAVAILABLE;
    fd_close(&fd);
    return state;
}

static bool is_forwarding(const struct step *step, const char *user)
{
    for (const struct step *at = step->from; at != NULL; at = at->from)
        if (at->forwarder != NULL && strcmp(at->forwarder, user) == 0)
            return true;
    return false;
}

/* The first file of forward_path that is there. */
static enum forward_state find_forward(struct local_delivery *delivery, const struct step *step,
                                       const struct mailbox_place *account, struct buf *content,
                                       struct error *err)
{
    const struct config *config = delivery->local->config;
    struct step_context names = {delivery, step, account};
    struct strlist paths = STRLIST_EMPTY;
    enum forward_state state = FORWARD_NONE;
    struct buf path = BUF(PATH_MAX);

    strlist_split(&paths, config->forward_path, ", \t\r\n");
    for (size_t i = 0; i < paths.count && state == FORWARD_NONE; i++) {
        buf_clear(&path);
        if (!config_expand(paths.items[i], step_value, &names, config->forward_expansion_filter,
                           &path, err))
            state = FORWARD_UNAVAILABLE;
        else if (path.len > 0 && buf_text(&path)[0] == '/')
            state = read_forward(buf_text(&path), account, content, err);
    }
    strlist_release(&paths);
    buf_release(&path);
    return state;
}

bool deliver_by_forward(struct local_delivery *delivery, const struct step *step,
                        const struct mailbox_place *account)
{
    struct step forwarded = *step;
    struct buf content = BUF(FORWARD_MAX);
    struct error err = {0};
    enum forward_state state;
    size_t leaves = delivery->leaf_count;
    bool taken = false;

    if (account->uid == 0 || is_forwarding(step, step->user))
        return false;
    if (!service_become(account->user, account->uid, account->gid, &err)) {
        leaf_deferred(delivery, step->address, "4.2.0", "mailbox owner: %s", err.text);
        return true;
    }
    state = find_forward(delivery, step, account, &content, &err);
    service_return();
    if (state == FORWARD_UNAVAILABLE) {
        leaf_deferred(delivery, step->address, "4.3.0", "%s", err.text);
        taken = true;
    } else if (state == FORWARD_READ) {
        forwarded.forwarder = step->user;
        forwarded.owner = step->user;
        if (!delivery->local->config->frozen_delivered_to)
            forwarded.delivered = step->address;
        forwarded.lists_as_root = false;
        forwarded.rights_user = account->user;
        forwarded.rights_home = account->home;
        forwarded.rights_uid = account->uid;
        forwarded.rights_gid = account->gid;
        /* Once for each user, however many ways lead here. */
        if (was_seen(delivery, "forward", step->user))
            taken = true;
        else
            deliver_expansion(delivery, &forwarded, BY_FORWARD, buf_span(&content));
        taken = taken || delivery->leaf_count > leaves || delivery->resends != NULL;
        if (taken && delivery->expanded == EXPANDED_NOT)
            delivery->expanded = EXPANDED_ALIAS;
    } else if (state == FORWARD_UNUSABLE && err.kind != ERROR_NONE) {
        log_warning("%s", err.text);
    }
    buf_release(&content);
    return taken;
}
