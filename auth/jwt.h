/* JSON Web Tokens: signature and times. RFC 7515 (the compact form), RFC 7518 section 3, RFC 7519. */
#ifndef BUZON_AUTH_JWT_H
#define BUZON_AUTH_JWT_H

#include "auth/jwks.h"

#include <jansson.h>

/* jwt_looks_like - three parts with dots between them; other tokens are somebody else's to understand */
bool jwt_looks_like(struct span token);

/*
 * jwt_verify - the claims of a token that one of the keys signed and whose time it is; the caller's to
 * json_decref
 *
 *  now  seconds since 1970
 *  err  PERMANENT: NULL, and why
 */
json_t *jwt_verify(struct span token, const struct jwks *jwks, int64_t now,
                   struct error *err) MUST_CHECK;

#endif
