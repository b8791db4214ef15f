/* The accounts and groups that an instance is made of. */
#ifndef BUZON_LIB_SERVICE_ACCOUNT_H
#define BUZON_LIB_SERVICE_ACCOUNT_H

#include "lib/base/base.h"

#include <sys/types.h>

struct account {
    uid_t uid;
    gid_t gid;
};

/* account_find - an account that is not root; PERMANENT when there is none of that name, TEMPORARY
 * when the name service does not answer */
bool account_find(const char *name, struct account *account_r, struct error *err) MUST_CHECK;
/* account_find_group - a group by name */
bool account_find_group(const char *name, gid_t *gid_r, struct error *err) MUST_CHECK;

#endif
