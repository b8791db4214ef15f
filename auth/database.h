/* One password database of auth_passdb or auth_master_passdb. All of this may block: it is for workers. */
#ifndef BUZON_AUTH_DATABASE_H
#define BUZON_AUTH_DATABASE_H

#include "auth/entry.h"
#include "lib/config/config.h"
#include "lib/map/map.h"

struct database;

/*
 * database_open - "passwd-file:/path", "map:type:name", "pam", "pam:service"; "deny:" before the first two: a
 * list of those who may not log in
 *
 * PERMANENT: not such a name, or a passwd-file that cannot be read. A table that cannot be opened is open:
 * it answers UNAVAILABLE.
 */
struct database *database_open(const struct config *config, const char *name,
                               struct error *err) MUST_CHECK;
void database_free(struct database **database);

const char *
database_kind(const struct database *database); /* for the log: "passwd-file", "hash", "pam" */
bool database_is_deny(const struct database *database);
/* database_pam_service - NULL: it is not PAM. PAM has no entries, it only checks. */
const char *database_pam_service(const struct database *database);

/* database_find - an entry by name, in the arena; not for PAM */
enum map_result database_find(struct database *database, const char *user, struct arena *arena,
                              struct passwd_entry *entry_r, struct error *err) MUST_CHECK;

/* database_sample - what is stored for some user, borrowed for now; NULL: it cannot be gone through, or has none */
const char *database_sample(const struct database *database);

/* database_changed - since the last call its file became another one */
bool database_changed(struct database *database);
/* database_refresh - a table whose file changed is opened anew */
void database_refresh(struct database *database);

#endif
