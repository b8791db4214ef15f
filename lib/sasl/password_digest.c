/* Digests, with and without salt. Base64 and hexadecimal are told apart by their length. */
#include "lib/base/base.h"

#include "lib/sasl/password_scheme.h"

#include <openssl/evp.h>

#define SALT_MAX 1024

static bool digest(const EVP_MD *method, struct span given, struct span salt,
                   unsigned char computed[EVP_MAX_MD_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool done = context != NULL && EVP_DigestInit_ex(context, method, NULL) == 1 &&
                EVP_DigestUpdate(context, given.data, given.len) == 1 &&
                EVP_DigestUpdate(context, salt.data, salt.len) == 1 &&
                EVP_DigestFinal_ex(context, computed, NULL) == 1;

    EVP_MD_CTX_free(context);
    return done;
}

/* The stored octets; a whole digest in hexadecimal is taken for that also where base64 is usual, and
 * the other way round, because both are found in the same tables. */
static bool decode_either(const struct password_attempt *attempt, size_t digest_len,
                          unsigned char *octets, size_t size, size_t *len_r)
{
    struct password_attempt as = *attempt;
    const size_t len = strlen(attempt->data);

    if (len == digest_len * 2)
        as.encoding = ENCODING_HEX;
    else if (len == (digest_len + 2) / 3 * 4)
        as.encoding = ENCODING_BASE64;
    return password_decode(&as, octets, size, len_r);
}

enum password_result password_check_digest(const struct password_attempt *attempt,
                                           struct error *err)
{
    unsigned char stored[EVP_MAX_MD_SIZE + 2], computed[EVP_MAX_MD_SIZE];
    const EVP_MD *method = EVP_get_digestbyname(attempt->digest);
    size_t stored_len, digest_len = method == NULL ? 0 : (size_t)EVP_MD_get_size(method);

    if (digest_len == 0 ||
        !decode_either(attempt, digest_len, stored, sizeof(stored), &stored_len) ||
        stored_len != digest_len || !digest(method, attempt->given, SPAN_EMPTY, computed))
        return password_unusable(attempt, err);
    return password_compare(stored, digest_len, computed, digest_len);
}

enum password_result password_check_salted(const struct password_attempt *attempt,
                                           struct error *err)
{
    unsigned char stored[EVP_MAX_MD_SIZE + SALT_MAX], computed[EVP_MAX_MD_SIZE];
    const EVP_MD *method = EVP_get_digestbyname(attempt->digest);
    size_t stored_len, digest_len = method == NULL ? 0 : (size_t)EVP_MD_get_size(method);

    if (digest_len == 0 || !password_decode(attempt, stored, sizeof(stored), &stored_len) ||
        stored_len < digest_len ||
        !digest(method, attempt->given, span_of(stored + digest_len, stored_len - digest_len),
                computed))
        return password_unusable(attempt, err);
    return password_compare(stored, digest_len, computed, digest_len);
}

/* {MD5} is md5-crypt where the data says so, else a digest. */
enum password_result password_check_md5(const struct password_attempt *attempt, struct error *err)
{
    return strncmp(attempt->data, "$1$", 3) == 0 ? password_check_crypt(attempt, err)
                                                 : password_check_digest(attempt, err);
}
