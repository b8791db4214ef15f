/* The accounts and groups that an instance is made of. */
#include "lib/base/base.h"

#include "lib/service/account.h"

#include <grp.h>
#include <pwd.h>

/* errno is 0 or one of these where the system answered that there is no such name: getpwnam(3). */
static void report_missing(const char *what, const char *name, struct error *err)
{
    if (errno == 0 || errno == ENOENT || errno == ESRCH || errno == EBADF || errno == EPERM)
        error_set(err, ERROR_PERMANENT, "there is no %s \"%s\"", what, name);
    else
        error_errno(err, "look up the %s \"%s\"", what, name);
}

bool account_find(const char *name, struct account *account_r, struct error *err)
{
    const struct passwd *entry;

    errno = 0;
    entry = getpwnam(name);
    if (entry == NULL) {
        report_missing("account", name, err);
        return false;
    }
    if (entry->pw_uid == 0) {
        error_set(err, ERROR_PERMANENT, "the account \"%s\" has root's uid", name);
        return false;
    }
    *account_r = (struct account){entry->pw_uid, entry->pw_gid};
    return true;
}

bool account_find_group(const char *name, gid_t *gid_r, struct error *err)
{
    const struct group *entry;

    errno = 0;
    entry = getgrnam(name);
    if (entry == NULL) {
        report_missing("group", name, err);
        return false;
    }
    *gid_r = entry->gr_gid;
    return true;
}
