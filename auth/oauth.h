/*
 * Bearer tokens of OAUTHBEARER and XOAUTH2: JSON Web Tokens checked with keys of auth_oauth2_keys, others asked
 * for at auth_oauth2_introspection (RFC 7662). Sources: RFC 7519, RFC 7515, RFC 7517, RFC 9068.
 */
#ifndef BUZON_AUTH_OAUTH_H
#define BUZON_AUTH_OAUTH_H

#include "auth/passdb.h"

struct oauth;

/* oauth_open - *oauth_r is NULL when neither parameter is set; PERMANENT: the keys cannot be read */
bool oauth_open(const struct config *config, struct oauth **oauth_r, struct error *err) MUST_CHECK;

/* oauth_check - PASSED: *user_r is the token's user, not normalised, the arena's; else *err says why. Blocks
 * while it asks. */
enum check_outcome oauth_check(struct oauth *oauth, struct span token, struct arena *arena,
                               const char **user_r, struct error *err) MUST_CHECK;

#endif
