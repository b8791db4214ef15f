/*
 * Passwords that a directory checks: the entry of a user is found, or its name made by a template, and the password
 * is right when the server takes a bind with both. The settings are those of an ldap table (ldap_table(5)), and
 * `auth_bind_dn`. Source: RFC 4513 section 5.1.3; Dovecot's passdb "ldap" with auth_bind.
 */
#ifndef BUZON_LIB_MAP_LDAP_PASSWORD_H
#define BUZON_LIB_MAP_LDAP_PASSWORD_H

#include "lib/base/base.h"

struct config;
struct ldap_passwords;

enum ldap_password_result {
    LDAP_PASSWORD_RIGHT,
    LDAP_PASSWORD_WRONG,
    LDAP_PASSWORD_NOBODY, /* the search finds no entry */
    LDAP_PASSWORD_UNAVAILABLE,
};

/* ldap_passwords_open - by the file with the settings; PERMANENT: they are wrong, or there is no module */
struct ldap_passwords *ldap_passwords_open(const struct config *config, const char *path,
                                           struct error *err) MUST_CHECK;
void ldap_passwords_free(struct ldap_passwords **passwords);
/* ldap_passwords_changed - the file is another one than that which was read */
bool ldap_passwords_changed(const struct ldap_passwords *passwords);

/* ldap_password_check - blocks; an empty password is wrong (to a server it would be no name at all). With
 * UNAVAILABLE *err says why. */
enum ldap_password_result ldap_password_check(struct ldap_passwords *passwords, const char *user,
                                              struct span password, struct error *err);

#endif
