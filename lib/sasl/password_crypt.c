/* crypt(3) with all that libxcrypt knows, and Argon2 by its own library. */
#include "lib/base/base.h"

#include "lib/sasl/password_scheme.h"

#include <argon2.h>
#include <crypt.h>
#include <openssl/crypto.h>

enum password_result password_check_crypt(const struct password_attempt *attempt, struct error *err)
{
    const struct span given = attempt->given;
    struct crypt_data *work;
    char *password;
    const char *computed;
    enum password_result result;

    if (memchr(given.data, '\0', given.len) != NULL)
        return PASSWORD_MISMATCH; /* crypt(3) would see only what stands before the NUL */
    work = mem_new(struct crypt_data);
    password = mem_span(given);
    computed = crypt_rn(password, attempt->data, work, sizeof(*work));
    if (computed == NULL || computed[0] == '*')
        result = given.len >= CRYPT_MAX_PASSPHRASE_SIZE ? PASSWORD_MISMATCH
                                                        : password_unusable(attempt, err);
    else
        result = password_compare(attempt->data, strlen(attempt->data), computed, strlen(computed));
    OPENSSL_cleanse(password, given.len);
    OPENSSL_cleanse(work, sizeof(*work));
    mem_free(password);
    mem_free(work);
    return result;
}

enum password_result password_check_argon2(const struct password_attempt *attempt,
                                           struct error *err)
{
    const bool is_hybrid = strcmp(attempt->scheme, "ARGON2ID") == 0;

    switch (argon2_verify(attempt->data, attempt->given.data, attempt->given.len,
                          is_hybrid ? Argon2_id : Argon2_i)) {
    case ARGON2_OK:
        return PASSWORD_MATCHES;
    case ARGON2_VERIFY_MISMATCH:
        return PASSWORD_MISMATCH;
    default:
        return password_unusable(attempt, err);
    }
}
