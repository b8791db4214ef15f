/*
 * Checking a password against its stored form. A scheme is a row: what digest it is, how its data is
 * encoded when nothing is said, and whether a salt follows the digest.
 */
#include "lib/base/base.h"

#include "lib/sasl/password.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define PASSWORD_MAX 4096 /* octets of a password or of stored data */
#define SALT_MAX     1024

enum scheme_kind { SCHEME_PLAIN, SCHEME_CRYPT, SCHEME_DIGEST, SCHEME_SALTED, SCHEME_PBKDF2 };
enum encoding { ENCODING_NONE, ENCODING_BASE64, ENCODING_HEX };

struct scheme {
    const char *name;
    enum scheme_kind kind;
    const char *digest; /* OpenSSL's name */
    enum encoding encoding;
};

/* name, kind, digest, encoding of the data unless .b64 or .hex says otherwise */
static const struct scheme schemes[] = {
    {"PLAIN",        SCHEME_PLAIN,  NULL,     ENCODING_NONE  },
    {"CLEAR",        SCHEME_PLAIN,  NULL,     ENCODING_NONE  },
    {"CLEARTEXT",    SCHEME_PLAIN,  NULL,     ENCODING_NONE  },
    {"CRYPT",        SCHEME_CRYPT,  NULL,     ENCODING_NONE  },
    {"DES-CRYPT",    SCHEME_CRYPT,  NULL,     ENCODING_NONE  },
    {"MD5-CRYPT",    SCHEME_CRYPT,  NULL,     ENCODING_NONE  },
    {"MD5",          SCHEME_CRYPT,  NULL,     ENCODING_NONE  },
    {"SHA256-CRYPT", SCHEME_CRYPT,  NULL,     ENCODING_NONE  },
    {"SHA512-CRYPT", SCHEME_CRYPT,  NULL,     ENCODING_NONE  },
    {"BLF-CRYPT",    SCHEME_CRYPT,  NULL,     ENCODING_NONE  },
    {"PLAIN-MD5",    SCHEME_DIGEST, "MD5",    ENCODING_HEX   },
    {"LDAP-MD5",     SCHEME_DIGEST, "MD5",    ENCODING_BASE64},
    {"SHA",          SCHEME_DIGEST, "SHA1",   ENCODING_BASE64},
    {"SHA1",         SCHEME_DIGEST, "SHA1",   ENCODING_BASE64},
    {"SHA256",       SCHEME_DIGEST, "SHA256", ENCODING_BASE64},
    {"SHA512",       SCHEME_DIGEST, "SHA512", ENCODING_BASE64},
    {"SMD5",         SCHEME_SALTED, "MD5",    ENCODING_BASE64},
    {"SSHA",         SCHEME_SALTED, "SHA1",   ENCODING_BASE64},
    {"SSHA256",      SCHEME_SALTED, "SHA256", ENCODING_BASE64},
    {"SSHA512",      SCHEME_SALTED, "SHA512", ENCODING_BASE64},
    {"PBKDF2",       SCHEME_PBKDF2, "SHA1",   ENCODING_NONE  },
};

/* --- the stored form ------------------------------------------------------------------------------------ */

/* "{SCHEME.encoding}data"; without braces it is CRYPT. */
static bool split_scheme(const char *stored, struct scheme *scheme_r, const char **data_r,
                         struct error *err)
{
    struct span rest = span_text(stored), name;
    struct span encoding = SPAN_EMPTY;

