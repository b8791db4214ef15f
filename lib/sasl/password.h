/*
 * Stored passwords, in the forms that Dovecot's passwd-files and SQL tables hold: "{SCHEME}data",
 * "{SCHEME.b64}data", "{SCHEME.hex}data"; without a scheme, crypt(3) decides. Source: Dovecot's
 * password schemes, crypt(5), RFC 2289 (OTP), RFC 2831 (DIGEST-MD5), RFC 5802 (SCRAM).
 */
#ifndef BUZON_LIB_SASL_PASSWORD_H
#define BUZON_LIB_SASL_PASSWORD_H

#include "lib/base/base.h"

#define SCRAM_KEY_MAX  32 /* octets of the longest digest: SHA-256 */
#define SCRAM_SALT_MAX 128
#define CRAM_MD5_LEN   32 /* the stored form: outer, then inner state of HMAC-MD5 */

enum password_result {
    PASSWORD_MATCHES,
    PASSWORD_MISMATCH,
    PASSWORD_UNUSABLE, /* unknown scheme or broken data: *err says which; nobody gets in by it */
};

/*
 * password_check - compares in constant time; everything is borrowed
 *
 *  user  whose password it is: DIGEST-MD5 has the name in its digest
 */
enum password_result password_check(const char *stored, const char *user, struct span given,
                                    struct error *err) MUST_CHECK;

/* What SCRAM needs of a password: RFC 5802 section 3. */
struct scram_secret {
    const char *digest; /* OpenSSL's name: "SHA1", "SHA256" */
    size_t key_len;     /* octets of the digest */
    uint64_t iterations;
    size_t salt_len;
    unsigned char salt[SCRAM_SALT_MAX];
    unsigned char stored_key[SCRAM_KEY_MAX], server_key[SCRAM_KEY_MAX];
};

/*
 * password_scram_secret - from {SCRAM-SHA-1} or {SCRAM-SHA-256}, or computed from plain text
 *
 *  digest  "SHA1" or "SHA256"
 *  salt    for plain text: the salt to use, 1 to SCRAM_SALT_MAX octets
 *
 * False: the stored form does not have it (another scheme, or broken data).
 */
bool password_scram_secret(const char *stored, const char *digest, struct span salt,
                           struct scram_secret *secret_r) MUST_CHECK;

/* password_cram_md5_secret - from {CRAM-MD5} or plain text; false: another scheme */
bool password_cram_md5_secret(const char *stored, unsigned char secret_r[CRAM_MD5_LEN]) MUST_CHECK;

/* password_cram_md5_digest - HMAC-MD5 of the challenge with such a secret: RFC 2195 */
void password_cram_md5_digest(const unsigned char secret[CRAM_MD5_LEN], struct span challenge,
                              unsigned char digest_r[16]);

#endif
