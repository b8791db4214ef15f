/*
 * unix:passwd.byname and unix:group.byname: the system's accounts, as lines of passwd(5) and
 * group(5). An account that is not there and a directory service that does not answer are different
 * things; the C library tells them apart.
 */
#include "lib/map/map_type.h"

#include <grp.h>
#include <pwd.h>

#define ENTRY_MAX (1024U * 1024) /* octets of one entry: groups have many members */

struct accounts {
    enum map_result (*find)(const char *name, struct buf *value_r, struct error *err);
};

/* What the C library's numbers mean: several of them are ways to say that there is no such name. */
static enum map_result explain(int failure, const char *what, const char *name, struct error *err)
{
    if (failure == 0 || failure == ENOENT || failure == ESRCH || failure == EBADF ||
        failure == EPERM)
        return MAP_ABSENT;
    errno = failure;
    error_errno(err, "look up %s %s", what, name);
    return MAP_UNAVAILABLE;
}

static bool put_passwd(const struct passwd *entry, struct buf *value_r)
{
    return buf_printf(value_r, "%s:%s:%lu:%lu:%s:%s:%s", entry->pw_name, entry->pw_passwd,
                      (unsigned long)entry->pw_uid, (unsigned long)entry->pw_gid, entry->pw_gecos,
                      entry->pw_dir, entry->pw_shell);
}

static bool put_group(const struct group *entry, struct buf *value_r)
{
    bool done = buf_printf(value_r, "%s:%s:%lu:", entry->gr_name, entry->gr_passwd,
                           (unsigned long)entry->gr_gid);

    for (size_t i = 0; done && entry->gr_mem[i] != NULL; i++)
        done = buf_printf(value_r, "%s%s", i == 0 ? "" : ",", entry->gr_mem[i]);
    return done;
}

static enum map_result too_long(const char *name, struct error *err)
{
    error_set(err, ERROR_TEMPORARY, "the entry of %s is too long", name);
    return MAP_UNAVAILABLE;
}

static enum map_result find_passwd(const char *name, struct buf *value_r, struct error *err)
{
    struct passwd entry;
    struct passwd *found = NULL;
    size_t size = 4096;
    char *memory = NULL;
    int failure;
    enum map_result result;

    do {
        memory = mem_resize(memory, size, 1);
        failure = getpwnam_r(name, &entry, memory, size, &found);
        size *= 2;
    } while (failure == ERANGE && size <= ENTRY_MAX);
    if (found == NULL)
        result = explain(failure, "user", name, err);
    else
        result = put_passwd(found, value_r) ? MAP_FOUND : too_long(name, err);
    mem_free(memory);
    return result;
}

static enum map_result find_group(const char *name, struct buf *value_r, struct error *err)
{
    struct group entry;
    struct group *found = NULL;
    size_t size = 4096;
    char *memory = NULL;
    int failure;
    enum map_result result;

    do {
        memory = mem_resize(memory, size, 1);
        failure = getgrnam_r(name, &entry, memory, size, &found);
        size *= 2;
    } while (failure == ERANGE && size <= ENTRY_MAX);
    if (found == NULL)
        result = explain(failure, "group", name, err);
    else
        result = put_group(found, value_r) ? MAP_FOUND : too_long(name, err);
    mem_free(memory);
    return result;
}

static void *open_accounts(const struct config *config UNUSED, const char *name, struct error *err)
{
    struct accounts accounts = {NULL};
    struct accounts *copy;

    if (strcmp(name, "passwd.byname") == 0)
        accounts.find = find_passwd;
    else if (strcmp(name, "group.byname") == 0)
        accounts.find = find_group;
    if (accounts.find == NULL) {
        error_set(err, ERROR_TEMPORARY, "unknown table: unix:%s", name);
        return NULL;
    }
    copy = mem_new(struct accounts);
    *copy = accounts;
    return copy;
}

static enum map_result lookup(void *table, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    const struct accounts *accounts = table;

    return accounts->find(key.data, value_r, err);
}

static void close_accounts(void *table)
{
    mem_free(table);
}

const struct map_type map_type_unix = {
    .name = "unix",
    .traits = MAP_FILES,
    .open = open_accounts,
    .lookup = lookup,
    .close = close_accounts,
};
