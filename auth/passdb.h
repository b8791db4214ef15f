/*
 * Password databases: auth_passdb names them, they are asked in order, and the first that knows the
 * user decides. What a check finds out is everything that a session needs: who it is and where the
 * mailbox is.
 */
#ifndef BUZON_AUTH_PASSDB_H
#define BUZON_AUTH_PASSDB_H

#include "lib/delivery/mailbox.h"

/* A name and a password that somebody sent; everything is borrowed. */
struct credentials {
    const char *user; /* normalised */
    struct span password;
    const char *protocol;
    const char *remote_address;
    const char *session;
};

enum check_outcome {
    CHECK_PASSED,
    CHECK_FAILED,      /* wrong password, no such user, no mailbox: the client is told no more */
    CHECK_UNAVAILABLE, /* a database or table could not answer */
    CHECK_WOULD_BLOCK, /* only with may_block false: ask again in a worker */
};

struct check_result {
    enum check_outcome outcome;
    const char *reason; /* for the log: "Password mismatch", "unknown user", ... */
    const char *user;
    struct mailbox_place place; /* PASSED */
};

struct passdb_chain;

/* passdb_open - PERMANENT: auth_passdb names what we do not know, or a file that cannot be read */
struct passdb_chain *passdb_open(const struct config *config, struct error *err) MUST_CHECK;

/*
 * passdb_check - ask the databases, log what is wrong, find the mailbox
 *
 *  may_block  false: answer CHECK_WOULD_BLOCK rather than compute a slow hash or wait for PAM
 *  arena      takes the texts of the result
 */
struct check_result passdb_check(struct passdb_chain *chain, struct arena *arena,
                                 const struct credentials *credentials, bool may_block);

/* passdb_normalise - the user name as auth_username_format wants it; NULL: not acceptable at all */
const char *passdb_normalise(const struct config *config, struct arena *arena, const char *user);

#endif