    *scheme_r = (struct scheme){"CRYPT", SCHEME_CRYPT, NULL, ENCODING_NONE};
    *data_r = stored;
    if (stored[0] != '{' || strchr(stored, '}') == NULL)
        return true;
    rest = span_skip(rest, 1);
    name = span_take_until(&rest, '}');
    *data_r = rest.data == NULL ? "" : rest.data;
    if (span_find(name, '.') < name.len) {
        encoding = name;
        name = span_take_until(&encoding, '.');
    }
    for (size_t i = 0; i < ARRAY_LENGTH(schemes); i++)
        if (span_equal_text_nocase(name, schemes[i].name)) {
            *scheme_r = schemes[i];
            /* {MD5} is md5-crypt where the data says so, else a hexadecimal or base64 digest. */
            if (strcmp(schemes[i].name, "MD5") == 0 && strncmp(*data_r, "$1$", 3) != 0)
                *scheme_r = (struct scheme){"MD5", SCHEME_DIGEST, "MD5", ENCODING_HEX};
            if (span_equal_text_nocase(encoding, "b64") ||
                span_equal_text_nocase(encoding, "base64"))
                scheme_r->encoding = ENCODING_BASE64;
            else if (span_equal_text_nocase(encoding, "hex"))
                scheme_r->encoding = ENCODING_HEX;
            return true;
        }
    error_set(err, ERROR_PERMANENT, "unknown password scheme %.*s", SPAN_PRINTF(name));
    return false;
}

static int hex_digit(char c)
{
    c = to_lower(c);
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode_hex(const char *text, unsigned char *octets, size_t size, size_t *len_r)
{
    size_t len = strlen(text);

    if (len % 2 != 0 || len / 2 > size)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        octets[i / 2] = (unsigned char)(high * 16 + low);
    }
    *len_r = len / 2;
    return true;
}

static bool decode_base64(const char *text, unsigned char *octets, size_t size, size_t *len_r)
{
    size_t len = strlen(text), padding = 0;
    int decoded;

    if (len == 0 || len % 4 != 0 || len / 4 * 3 > size)
        return false;
    while (padding < 2 && text[len - 1 - padding] == '=')
        padding++;
    decoded = EVP_DecodeBlock(octets, (const unsigned char *)text, (int)len);
    if (decoded < 0)
        return false;
    *len_r = (size_t)decoded - padding;
    return true;
}

static bool decode(const struct scheme *scheme, const char *data, unsigned char *octets,
                   size_t size, size_t *len_r)
{
    size_t len = strlen(data);

    switch (scheme->encoding) {
    case ENCODING_HEX:
        return decode_hex(data, octets, size, len_r);
    case ENCODING_BASE64:
        return decode_base64(data, octets, size, len_r);
    case ENCODING_NONE:
        if (len > size)
            return false;
        memcpy(octets, data, len);
        *len_r = len;
        return true;
    }
    return false;
}

/* --- comparing --------------------------------------------------------------------------------------------- */

static enum password_result compare(const void *expected, size_t expected_len, const void *computed,
                                    size_t computed_len)
{
    if (expected_len != computed_len || CRYPTO_memcmp(expected, computed, computed_len) != 0)
        return PASSWORD_MISMATCH;
    return PASSWORD_MATCHES;
}

static enum password_result unusable(const struct scheme *scheme, struct error *err)
{
    error_set(err, ERROR_PERMANENT, "stored %s password is broken", scheme->name);
    return PASSWORD_UNUSABLE;
}

static enum password_result check_crypt(const struct scheme *scheme, const char *data,
                                        struct span given, struct error *err)
{
    struct crypt_data *work;
    char *password;
    const char *computed;
    enum password_result result;

    if (memchr(given.data, '\0', given.len) != NULL)
        return PASSWORD_MISMATCH; /* crypt(3) would see only what stands before the NUL */
    work = mem_new(struct crypt_data);
    password = mem_span(given);
    computed = crypt_rn(password, data, work, sizeof(*work));
    if (computed == NULL || computed[0] == '*')
        result = unusable(scheme, err);
    else
        result = compare(data, strlen(data), computed, strlen(computed));
    OPENSSL_cleanse(password, given.len);
    OPENSSL_cleanse(work, sizeof(*work));
    mem_free(password);
    mem_free(work);
    return result;
}

