/* Keys that sign tokens, as a JSON Web Key Set: RFC 7517, RFC 7518 section 6, RFC 8037. */
#ifndef BUZON_AUTH_JWKS_H
#define BUZON_AUTH_JWKS_H

#include "lib/base/base.h"

#include <openssl/evp.h>

struct jwks_key {
    const char *id;        /* kid; "" when the key has none */
    const char *algorithm; /* alg: the only one that it is for; "" */
    EVP_PKEY *key;         /* RSA, EC or Ed25519; NULL: a shared secret */
    struct span secret;    /* of HMAC */
};

struct jwks {
    struct arena *arena;
    struct jwks_key *keys;
    size_t count;
};

/* jwks_parse - keys of kinds that we do not know are left out; MALFORMED: no JSON, or no key is left */
bool jwks_parse(struct span json, struct jwks *jwks_r, struct error *err) MUST_CHECK;
void jwks_release(struct jwks *jwks);

#endif
