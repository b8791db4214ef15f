/*
 * Stored passwords, in the forms that Dovecot's passwd-files and SQL tables hold: "{SCHEME}data",
 * "{SCHEME.b64}data", "{SCHEME.hex}data"; without a scheme, crypt(3) decides. Source: Dovecot's
 * password schemes, crypt(5).
 */
#ifndef BUZON_LIB_SASL_PASSWORD_H
#define BUZON_LIB_SASL_PASSWORD_H

#include "lib/base/base.h"

enum password_result {
    PASSWORD_MATCHES,
    PASSWORD_MISMATCH,
    PASSWORD_UNUSABLE, /* unknown scheme or broken data: *err says which; nobody gets in by it */
};

/* password_check - compares in constant time; `stored` and `given` are borrowed */
enum password_result password_check(const char *stored, struct span given,
                                    struct error *err) MUST_CHECK;

/* password_is_cheap - checking it takes microseconds, not milliseconds (no crypt(3)) */
bool password_is_cheap(const char *stored);

#endif
