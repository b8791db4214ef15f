/*
 * Password databases: auth_passdb names them, they are asked in order, and the first that knows the user
 * decides. What a question finds out is everything that a session needs: who it is and where the mailbox
 * is. All of this may block (slow hashes, PAM, databases on other hosts): it is for workers.
 */
#ifndef BUZON_AUTH_PASSDB_H
#define BUZON_AUTH_PASSDB_H

#include "lib/delivery/mailbox.h"
#include "lib/sasl/mechanism.h"

enum question_kind {
    ASK_PASSWORD, /* is this the user's password? */
    ASK_SECRET,   /* what is stored, for a mechanism that proves knowledge of the password */
    ASK_TOKEN,    /* whose is this bearer token? */
    ASK_ACCOUNT,  /* no password: the channel has said who it is */
};

/* Everything is borrowed; texts are never NULL. */
struct question {
    enum question_kind kind;
    const char *user; /* normalised; TOKEN: "" when only the token says it */
    const char
        *act_as; /* normalised: whose mailbox it shall be; "" his own. Only master users may. */
    struct span password; /* PASSWORD, TOKEN */
    const char *wanted;   /* SECRET: as struct sasl_exchange has it */
    const char *protocol, *remote_address, *session;
};

enum check_outcome {
    CHECK_PASSED,
    CHECK_FAILED,      /* wrong password, no such user, no mailbox: the client is told no more */
    CHECK_UNAVAILABLE, /* a database or table could not answer */
};

/* Why somebody whose password is right does not get in: the client is told. */
enum check_refusal { REFUSED_NOT, REFUSED_DISABLED, REFUSED_EXPIRED };

struct check_result {
    enum check_outcome outcome;
    enum check_refusal refusal; /* FAILED */
    const char *reason;         /* for the log: "Password mismatch", "unknown user", ... */
    const char *explanation;    /* for the client, with DISABLED; "" */
    const char *user;           /* whose mailbox it is */
    bool is_master;             /* a master user acts as him */
    bool may_cache;             /* the same question has the same answer for a while */
    struct mailbox_place place; /* PASSED */
    struct sasl_secret
        secret; /* SECRET: always filled; outcome and place are what follows a proof */
};

struct passdb_chain;

/* passdb_open - PERMANENT: a parameter names what we do not know, or a file that cannot be read. `salts` is copied. */
struct secret_key;
struct passdb_chain *passdb_open(const struct config *config, const struct secret_key *salts,
                                 struct error *err) MUST_CHECK;

/* passdb_reopen - the same databases once more, for another process; the old chain stays */
struct passdb_chain *passdb_reopen(const struct passdb_chain *chain, struct error *err) MUST_CHECK;

/* passdb_ask - look, log what is wrong, find the mailbox; texts of the result are the arena's */
struct check_result passdb_ask(struct passdb_chain *chain, struct arena *arena,
                               const struct question *question);

/* passdb_changed - since the last call a database became another one: what it answered may be wrong */
bool passdb_changed(struct passdb_chain *chain);

#endif
