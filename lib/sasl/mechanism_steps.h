/* The mechanisms' own functions, one file a family. */
#ifndef BUZON_LIB_SASL_MECHANISM_STEPS_H
#define BUZON_LIB_SASL_MECHANISM_STEPS_H

#include "lib/sasl/mechanism.h"

typedef enum sasl_step sasl_advancer(struct sasl_exchange *exchange, struct span response,
                                     struct span *challenge_r);
typedef enum sasl_step sasl_supplier(struct sasl_exchange *exchange,
                                     const struct sasl_secret *secret, struct span *challenge_r);

struct sasl_mechanism {
    const char *name;
    unsigned traits;
    sasl_advancer *advance;
    sasl_supplier *supply; /* NULL: wants no secret */
    const char *variant;   /* the digest of SCRAM */
};

sasl_advancer sasl_advance_cram_md5, sasl_advance_oauthbearer, sasl_advance_scram,
    sasl_advance_xoauth2;
sasl_supplier sasl_supply_cram_md5, sasl_supply_scram;

/* sasl_take_user - a user name is text without NUL and not empty; false: it is not */
bool sasl_take_user(struct sasl_exchange *exchange, struct span user) MUST_CHECK;

/* sasl_decode_name - a saslname of RFC 5802 section 5.1, not empty; the arena's. false: it is none */
bool sasl_decode_name(struct arena *arena, struct span name, const char **name_r) MUST_CHECK;

/* sasl_nonce - printable random text without comma, in the arena */
const char *sasl_nonce(struct arena *arena);

#endif
