/* PBKDF2, and SCRAM's keys, which are made by it: RFC 5802 section 3, RFC 8018. */
#include "lib/base/base.h"

#include "lib/sasl/password_scheme.h"
#include "lib/sasl/saslprep.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define ITERATIONS_MAX     10000000
#define ITERATIONS_DEFAULT 4096 /* where SCRAM is made from plain text: RFC 7677 section 4 */
#define SALT_TEXT_MAX      1024

static bool derive(struct span given, struct span salt, uint64_t iterations, const char *digest,
                   unsigned char *key, size_t key_len)
{
    const EVP_MD *method = EVP_get_digestbyname(digest);

    return method != NULL &&
           PKCS5_PBKDF2_HMAC(given.data, (int)given.len, (const unsigned char *)salt.data,
                             (int)salt.len, (int)iterations, method, (int)key_len, key) == 1;
}

/* "$1$salt$iterations$hexadecimal digest" */
enum password_result password_check_pbkdf2(const struct password_attempt *attempt,
                                           struct error *err)
{
    unsigned char stored[EVP_MAX_MD_SIZE], computed[EVP_MAX_MD_SIZE];
    struct span rest = span_text(attempt->data), salt, iterations;
    const EVP_MD *method = EVP_get_digestbyname(attempt->digest);
    uint64_t count;
    size_t len;

    if (!span_starts_with(rest, "$1$"))
        return password_unusable(attempt, err);
    rest = span_skip(rest, 3);
    salt = span_take_until(&rest, '$');
    iterations = span_take_until(&rest, '$');
    if (!span_to_u64(iterations, ITERATIONS_MAX, &count) || count == 0 ||
        salt.len > SALT_TEXT_MAX || !password_decode_hex(rest, stored, sizeof(stored), &len) ||
        method == NULL || len != (size_t)EVP_MD_get_size(method) ||
        !derive(attempt->given, salt, count, attempt->digest, computed, len))
        return password_unusable(attempt, err);
    return password_compare(stored, len, computed, len);
}

/* --- SCRAM -------------------------------------------------------------------------------------------------- */

static bool prepare(const char *digest, struct scram_secret *secret)
{
    const EVP_MD *method = EVP_get_digestbyname(digest);

    if (method == NULL || EVP_MD_get_size(method) > SCRAM_KEY_MAX)
        return false;
    *secret = (struct scram_secret){.digest = digest, .key_len = (size_t)EVP_MD_get_size(method)};
    return true;
}

/* The keys for a password, salt, digest and iterations that are set already. */
static bool derive_keys(struct span password, struct scram_secret *secret)
{
    const EVP_MD *method = EVP_get_digestbyname(secret->digest);
    unsigned char salted[SCRAM_KEY_MAX], client_key[SCRAM_KEY_MAX];
    bool derived =
        derive(password, span_of(secret->salt, secret->salt_len), secret->iterations,
               secret->digest, salted, secret->key_len) &&
        HMAC(method, salted, (int)secret->key_len, (const unsigned char *)"Client Key", 10,
             client_key, NULL) != NULL &&
        EVP_Digest(client_key, secret->key_len, secret->stored_key, NULL, method, NULL) == 1 &&
        HMAC(method, salted, (int)secret->key_len, (const unsigned char *)"Server Key", 10,
             secret->server_key, NULL) != NULL;

    OPENSSL_cleanse(salted, sizeof(salted));
    OPENSSL_cleanse(client_key, sizeof(client_key));
    return derived;
}

static bool decode_key(struct span text, unsigned char *key, size_t key_len)
{
    unsigned char octets[SCRAM_KEY_MAX + 3];
    size_t len;

    if (!password_decode_base64(text, octets, sizeof(octets), &len) || len != key_len)
        return false;
    memcpy(key, octets, key_len);
    return true;
}

/* "iterations,salt,StoredKey,ServerKey", the last three in base64 */
static bool parse_scram(struct span data, const char *digest, struct scram_secret *secret)
{
    struct span iterations = span_take_until(&data, ','), salt = span_take_until(&data, ','),
                stored_key = span_take_until(&data, ',');

    return prepare(digest, secret) &&
           span_to_u64(iterations, ITERATIONS_MAX, &secret->iterations) && secret->iterations > 0 &&
           password_decode_base64(salt, secret->salt, sizeof(secret->salt), &secret->salt_len) &&
           decode_key(stored_key, secret->stored_key, secret->key_len) &&
           decode_key(data, secret->server_key, secret->key_len);
}

enum password_result password_check_scram(const struct password_attempt *attempt, struct error *err)
{
    struct scram_secret stored, computed;

    if (!parse_scram(span_text(attempt->data), attempt->digest, &stored))
        return password_unusable(attempt, err);
    computed = stored;
    if (!derive_keys(attempt->given, &computed))
        return password_unusable(attempt, err);
    return password_compare(stored.stored_key, stored.key_len, computed.stored_key,
                            computed.key_len);
}

/* The client does it with what its user types: RFC 5802 section 2.2. */
static bool derive_prepared(struct span password, struct scram_secret *secret)
{
    struct arena *arena = arena_create();
    struct span prepared = saslprep(arena, password);
    bool derived = derive_keys(prepared.data == NULL ? password : prepared, secret);

    arena_free(&arena);
    return derived;
}

bool password_scram_secret(const char *stored, const char *digest, struct span salt,
                           struct scram_secret *secret_r)
{
    unsigned char plain[PASSWORD_MAX];
    struct password_attempt attempt;
    password_checker *check = password_split(stored, &attempt, NULL);
    size_t len;

    if (check == password_check_scram && strcmp(attempt.digest, digest) == 0)
        return parse_scram(span_text(attempt.data), digest, secret_r);
    if (check != password_check_plain || !prepare(digest, secret_r) ||
        salt.len > sizeof(secret_r->salt) ||
        !password_decode(&attempt, plain, sizeof(plain), &len) || len == 0)
        return false;
    secret_r->iterations = ITERATIONS_DEFAULT;
    memcpy(secret_r->salt, salt.data, salt.len);
    secret_r->salt_len = salt.len;
    return derive_prepared(span_of(plain, len), secret_r);
}
