/*
 * What a database knows of a user: the fields of Dovecot's passwd-file behind the name. A table answers with
 * the same fields: password:uid:gid:gecos:home:shell:extra fields.
 */
#ifndef BUZON_AUTH_ENTRY_H
#define BUZON_AUTH_ENTRY_H

#include "lib/base/base.h"

/* Texts are never NULL; "" where nothing is said. */
struct passwd_entry {
    const char *password;  /* "{SCHEME}data"; "" means that nobody can log in by it */
    const char *uid, *gid; /* numbers or names */
    const char *home;
    const char *mail;        /* userdb_mail: where the mailbox is, as Dovecot's mail_location */
    const char *quota_rule;  /* userdb_quota_rule, for such a mailbox */
    const char *user;        /* user: the name that he has from here on */
    const char *allow_nets;  /* networks from which he may come */
    const char *reason;      /* for the client, with nologin */
    bool nologin;            /* the account is closed */
    bool nopassword;         /* any password is right */
    const char *unsupported; /* a field that we cannot do what it says: nobody gets in by it */
};

/* passwd_entry_parse - the fields behind the name, in the arena; what is missing is "" */
void passwd_entry_parse(struct arena *arena, struct span fields, struct passwd_entry *entry_r);

/* passwd_entry_copy - its texts are the arena's from here on */
void passwd_entry_copy(struct arena *arena, struct passwd_entry *entry);

#endif
