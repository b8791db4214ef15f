/*
 * What SCRAM and CRAM-MD5 need of a stored password; and for users who do not exist, something that looks like it
 * and costs the same to find, so that nobody learns which names exist.
 */
#ifndef BUZON_AUTH_SECRET_H
#define BUZON_AUTH_SECRET_H

#include "lib/sasl/mechanism.h"

/* A key of auth, the same in all its workers and after it was started again: of salts that are always the same for
 * a name. Where those of real users never change, others must not either. */
struct secret_key {
    unsigned char octets[32];
};

/* secret_read - of what is stored for the user; false: it does not have it
 *
 *  wanted  as struct sasl_exchange has it
 */
bool secret_read(const struct secret_key *key, const char *stored, const char *wanted,
                 const char *user, struct sasl_secret *secret_r) MUST_CHECK;

/* secret_invent - one that nobody can prove; `sample` is what is stored for somebody else */
void secret_invent(const struct secret_key *key, const char *sample, const char *wanted,
                   const char *user, struct sasl_secret *secret_r);

#endif
