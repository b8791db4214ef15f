/* What the files of passdb share; nobody else includes this. */
#ifndef BUZON_AUTH_PASSDB_PRIVATE_H
#define BUZON_AUTH_PASSDB_PRIVATE_H

#include "auth/passdb.h"

#include "auth/database.h"
#include "auth/secret.h"

struct database_list {
    struct database **items;
    size_t count;
};

struct passdb_chain {
    const struct config *config;
    struct mailbox_finder *finder;
    struct oauth *oauth; /* NULL: no tokens */
    struct database_list users, masters;
    struct secret_key key;
    char *sample; /* what is stored for the user who was found last */
};

struct verdict {
    enum check_outcome outcome;
    enum check_refusal refusal;
    bool is_known; /* this database has such a user, or may have */
    bool is_final; /* no other database is asked: he is not wanted */
    bool has_entry;
    bool may_change; /* it depends on where he comes from, or on anything: PAM was asked */
    const char *reason;
    struct passwd_entry entry;
};

/* passdb_judge - what the databases of a list say, up to the one that decides; it is logged */
struct verdict passdb_judge(struct passdb_chain *chain, const struct database_list *list,
                            const struct question *question, struct arena *arena);
/* passdb_set_sample - what is stored for somebody, to work on when nobody is found */
void passdb_set_sample(struct passdb_chain *chain, const char *password);
/* passdb_log - why not; `kind` is who says so */
void passdb_log(const struct passdb_chain *chain, const char *kind, const struct question *question,
                enum check_outcome outcome, const char *reason);

#endif
