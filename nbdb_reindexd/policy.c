/* Names, owners and permissions (nbdb_reindexd/policy.h). */
#include "nbdb_reindexd/policy.h"

#include "lib/base/log.h"
#include "lib/base/strlist.h"

#define SEPARATORS ", \t\r\n"

bool policy_is_plain(const char *path)
{
    struct span rest = span_text(path);

    if (span_take_until(&rest, '/').len != 0 || rest.len == 0)
        return false;
    while (rest.len > 0) {
        struct span part = span_take_until(&rest, '/');

        if (part.len == 0 || span_equal_text(part, ".") || span_equal_text(part, ".."))
            return false;
    }
    return path[strlen(path) - 1] != '/';
}

static struct span without_slashes(const char *directory)
{
    struct span name = span_text(directory);

    while (name.len > 0 && name.data[name.len - 1] == '/')
        name.len--;
    return name;
}

bool policy_is_below(const char *directories, const char *path)
{
    struct strlist list = STRLIST_EMPTY;
    bool below = false;

    strlist_split(&list, directories, SEPARATORS);
    for (size_t i = 0; i < list.count && !below; i++) {
        struct span directory = without_slashes(list.items[i]);

        if (list.items[i][0] != '/')
            log_warning("request to allowlist prefix with relative pathname: '%s'", list.items[i]);
        else
            below = strncmp(path, directory.data, directory.len) == 0 && path[directory.len] == '/';
    }
    strlist_release(&list);
    return below;
}

bool policy_is_safe(const struct stat *status, uid_t uid)
{
    return (status->st_uid == 0 || status->st_uid == uid) &&
           (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}