static bool digest(const char *name, struct span given, const unsigned char *salt, size_t salt_len,
                   unsigned char *computed, unsigned *computed_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *method = EVP_get_digestbyname(name);
    bool done = context != NULL && method != NULL &&
                EVP_DigestInit_ex(context, method, NULL) == 1 &&
                EVP_DigestUpdate(context, given.data, given.len) == 1 &&
                EVP_DigestUpdate(context, salt, salt_len) == 1 &&
                EVP_DigestFinal_ex(context, computed, computed_len) == 1;

    EVP_MD_CTX_free(context);
    return done;
}

static enum password_result check_digest(const struct scheme *scheme, const char *data,
                                         struct span given, struct error *err)
{
    unsigned char stored[EVP_MAX_MD_SIZE + SALT_MAX], computed[EVP_MAX_MD_SIZE];
    const EVP_MD *method = EVP_get_digestbyname(scheme->digest);
    size_t stored_len, digest_len = method == NULL ? 0 : (size_t)EVP_MD_get_size(method);
    unsigned computed_len = 0;

    if (!decode(scheme, data, stored, sizeof(stored), &stored_len) || digest_len == 0 ||
        stored_len < digest_len || (scheme->kind == SCHEME_DIGEST && stored_len != digest_len))
        return unusable(scheme, err);
    if (!digest(scheme->digest, given, stored + digest_len, stored_len - digest_len, computed,
                &computed_len))
        return unusable(scheme, err);
    return compare(stored, digest_len, computed, computed_len);
}

/* "$1$salt$rounds$hexadecimal digest" */
static enum password_result check_pbkdf2(const struct scheme *scheme, const char *data,
                                         struct span given, struct error *err)
{
    unsigned char stored[EVP_MAX_MD_SIZE], computed[EVP_MAX_MD_SIZE];
    struct span rest = span_text(data), salt, rounds;
    uint64_t count;
    size_t len;

    if (!span_starts_with(rest, "$1$"))
        return unusable(scheme, err);
    rest = span_skip(rest, 3);
    salt = span_take_until(&rest, '$');
    rounds = span_take_until(&rest, '$');
    if (!span_to_u64(rounds, 10000000, &count) || count == 0 || salt.len > SALT_MAX ||
        rest.data == NULL || !decode_hex(rest.data, stored, sizeof(stored), &len) || len == 0)
        return unusable(scheme, err);
    if (PKCS5_PBKDF2_HMAC(given.data, (int)given.len, (const unsigned char *)salt.data,
                          (int)salt.len, (int)count, EVP_sha1(), (int)len, computed) != 1)
        return unusable(scheme, err);
    return compare(stored, len, computed, len);
}

enum password_result password_check(const char *stored, struct span given, struct error *err)
{
    unsigned char plain[PASSWORD_MAX];
    struct scheme scheme;
    const char *data;
    size_t len;

    if (given.data == NULL || given.len > PASSWORD_MAX)
        return PASSWORD_MISMATCH;
    if (!split_scheme(stored, &scheme, &data, err))
        return PASSWORD_UNUSABLE;
    switch (scheme.kind) {
    case SCHEME_PLAIN:
        if (!decode(&scheme, data, plain, sizeof(plain), &len) || len == 0)
            return unusable(&scheme, err);
        return compare(plain, len, given.data, given.len);
    case SCHEME_CRYPT:
        return check_crypt(&scheme, data, given, err);
    case SCHEME_DIGEST:
    case SCHEME_SALTED:
        return check_digest(&scheme, data, given, err);
    case SCHEME_PBKDF2:
        return check_pbkdf2(&scheme, data, given, err);
    }
    return PASSWORD_UNUSABLE;
}

bool password_is_cheap(const char *stored)
{
    struct scheme scheme;
    const char *data;

    return split_scheme(stored, &scheme, &data, NULL) && scheme.kind != SCHEME_CRYPT &&
           scheme.kind != SCHEME_PBKDF2;
}
