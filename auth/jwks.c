/* Each kind of key is a row: how its members become an EVP_PKEY. */
#include "lib/base/base.h"

#include "auth/jwks.h"

#include "auth/base64url.h"

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/param_build.h>

#define MEMBER_MAX 2048 /* octets of a number or secret */
#define KEYS_MAX   100

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static bool octets_of(const json_t *object, const char *name, unsigned char octets[MEMBER_MAX],
                      size_t *len_r)
{
    return base64url_decode(span_text(text_of(object, name)), octets, MEMBER_MAX, len_r) &&
           *len_r > 0;
}

static EVP_PKEY *build(const char *type, OSSL_PARAM_BLD *builder)
{
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return key;
}

static EVP_PKEY *make_rsa(const json_t *jwk)
{
    unsigned char n[MEMBER_MAX], e[MEMBER_MAX];
    size_t n_len, e_len;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *modulus = NULL, *exponent = NULL;
    EVP_PKEY *key = NULL;

    if (builder != NULL && octets_of(jwk, "n", n, &n_len) && octets_of(jwk, "e", e, &e_len)) {
        modulus = BN_bin2bn(n, (int)n_len, NULL);
        exponent = BN_bin2bn(e, (int)e_len, NULL);
        if (modulus != NULL && exponent != NULL &&
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
            key = build("RSA", builder);
    }
    BN_free(modulus);
    BN_free(exponent);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

/* The point in its uncompressed form: 4, x, y. */
static EVP_PKEY *make_ec(const json_t *jwk)
{
    static const char *const curves[][2] = {
        {"P-256", "prime256v1"},
        {"P-384", "secp384r1" },
        {"P-521", "secp521r1" }
    };
    unsigned char x[MEMBER_MAX], y[MEMBER_MAX], point[2 * MEMBER_MAX + 1] = {4};
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    size_t x_len, y_len, i = 0;
    EVP_PKEY *key = NULL;

    while (i < ARRAY_LENGTH(curves) && strcmp(curves[i][0], text_of(jwk, "crv")) != 0)
        i++;
    if (builder != NULL && i < ARRAY_LENGTH(curves) && octets_of(jwk, "x", x, &x_len) &&
        octets_of(jwk, "y", y, &y_len)) {
        memcpy(point + 1, x, x_len);
        memcpy(point + 1 + x_len, y, y_len);
        if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curves[i][1], 0) ==
                1 &&
            OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
                                             1 + x_len + y_len) == 1)
            key = build("EC", builder);
    }
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static EVP_PKEY *make_ed25519(const json_t *jwk)
{
    unsigned char x[MEMBER_MAX];
    size_t len;

    if (strcmp(text_of(jwk, "crv"), "Ed25519") != 0 || !octets_of(jwk, "x", x, &len))
        return NULL;
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, len);
}

static const struct key_kind {
    const char *type; /* kty */
    EVP_PKEY *(*make)(const json_t *jwk);
} kinds[] = {
    {"RSA", make_rsa    },
    {"EC",  make_ec     },
    {"OKP", make_ed25519},
};

static bool take_secret(struct arena *arena, const json_t *jwk, struct span *secret_r)
{
    unsigned char secret[MEMBER_MAX];
    size_t len;
    bool taken = octets_of(jwk, "k", secret, &len);

    if (taken)
        *secret_r = span_of(arena_text(arena, span_of(secret, len)), len);
    OPENSSL_cleanse(secret, sizeof(secret));
    return taken;
}

/* A key for encryption signs nothing. */
static void add(struct jwks *jwks, const json_t *jwk)
{
    const char *type = text_of(jwk, "kty");
    struct jwks_key key = {
        .id = arena_copy(jwks->arena, text_of(jwk, "kid")),
        .algorithm = arena_copy(jwks->arena, text_of(jwk, "alg")),
    };

    if (strcmp(text_of(jwk, "use"), "enc") == 0)
        return;
    if (strcmp(type, "oct") == 0 && !take_secret(jwks->arena, jwk, &key.secret))
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (strcmp(kinds[i].type, type) == 0)
            key.key = kinds[i].make(jwk);
    if (key.key != NULL || key.secret.len > 0)
        jwks->keys[jwks->count++] = key;
}

bool jwks_parse(struct span json, struct jwks *jwks_r, struct error *err)
{
    json_error_t trouble;
    json_t *root =
        json_loadb(json.data == NULL ? "" : json.data, json.len, JSON_REJECT_DUPLICATES, &trouble);
    const json_t *list = json_object_get(root, "keys");
    size_t count = json_array_size(list) < KEYS_MAX ? json_array_size(list) : KEYS_MAX;

    *jwks_r = (struct jwks){.arena = arena_create()};
    jwks_r->keys = arena_array(jwks_r->arena, struct jwks_key, count + 1);
    for (size_t i = 0; i < count; i++)
        add(jwks_r, json_array_get(list, i));
    if (root == NULL)
        error_set(err, ERROR_MALFORMED, "not JSON: %s", trouble.text);
    else if (jwks_r->count == 0)
        error_set(err, ERROR_MALFORMED, "no key in it that can be used");
    json_decref(root);
    if (jwks_r->count > 0)
        return true;
    jwks_release(jwks_r);
    return false;
}

void jwks_release(struct jwks *jwks)
{
    for (size_t i = 0; i < jwks->count; i++) {
        EVP_PKEY_free(jwks->keys[i].key);
        if (jwks->keys[i].secret.len > 0)
            OPENSSL_cleanse((void *)(uintptr_t)jwks->keys[i].secret.data, jwks->keys[i].secret.len);
    }
    arena_free(&jwks->arena);
    *jwks = (struct jwks){0};
}
