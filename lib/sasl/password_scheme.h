/* What the files of password schemes share: a scheme's row, its decoded data, comparing. */
#ifndef BUZON_LIB_SASL_PASSWORD_SCHEME_H
#define BUZON_LIB_SASL_PASSWORD_SCHEME_H

#include "lib/sasl/password.h"

#define PASSWORD_MAX 4096 /* octets of a password or of stored data */

enum password_encoding { ENCODING_NONE, ENCODING_BASE64, ENCODING_HEX };

struct password_attempt {
    const char *scheme; /* its name */
    const char *digest; /* OpenSSL's name of it, where the scheme has one */
    const char *user;
    const char *data; /* behind the scheme's name, not decoded */
    enum password_encoding encoding;
    struct span given;
};

typedef enum password_result password_checker(const struct password_attempt *attempt,
                                              struct error *err);

password_checker password_check_plain, password_check_crypt, password_check_digest,
    password_check_salted, password_check_md5, password_check_md4, password_check_pbkdf2,
    password_check_scram, password_check_argon2, password_check_cram_md5, password_check_digest_md5,
    password_check_otp;

/* password_decode - the data's octets; false: too long, or not that encoding. password_decode_hex
 * does it with any text. */
bool password_decode(const struct password_attempt *attempt, unsigned char *octets, size_t size,
                     size_t *len_r) MUST_CHECK;
bool password_decode_hex(struct span text, unsigned char *octets, size_t size,
                         size_t *len_r) MUST_CHECK;
bool password_decode_base64(struct span text, unsigned char *octets, size_t size,
                            size_t *len_r) MUST_CHECK;

enum password_result password_compare(const void *expected, size_t expected_len,
                                      const void *computed, size_t computed_len);
enum password_result password_unusable(const struct password_attempt *attempt, struct error *err);

/* password_split - "{SCHEME.encoding}data": fills scheme, digest, data, encoding; the row's checker, or
 * NULL and *err */
password_checker *password_split(const char *stored, struct password_attempt *attempt_r,
                                 struct error *err);

#endif
