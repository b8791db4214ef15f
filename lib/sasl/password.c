/*
 * Checking a password against its stored form. A scheme is a row: who checks it, what digest it is, and
 * how its data is encoded when nothing is said.
 */
#include "lib/base/base.h"

#include "lib/sasl/password_scheme.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static const struct scheme {
    const char *name;
    password_checker *check;
    const char *digest; /* OpenSSL's name */
    enum password_encoding encoding;
} schemes[] = {
    {"PLAIN",         password_check_plain,      NULL,     ENCODING_NONE  },
    {"CLEAR",         password_check_plain,      NULL,     ENCODING_NONE  },
    {"CLEARTEXT",     password_check_plain,      NULL,     ENCODING_NONE  },
    {"CRYPT",         password_check_crypt,      NULL,     ENCODING_NONE  },
    {"DES-CRYPT",     password_check_crypt,      NULL,     ENCODING_NONE  },
    {"MD5-CRYPT",     password_check_crypt,      NULL,     ENCODING_NONE  },
    {"SHA256-CRYPT",  password_check_crypt,      NULL,     ENCODING_NONE  },
    {"SHA512-CRYPT",  password_check_crypt,      NULL,     ENCODING_NONE  },
    {"BLF-CRYPT",     password_check_crypt,      NULL,     ENCODING_NONE  },
    {"MD5",           password_check_md5,        "MD5",    ENCODING_NONE  },
    {"PLAIN-MD4",     password_check_md4,        NULL,     ENCODING_HEX   },
    {"PLAIN-MD5",     password_check_digest,     "MD5",    ENCODING_HEX   },
    {"LDAP-MD5",      password_check_digest,     "MD5",    ENCODING_BASE64},
    {"SHA",           password_check_digest,     "SHA1",   ENCODING_BASE64},
    {"SHA1",          password_check_digest,     "SHA1",   ENCODING_BASE64},
    {"SHA256",        password_check_digest,     "SHA256", ENCODING_BASE64},
    {"SHA512",        password_check_digest,     "SHA512", ENCODING_BASE64},
    {"SMD5",          password_check_salted,     "MD5",    ENCODING_BASE64},
    {"SSHA",          password_check_salted,     "SHA1",   ENCODING_BASE64},
    {"SSHA256",       password_check_salted,     "SHA256", ENCODING_BASE64},
    {"SSHA512",       password_check_salted,     "SHA512", ENCODING_BASE64},
    {"PBKDF2",        password_check_pbkdf2,     "SHA1",   ENCODING_NONE  },
    {"SCRAM-SHA-1",   password_check_scram,      "SHA1",   ENCODING_NONE  },
    {"SCRAM-SHA-256", password_check_scram,      "SHA256", ENCODING_NONE  },
    {"ARGON2I",       password_check_argon2,     NULL,     ENCODING_NONE  },
    {"ARGON2ID",      password_check_argon2,     NULL,     ENCODING_NONE  },
    {"CRAM-MD5",      password_check_cram_md5,   NULL,     ENCODING_HEX   },
    {"HMAC-MD5",      password_check_cram_md5,   NULL,     ENCODING_HEX   },
    {"DIGEST-MD5",    password_check_digest_md5, NULL,     ENCODING_HEX   },
    {"OTP",           password_check_otp,        NULL,     ENCODING_NONE  },
};

/* --- the stored form ------------------------------------------------------------------------------------ */

static const struct scheme *find_scheme(struct span name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(schemes); i++)
        if (span_equal_text_nocase(name, schemes[i].name))
            return &schemes[i];
    return NULL;
}

/* ".b64", ".hex" behind a scheme's name; false: something else */
static bool take_encoding(struct span name, enum password_encoding *encoding)
{
    if (name.len == 0)
        return true;
    if (span_equal_text_nocase(name, "b64") || span_equal_text_nocase(name, "base64"))
        *encoding = ENCODING_BASE64;
    else if (span_equal_text_nocase(name, "hex"))
        *encoding = ENCODING_HEX;
    else
        return false;
    return true;
}

password_checker *password_split(const char *stored, struct password_attempt *attempt_r,
                                 struct error *err)
{
    struct span rest = span_text(stored), name, encoding;
    const struct scheme *scheme;

