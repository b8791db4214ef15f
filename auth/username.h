/* Login names: what is acceptable, how they are normalised, and "user*master". */
#ifndef BUZON_AUTH_USERNAME_H
#define BUZON_AUTH_USERNAME_H

#include "lib/base/buf.h"
#include "lib/config/config.h"

/* username_normalise - in the spelling of RFC 4013, with auth_default_realm, auth_username_chars and auth_username_format; arena's. NULL:
 * not acceptable at all */
const char *username_normalise(const struct config *config, struct arena *arena, const char *user);

/*
 * username_split_master - "user*master" by auth_master_user_separator
 *
 * True: *user_r is whose mailbox it is, *master_r who logs in; the arena's, not normalised.
 */
bool username_split_master(const struct config *config, struct arena *arena, const char *name,
                           const char **user_r, const char **master_r);

/* What %-variables in settings of auth stand for. */
struct username_variables {
    const char *user;     /* %u, %n, %d */
    const char *protocol; /* %s */
    const char *remote;   /* %r */
    const char *home;     /* %h; NULL: not known yet */
    bool *names_remote;   /* becomes true when %r is asked for; may be NULL */
};

/* username_expand - a template such as "/srv/mail/%d/%n"; arena's, NULL and *err: PERMANENT */
const char *username_expand(const char *format, const struct username_variables *variables,
                            struct arena *arena, struct error *err);

/* username_check_settings - templates and formats are right; PERMANENT */
bool username_check_settings(const struct config *config, struct error *err) MUST_CHECK;

#endif
