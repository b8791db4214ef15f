/*
 * A token says itself by which algorithm it is signed: that is only ever a row of our table, and the key must
 * be one of its kind, so that neither "none" nor a public key taken for a shared secret gets anybody in.
 */
#include "lib/base/base.h"

#include "auth/jwt.h"

#include "auth/base64url.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#define PART_MAX   16384 /* octets of header or claims */
#define SIGNED_MAX 1024  /* octets of a signature */
#define LEEWAY_S   60    /* between clocks */

enum signature_kind { SIGNED_HMAC, SIGNED_RSA, SIGNED_RSA_PSS, SIGNED_EC, SIGNED_ED25519 };

static const struct algorithm {
    const char *name;
    enum signature_kind kind;
    const char *digest;
    int key_type;
} algorithms[] = {
    {"HS256", SIGNED_HMAC,    "SHA256", 0               },
    {"HS384", SIGNED_HMAC,    "SHA384", 0               },
    {"HS512", SIGNED_HMAC,    "SHA512", 0               },
    {"RS256", SIGNED_RSA,     "SHA256", EVP_PKEY_RSA    },
    {"RS384", SIGNED_RSA,     "SHA384", EVP_PKEY_RSA    },
    {"RS512", SIGNED_RSA,     "SHA512", EVP_PKEY_RSA    },
    {"PS256", SIGNED_RSA_PSS, "SHA256", EVP_PKEY_RSA    },
    {"PS384", SIGNED_RSA_PSS, "SHA384", EVP_PKEY_RSA    },
    {"PS512", SIGNED_RSA_PSS, "SHA512", EVP_PKEY_RSA    },
    {"ES256", SIGNED_EC,      "SHA256", EVP_PKEY_EC     },
    {"ES384", SIGNED_EC,      "SHA384", EVP_PKEY_EC     },
    {"ES512", SIGNED_EC,      "SHA512", EVP_PKEY_EC     },
    {"EdDSA", SIGNED_ED25519, NULL,     EVP_PKEY_ED25519},
};

/* --- parts ---------------------------------------------------------------------------------------------------- */

bool jwt_looks_like(struct span token)
{
    size_t dots = 0;

    for (size_t i = 0; i < token.len; i++)
        dots += token.data[i] == '.' ? 1 : 0;
    return dots == 2;
}

static json_t *decode_object(struct span base64)
{
    unsigned char *octets = mem_alloc(PART_MAX);
    json_t *object = NULL;
    size_t len;

    if (base64url_decode(base64, octets, PART_MAX, &len))
        object = json_loadb((const char *)octets, len, JSON_REJECT_DUPLICATES, NULL);
    mem_free(octets);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* --- signatures ------------------------------------------------------------------------------------------------- */

static bool verify_hmac(const struct algorithm *algorithm, struct span secret, struct span text,
                        struct span signature)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    return HMAC(EVP_get_digestbyname(algorithm->digest), secret.data, (int)secret.len,
                (const unsigned char *)text.data, text.len, mac, &len) != NULL &&
           len == signature.len && CRYPTO_memcmp(mac, signature.data, len) == 0;
}