    if (stored[0] != '{' || strchr(stored, '}') == NULL) {
        *attempt_r = (struct password_attempt){.scheme = "CRYPT", .data = stored};
        return password_check_crypt;
    }
    rest = span_skip(rest, 1);
    encoding = span_take_until(&rest, '}');
    name = span_take_until(&encoding, '.');
    scheme = find_scheme(name);
    if (scheme == NULL) {
        error_set(err, ERROR_PERMANENT, "unknown password scheme %.*s", SPAN_PRINTF(name));
        return NULL;
    }
    *attempt_r = (struct password_attempt){
        .scheme = scheme->name,
        .digest = scheme->digest,
        .data = rest.data == NULL ? "" : rest.data,
        .encoding = scheme->encoding,
    };
    if (take_encoding(encoding, &attempt_r->encoding))
        return scheme->check;
    error_set(err, ERROR_PERMANENT, "unknown encoding %.*s of a %s password", SPAN_PRINTF(encoding),
              scheme->name);
    return NULL;
}

/* --- decoding ----------------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    c = to_lower(c);
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool password_decode_hex(struct span text, unsigned char *octets, size_t size, size_t *len_r)
{
    if (text.len % 2 != 0 || text.len / 2 > size)
        return false;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_digit(text.data[i]), low = hex_digit(text.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        octets[i / 2] = (unsigned char)(high * 16 + low);
    }
    *len_r = text.len / 2;
    return true;
}

bool password_decode_base64(struct span text, unsigned char *octets, size_t size, size_t *len_r)
{
    size_t padding = 0;
    int decoded;

    if (text.len == 0 || text.len % 4 != 0 || text.len / 4 * 3 > size)
        return false;
    while (padding < 2 && text.data[text.len - 1 - padding] == '=')
        padding++;
    decoded = EVP_DecodeBlock(octets, (const unsigned char *)text.data, (int)text.len);
    if (decoded < 0)
        return false;
    *len_r = (size_t)decoded - padding;
    return true;
}

bool password_decode(const struct password_attempt *attempt, unsigned char *octets, size_t size,
                     size_t *len_r)
{
    const struct span data = span_text(attempt->data);

    switch (attempt->encoding) {
    case ENCODING_HEX:
        return password_decode_hex(data, octets, size, len_r);
    case ENCODING_BASE64:
        return password_decode_base64(data, octets, size, len_r);
    case ENCODING_NONE:
        if (data.len > size)
            return false;
        memcpy(octets, attempt->data, data.len);
        *len_r = data.len;
        return true;
    }
    return false;
}

/* --- comparing --------------------------------------------------------------------------------------------- */

enum password_result password_compare(const void *expected, size_t expected_len,
                                      const void *computed, size_t computed_len)
{
    if (expected_len != computed_len || CRYPTO_memcmp(expected, computed, computed_len) != 0)
        return PASSWORD_MISMATCH;
    return PASSWORD_MATCHES;
}

enum password_result password_unusable(const struct password_attempt *attempt, struct error *err)
{
    error_set(err, ERROR_PERMANENT, "stored %s password is broken", attempt->scheme);
    return PASSWORD_UNUSABLE;
}

enum password_result password_check_plain(const struct password_attempt *attempt, struct error *err)
{
    unsigned char plain[PASSWORD_MAX];
    size_t len;

    if (!password_decode(attempt, plain, sizeof(plain), &len) || len == 0)
        return password_unusable(attempt, err);
    return password_compare(plain, len, attempt->given.data, attempt->given.len);
}

/* Data that is text in its scheme (crypt(3)'s "$6$...") may be encoded as a whole; text_r takes it. */
static bool unwrap(struct password_attempt *attempt, char text_r[PASSWORD_MAX + 1])
{
    size_t len;

    if (attempt->encoding == ENCODING_NONE ||
        find_scheme(span_text(attempt->scheme))->encoding != ENCODING_NONE)
        return true;
    if (!password_decode(attempt, (unsigned char *)text_r, PASSWORD_MAX, &len) ||
        memchr(text_r, '\0', len) != NULL)
        return false;
    text_r[len] = '\0';
    attempt->data = text_r;
    attempt->encoding = ENCODING_NONE;
    return true;
}

enum password_result password_check(const char *stored, const char *user, struct span given,
                                    struct error *err)
{
    struct password_attempt attempt;
    password_checker *check;
    char text[PASSWORD_MAX + 1];

    if (given.data == NULL || given.len > PASSWORD_MAX)
        return PASSWORD_MISMATCH;
    check = password_split(stored, &attempt, err);
    if (check == NULL)
        return PASSWORD_UNUSABLE;
    if (!unwrap(&attempt, text))
        return password_unusable(&attempt, err);
    attempt.user = user;
    attempt.given = given;
    return check(&attempt, err);
}
