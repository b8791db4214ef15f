/*
 * How a session daemon (imapd, pop3d) comes to its session: the client from login, the account from auth,
 * and the account's identity for good. The same three steps for both, in the only order that is safe.
 */
#ifndef BUZON_LIB_SASL_SESSION_H
#define BUZON_LIB_SASL_SESSION_H

#include "lib/sasl/parking.h"

struct session {
    struct session_handover handover; /* client is the daemon's to close; no ticket when resumed */
    struct auth_account account;
    bool is_resumed;
    struct parking_resume resume; /* what it was before; client is handover.client */
};

/* What a daemon that serves one session after another keeps between them. */
struct session_host {
    struct connection *auth; /* which gives it accounts with its own ids only */
    bool has_ids;
    uid_t uid;
    gid_t gid;
};

/*
 * session_take - from the connection of login
 *
 * True: the process has become the account (service_become_forever), no file was opened before, and
 * the client is ours. False: *err says why (ERROR_NONE: login hung up); the client is still login's,
 * who tells it. A ticket is void when login's connection to auth ends: hence login is told last.
 * Texts are the arena's.
 */
bool session_take(struct connection *login, struct arena *arena, struct session *session_r,
                  struct error *err) MUST_CHECK;

/* session_take_next - likewise, a new session or a parked one; after the first, all accounts must have
 * the ids that the process has by then */
bool session_take_next(struct session_host *host, struct connection *login, struct arena *arena,
                       struct session *session_r, struct error *err) MUST_CHECK;

#endif
