/* One password database of auth_passdb or auth_master_passdb. All of this may block: it is for workers. */
#ifndef BUZON_AUTH_DATABASE_H
#define BUZON_AUTH_DATABASE_H

#include "auth/entry.h"
#include "lib/config/config.h"
#include "lib/map/map.h"

struct database;

/*
 * database_open - "passwd-file:/path", "map:type:name", "pam", "pam:service",
 * "ldap:/path" (ldap_password.h); "deny:" before the first two: a
 * list of those who may not log in
 *
 * PERMANENT: not such a name, or a passwd-file that cannot be read. A table that cannot be opened is open:
 * it answers UNAVAILABLE.
 */
struct database *database_open(const struct config *config, const char *name,
                               struct error *err) MUST_CHECK;
void database_free(struct database **database);

const char *database_kind(
    const struct database *database); /* for the log: "passwd-file", "hash", "pam", "ldap" */
bool database_is_deny(const struct database *database);
/* database_only_checks - PAM and directories that are asked by a bind have no entries for us */
bool database_only_checks(const struct database *database);
/* database_may_change - its answers depend on what we do not know: they are not kept */
bool database_may_change(const struct database *database);

enum database_answer {
    DATABASE_PASSED,
    DATABASE_FAILED, /* a wrong password, or a user whom PAM does not tell from one */
    DATABASE_UNKNOWN_USER,
    DATABASE_EXPIRED,
    DATABASE_UNAVAILABLE,
};

/* database_check - for one that only checks; *reason_r is for the log, the arena's */
enum database_answer database_check(struct database *database, const char *user,
                                    struct span password, const char *remote_address,
                                    struct arena *arena, const char **reason_r);

/* database_find - an entry by name, in the arena; for one that has entries */
enum map_result database_find(struct database *database, const char *user, struct arena *arena,
                              struct passwd_entry *entry_r, struct error *err) MUST_CHECK;

/* database_sample - what is stored for some user, borrowed for now; NULL: it cannot be gone through, or has none */
const char *database_sample(const struct database *database);

/* database_changed - since the last call its file became another one */
bool database_changed(struct database *database);
/* database_refresh - a table whose file changed is opened anew */
void database_refresh(struct database *database);

#endif
