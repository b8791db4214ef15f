/*
 * As whom a daemon runs: the working directory, the chroot, and giving root up for good. In an
 * unprivileged instance there is nothing to give up, and one user owns everything.
 */
#include "lib/base/base.h"

#include "lib/service/account.h"
#include "lib/service/process.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_net(const struct service_process *process)
{
    return process->service->user == SERVICE_USER_NET;
}

/* Stand-alone, there is no master to ask for connections: such a process is a queue owner at large. */
static bool is_in_chroot(const struct service_process *process)
{
    return process->instance.privileged && !process->options.standalone &&
           (is_net(process) || process->service->user == SERVICE_USER_QUEUE);
}

static const char *user_of(const struct service_process *process)
{
    const struct config *config = process->instance.config;

    return is_net(process) && !process->options.standalone ? config->net_owner : config->mail_owner;
}

bool identity_directories(struct service_process *process, struct error *err)
{
    const char *queue = process->instance.config->queue_directory;

    process->instance.queue_directory = -1;
    process->directory = AT_FDCWD;
    if (chdir(queue) != 0) {
        error_errno(err, "change to the directory %s", queue);
        return false;
    }
    if (is_in_chroot(process))
        service_confine();
    if (is_net(process) && is_in_chroot(process)) {
        process->through_master = true;
        return true;
    }
    process->instance.queue_directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process->instance.queue_directory < 0) {
        error_errno(err, "open the directory %s", queue);
        return false;
    }
    return true;
}

/* Whoever gets into the process must find nothing there, and can make nothing there. */
static bool check_empty(const char *path, struct error *err)
{
    struct stat status;

    if (stat(".", &status) != 0) {
        error_errno(err, "examine %s", path);
        return false;
    }
    if (!S_ISDIR(status.st_mode) || status.st_uid != 0 || (status.st_mode & 022) != 0) {
        error_set(err, ERROR_PERMANENT,
                  "%s must be a directory of root that nobody else can write to", path);
        return false;
    }
    return true;
}

static bool enter_chroot(const struct service_process *process, struct error *err)
{
    const char *path = is_net(process) ? "empty" : ".";

    if (chdir(path) != 0) {
        error_errno(err, "change to the directory %s", path);
        return false;
    }
    if (is_net(process) && !check_empty("empty", err))
        return false;
    if (chroot(".") != 0 || chdir("/") != 0) {
        error_errno(err, "chroot to %s", path);
        return false;
    }
    return true;
}

bool identity_become(uid_t uid, gid_t gid, struct error *err)
{
    uid_t real_uid, effective_uid, saved_uid;
    gid_t real_gid, effective_gid, saved_gid;

    ASSERT(uid != 0);
    if (setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0) {
        error_errno(err, "become uid %lu, gid %lu", (unsigned long)uid, (unsigned long)gid);
        return false;
    }
    if (getresuid(&real_uid, &effective_uid, &saved_uid) != 0 ||
        getresgid(&real_gid, &effective_gid, &saved_gid) != 0 || real_uid != uid ||
        effective_uid != uid || saved_uid != uid || real_gid != gid || effective_gid != gid ||
        saved_gid != gid || setresuid(0, 0, 0) == 0 || setuid(0) == 0 || seteuid(0) == 0) {
        error_set(err, ERROR_PERMANENT, "cannot get rid of root's rights for uid %lu",
                  (unsigned long)uid);
        return false;
    }
    return true;
}

bool identity_drop(struct service_process *process, struct error *err)
{
    bool stays_root = process->service->user == SERVICE_USER_ROOT;
    struct account account;

    if (!process->instance.privileged)
        return true;
    if ((!stays_root && !account_find(user_of(process), &account, err)) ||
        (is_in_chroot(process) && !enter_chroot(process, err)))
        return false;
    if (setgroups(0, NULL) != 0) {
        error_errno(err, "drop supplementary groups");
        return false;
    }
    return stays_root || identity_become(account.uid, account.gid, err);
}