/* RFC 7518 section 3.4: two numbers of equal length, which OpenSSL wants as DER. */
static unsigned char *ec_to_der(struct span raw, size_t *len_r)
{
    const unsigned char *octets = (const unsigned char *)raw.data;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(octets, (int)(raw.len / 2), NULL);
    BIGNUM *s = BN_bin2bn(octets + raw.len / 2, (int)(raw.len / 2), NULL);
    unsigned char *der = NULL;
    int len = -1;

    if (raw.len % 2 == 0 && signature != NULL && r != NULL && s != NULL &&
        ECDSA_SIG_set0(signature, r, s) == 1) {
        r = NULL;
        s = NULL;
        len = i2d_ECDSA_SIG(signature, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    *len_r = len < 0 ? 0 : (size_t)len;
    return len < 0 ? NULL : der;
}

static bool verify_digest(const struct algorithm *algorithm, EVP_PKEY *key, struct span text,
                          struct span signature)
{
    const EVP_MD *digest =
        algorithm->digest == NULL ? NULL : EVP_get_digestbyname(algorithm->digest);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *parameters = NULL;
    bool verified = context != NULL &&
                    EVP_DigestVerifyInit(context, &parameters, digest, NULL, key) == 1 &&
                    (algorithm->kind != SIGNED_RSA_PSS ||
                     (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
                      EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
                    EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.len,
                                     (const unsigned char *)text.data, text.len) == 1;

    EVP_MD_CTX_free(context);
    return verified;
}

static bool verify_key(const struct algorithm *algorithm, const struct jwks_key *key,
                       struct span text, struct span signature)
{
    unsigned char *der;
    size_t len;
    bool verified;

    if (algorithm->kind == SIGNED_HMAC)
        return key->key == NULL && verify_hmac(algorithm, key->secret, text, signature);
    if (key->key == NULL || EVP_PKEY_get_base_id(key->key) != algorithm->key_type)
        return false;
    if (algorithm->kind != SIGNED_EC)
        return verify_digest(algorithm, key->key, text, signature);
    der = ec_to_der(signature, &len);
    verified = der != NULL && verify_digest(algorithm, key->key, text, span_of(der, len));
    OPENSSL_free(der);
    return verified;
}

static bool is_signed(const json_t *header, const struct jwks *jwks, struct span text,
                      struct span signature)
{
    const char *name = text_of(header, "alg"), *id = text_of(header, "kid");
    const struct algorithm *algorithm = NULL;

    for (size_t i = 0; i < ARRAY_LENGTH(algorithms); i++)
        if (strcmp(algorithms[i].name, name) == 0)
            algorithm = &algorithms[i];
    if (algorithm == NULL || json_object_get(header, "crit") != NULL)
        return false;
    for (size_t i = 0; i < jwks->count; i++) {
        const struct jwks_key *key = &jwks->keys[i];
        if ((id[0] == '\0' || key->id[0] == '\0' || strcmp(id, key->id) == 0) &&
            (key->algorithm[0] == '\0' || strcmp(key->algorithm, name) == 0) &&
            verify_key(algorithm, key, text, signature))
            return true;
    }
    return false;
}

/* --- claims ------------------------------------------------------------------------------------------------------- */

/* A token without an end is not taken: nobody could take it back. */
static bool is_its_time(const json_t *claims, int64_t now)
{
    const json_t *end = json_object_get(claims, "exp"), *begin = json_object_get(claims, "nbf");

    return json_is_number(end) && json_number_value(end) + LEEWAY_S > (double)now &&
           (begin == NULL ||
            (json_is_number(begin) && json_number_value(begin) - LEEWAY_S <= (double)now));
}

json_t *jwt_verify(struct span token, const struct jwks *jwks, int64_t now, struct error *err)
{
    unsigned char signature[SIGNED_MAX];
    const size_t last = span_find_last(token, '.');
    struct span rest = span_first(token, last), header64 = span_take_until(&rest, '.');
    json_t *header = decode_object(header64), *claims = NULL;
    size_t len;

    if (header == NULL ||
        !base64url_decode(span_skip(token, last + 1), signature, sizeof(signature), &len)) {
        error_set(err, ERROR_PERMANENT, "not a JSON Web Token");
    } else if (!is_signed(header, jwks, span_first(token, last), span_of(signature, len))) {
        error_set(err, ERROR_PERMANENT, "the token's signature is of none of our keys");
    } else {
        claims = decode_object(rest);
        if (claims == NULL || !is_its_time(claims, now)) {
            error_set(err, ERROR_PERMANENT, "the token has expired, or is not yet valid");
            json_decref(claims);
            claims = NULL;
        }
    }
    json_decref(header);
    return claims;
}
