/* Taking a user's identity for a delivery, and for good. */
#include "lib/base/base.h"

#include "lib/base/log.h"
#include "lib/service/process.h"

#include <grp.h>
#include <unistd.h>

static bool is_ours(uid_t uid, struct error *err)
{
    if (uid == getuid())
        return true;
    error_set(err, ERROR_PERMANENT, "cannot act as uid %lu: this instance runs as uid %lu alone",
              (unsigned long)uid, (unsigned long)getuid());
    return false;
}

/* Delivery after delivery to virtual mailboxes has none: they are given up once. */
static bool drop_groups(void)
{
    if (!service_process.has_no_groups && setgroups(0, NULL) == 0)
        service_process.has_no_groups = true;
    return service_process.has_no_groups;
}

static bool take_named_groups(const char *user, gid_t gid)
{
    service_process.has_no_groups = false;
    return initgroups(user, gid) == 0;
}

static bool take_groups(const char *user, gid_t gid, struct error *err)
{
    if (user == NULL ? drop_groups() : take_named_groups(user, gid))
        return true;
    error_errno(err, "take the groups of %s", user == NULL ? "nobody" : user);
    err->kind = ERROR_TEMPORARY;
    return false;
}

bool service_become(const char *user, uid_t uid, gid_t gid, struct error *err)
{
    if (!service_process.instance.privileged)
        return is_ours(uid, err);
    if (!take_groups(user, gid, err))
        return false;
    if (setegid(gid) == 0 && seteuid(uid) == 0)
        return true;
    error_errno(err, "act as uid %lu, gid %lu", (unsigned long)uid, (unsigned long)gid);
    err->kind = ERROR_TEMPORARY;
    service_return();
    return false;
}

/* A process that cannot come back would serve the next user with this one's rights. */
void service_return(void)
{
    if (!service_process.instance.privileged)
        return;
    if (seteuid(0) != 0 || setegid(0) != 0 || !drop_groups())
        log_fatal("cannot give a user's identity back: %m");
}

/*
 * What the processes of a service have in common: by the sockets, a process that a user has taken over could accept
 * the clients of others, tickets and all, and close them to everybody; by the scoreboard, say that somebody is free.
 */
static void leave_service(void)
{
    unsigned sockets = service_process.options.sockets;

    service_process.options.sockets = 0; /* first: a signal handler has a use for them */
    for (unsigned i = 0; i < sockets; i++)
        (void)close(service_listen_fd(i));
    scoreboard_detach(&service_process.board);
}

static bool become(const char *user, uid_t uid, gid_t gid, struct error *err)
{
    if (uid == 0) {
        error_set(err, ERROR_PERMANENT, "nothing is run for a user with root's uid");
        return false;
    }
    if (!service_process.instance.privileged)
        return is_ours(uid, err);
    return take_groups(user, gid, err) && identity_become(uid, gid, err);
}

bool service_become_forever(const char *user, uid_t uid, gid_t gid, struct error *err)
{
    bool done = become(user, uid, gid, err);

    if (done)
        leave_service();
    return done;
}
