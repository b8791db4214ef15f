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

/* What became of a session, and what login has to hear of it. */
enum session_end {
    SESSION_ENDED,      /* nothing yet: it is told now */
    SESSION_PARKED,     /* it has been told */
    SESSION_LOST_LOGIN, /* it does not listen any more */
};

struct session_work {
    bool may_park; /* sessions get a pass */
    int idle_s;    /* how long to wait for the next session */
    int max_use;   /* how many of them; 0: any number */
    /* One session. Its client is taken, its texts live as long as it; `login` is borrowed. */
    enum session_end (*run)(struct session *session, struct connection *login, const void *context);
    const void *context;
};

/*
 * session_serve - the sessions that one login hands over, one after another, with the same ids
 *
 * The process becomes the first one's account (service_become_forever), before any file is opened, and
 * then does not return. Until it has become that, the client is still login's, who tells it; true or
 * false with *err are then as service.serve wants them. A ticket is void when login's connection to auth
 * ends: hence login is told last.
 */
bool session_serve(struct connection *login, const struct session_work *work,
                   struct error *err) MUST_CHECK;

#endif
