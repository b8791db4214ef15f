/* Which tables are made at all: what can be said of names and of what fstat(2) tells. Source: nbdb_reindexd(8). */
#ifndef BUZON_NBDB_REINDEXD_POLICY_H
#define BUZON_NBDB_REINDEXD_POLICY_H

#include "lib/base/base.h"

#include <sys/stat.h>

/* policy_is_plain - an absolute path of a file without empty parts, "." and "..": it means what it says */
bool policy_is_plain(const char *path);

/* policy_is_below - a path below one of the directories of a list, which commas and white space separate; what is
 * no absolute path in the list is left out, with a warning */
bool policy_is_below(const char *directories, const char *path);

/* policy_is_safe - a file or directory that nobody can change but root and this user */
bool policy_is_safe(const struct stat *status, uid_t uid);

#endif
