/*
 * SASL mechanisms, the server's side: what to ask next, and at the end whose password it is. No I/O
 * and no password check here. Sources: RFC 4422, RFC 4616 (PLAIN), draft-murchison-sasl-login (LOGIN).
 */
#ifndef BUZON_LIB_SASL_MECHANISM_H
#define BUZON_LIB_SASL_MECHANISM_H

#include "lib/base/base.h"

struct sasl_mechanism;

enum sasl_step {
    SASL_STEP_CHALLENGE, /* *challenge_r is to be sent */
    SASL_STEP_PASSWORD,  /* user and password are there: check them */
    SASL_STEP_MALFORMED, /* the client's octets are wrong */
};

/* One exchange; texts are the arena's. */
struct sasl_exchange {
    const struct sasl_mechanism *mechanism;
    struct arena *arena;
    unsigned round;
    const char *authzid; /* whom to act as, "" for the user himself */
    const char *user;
    struct span password;
};

/* sasl_mechanism_find - by name without case; NULL: there is none */
const struct sasl_mechanism *sasl_mechanism_find(const char *name);
const char *sasl_mechanism_name(const struct sasl_mechanism *mechanism);

/*
 * sasl_advance - take the client's next response
 *
 *  response     decoded octets, borrowed; data NULL when the client sent no initial response
 *  challenge_r  borrowed for ever
 */
enum sasl_step sasl_advance(struct sasl_exchange *exchange, struct span response,
                            struct span *challenge_r);

#endif
