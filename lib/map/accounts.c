/*
 * unix:passwd.byname and unix:group.byname: the system's accounts, as lines of passwd(5) and
 * group(5). An account that is not there and a directory service that does not answer are different
 * things; the C library tells them apart.
 */
#include "lib/map/map_type.h"

#include <grp.h>
#include <pwd.h>

#define ENTRY_MAX (1024U * 1024) /* octets of one entry: groups have many members */

union entry {
    struct passwd passwd;
    struct group group;
};

struct accounts {
    const char *name; /* "passwd.byname" */
    const char *what; /* "user" */
    /* ask - the C library's number; *found_r tells whether there is such an entry */
    int (*ask)(const char *name, union entry *entry, char *memory, size_t size, bool *found_r);
    bool (*put)(const union entry *entry, struct buf *value_r);
};

static int ask_passwd(const char *name, union entry *entry, char *memory, size_t size,
                      bool *found_r)
{
    struct passwd *found = NULL;
    int failure = getpwnam_r(name, &entry->passwd, memory, size, &found);

    *found_r = found != NULL;
    return failure;
}

static int ask_group(const char *name, union entry *entry, char *memory, size_t size, bool *found_r)
{
    struct group *found = NULL;
    int failure = getgrnam_r(name, &entry->group, memory, size, &found);

    *found_r = found != NULL;
    return failure;
}

static bool put_passwd(const union entry *entry, struct buf *value_r)
{
    const struct passwd *passwd = &entry->passwd;

    return buf_printf(value_r, "%s:%s:%lu:%lu:%s:%s:%s", passwd->pw_name, passwd->pw_passwd,
                      (unsigned long)passwd->pw_uid, (unsigned long)passwd->pw_gid,
                      passwd->pw_gecos, passwd->pw_dir, passwd->pw_shell);
}

static bool put_group(const union entry *entry, struct buf *value_r)
{
    const struct group *group = &entry->group;
    bool done = buf_printf(value_r, "%s:%s:%lu:", group->gr_name, group->gr_passwd,
                           (unsigned long)group->gr_gid);

    for (size_t i = 0; done && group->gr_mem[i] != NULL; i++)
        done = buf_printf(value_r, "%s%s", i == 0 ? "" : ",", group->gr_mem[i]);
    return done;
}

static const struct accounts databases[] = {
    {"passwd.byname", "user",  ask_passwd, put_passwd},
    {"group.byname",  "group", ask_group,  put_group },
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

static void *open_accounts(const struct config *config UNUSED, const char *name, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LENGTH(databases); i++) {
        if (strcmp(name, databases[i].name) == 0) {
            struct accounts *copy = mem_new(struct accounts);

            *copy = databases[i];
            return copy;
        }
    }
    error_set(err, ERROR_TEMPORARY, "unknown table: unix:%s", name);
    return NULL;
}

/* With more memory each time, as long as the entry does not fit. */
static enum map_result lookup(void *table, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    const struct accounts *accounts = table;
    union entry entry;
    char *memory = NULL;
    bool found;
    int failure;
    enum map_result result = MAP_FOUND;

    for (size_t size = 4096;; size *= 2) {
        memory = mem_resize(memory, size, 1);
        failure = accounts->ask(key.data, &entry, memory, size, &found);
        if (failure != ERANGE || size >= ENTRY_MAX)
            break;
    }
    if (!found) {
        result = explain(failure, accounts->what, key.data, err);
    } else if (!accounts->put(&entry, value_r)) {
        error_set(err, ERROR_TEMPORARY, "the entry of %s is too long", key.data);
        result = MAP_UNAVAILABLE;
    }
    mem_free(memory);
    return result;
}

static void close_accounts(void *table)
{
    mem_free(table);
}

const struct map_type map_type_unix = {
    .name = "unix",
    .traits = MAP_FILES | MAP_SERVER,
    .open = open_accounts,
    .lookup = lookup,
    .close = close_accounts,
};
