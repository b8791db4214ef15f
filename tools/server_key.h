/*
 * Private keys of servers with what is made from them: certificates that they sign themselves, requests for
 * those of an authority, and the digests that DANE publishes. Sources: RFC 5280, RFC 2986, RFC 7671.
 */
#ifndef BUZON_TOOLS_SERVER_KEY_H
#define BUZON_TOOLS_SERVER_KEY_H

#include "lib/base/buf.h"

#define SERVER_KEY_DIGEST_LEN 64 /* hexadecimal digits */

struct server_key;

/* server_key_create - `algorithm` "rsa" with the number of bits, or "ecdsa" with the name of a curve;
 * `size` NULL: 2048, prime256v1 */
struct server_key *server_key_create(const char *algorithm, const char *size,
                                     struct error *err) MUST_CHECK;
/* server_key_read - from a PEM file, which may hold certificates too */
struct server_key *server_key_read(const char *path, struct error *err) MUST_CHECK;
void server_key_free(struct server_key **key);

/* server_key_algorithm - "rsa" or "ecdsa" */
const char *server_key_algorithm(const struct server_key *key);
/* server_key_matches - the first certificate in a PEM file is for this key */
bool server_key_matches(const struct server_key *key, const char *path,
                        struct error *err) MUST_CHECK;
/* server_key_digest - SHA-256 of the public key: TLSA 3 1 1 */
bool server_key_digest(const struct server_key *key, char hex[SERVER_KEY_DIGEST_LEN + 1],
                       struct error *err) MUST_CHECK;

/* The following append PEM. `names` are host names, at least one, ended by NULL. */
bool server_key_write(const struct server_key *key, struct buf *pem, struct error *err) MUST_CHECK;
/* server_key_certify - a certificate for a hundred years; its common name is the first name */
bool server_key_certify(const struct server_key *key, char *const *names, struct buf *pem,
                        struct error *err) MUST_CHECK;
bool server_key_request(const struct server_key *key, char *const *names, struct buf *pem,
                        struct error *err) MUST_CHECK;

#endif
