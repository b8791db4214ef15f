/*
 * Schemes of MD4 and MD5 that need more than a digest of the password: MD4 itself, which OpenSSL keeps
 * apart, CRAM-MD5 with its stored state in the middle of a computation, DIGEST-MD5, OTP.
 */
#define OPENSSL_API_COMPAT 0x10101000L /* the state of MD5, and MD4 without the legacy provider */
#include "lib/base/base.h"

#include "lib/sasl/password_scheme.h"

#include <openssl/crypto.h>
#include <openssl/md4.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#define MD_LEN         16
#define BLOCK          64 /* octets that MD5 takes at a time */
#define OTP_LEN        8
#define OTP_ROUNDS_MAX 9999 /* RFC 2289 has four digits */

enum password_result password_check_md4(const struct password_attempt *attempt, struct error *err)
{
    unsigned char stored[MD_LEN + 2], computed[MD_LEN];
    size_t len;

    if (!password_decode(attempt, stored, sizeof(stored), &len) || len != MD_LEN)
        return password_unusable(attempt, err);
    MD4((const unsigned char *)attempt->given.data, attempt->given.len, computed);
    return password_compare(stored, len, computed, sizeof(computed));
}

/* --- CRAM-MD5: HMAC-MD5 with the key's block done, outer state first --------------------------------------- */

static void put_word(unsigned char *out, MD5_LONG word)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(word >> (8 * i));
}

static MD5_LONG get_word(const unsigned char *in)
{
    return (MD5_LONG)in[0] | (MD5_LONG)in[1] << 8 | (MD5_LONG)in[2] << 16 | (MD5_LONG)in[3] << 24;
}

static void keyed_state(const unsigned char key[BLOCK], unsigned char pad,
                        unsigned char state_r[MD_LEN])
{
    unsigned char block[BLOCK];
    MD5_CTX context;

    for (size_t i = 0; i < BLOCK; i++)
        block[i] = key[i] ^ pad;
    MD5_Init(&context);
    MD5_Update(&context, block, sizeof(block));
    put_word(state_r, context.A);
    put_word(state_r + 4, context.B);
    put_word(state_r + 8, context.C);
    put_word(state_r + 12, context.D);
    OPENSSL_cleanse(block, sizeof(block));
}

static void cram_secret(struct span password, unsigned char secret_r[CRAM_MD5_LEN])
{
    unsigned char key[BLOCK] = {0};

    if (password.len > BLOCK)
        MD5((const unsigned char *)password.data, password.len, key);
    else if (password.len > 0)
        memcpy(key, password.data, password.len);
    keyed_state(key, 0x5c, secret_r);
    keyed_state(key, 0x36, secret_r + MD_LEN);
    OPENSSL_cleanse(key, sizeof(key));
}

/* Go on from a stored state with these octets, and finish. */
static void resume(const unsigned char state[MD_LEN], struct span octets,
                   unsigned char digest_r[MD_LEN])
{
    MD5_CTX context;

    MD5_Init(&context);
    context.A = get_word(state);
    context.B = get_word(state + 4);
    context.C = get_word(state + 8);
    context.D = get_word(state + 12);
    context.Nl = BLOCK * 8;
    MD5_Update(&context, octets.data, octets.len);
    MD5_Final(digest_r, &context);
}

void password_cram_md5_digest(const unsigned char secret[CRAM_MD5_LEN], struct span challenge,
                              unsigned char digest_r[MD_LEN])
{
    unsigned char inner[MD_LEN];

    resume(secret + MD_LEN, challenge, inner);
    resume(secret, span_of(inner, sizeof(inner)), digest_r);
}

enum password_result password_check_cram_md5(const struct password_attempt *attempt,
                                             struct error *err)
{
    unsigned char stored[CRAM_MD5_LEN + 2], computed[CRAM_MD5_LEN];
    size_t len;

    if (!password_decode(attempt, stored, sizeof(stored), &len) || len != CRAM_MD5_LEN)
        return password_unusable(attempt, err);
    cram_secret(attempt->given, computed);
    return password_compare(stored, len, computed, sizeof(computed));
}

bool password_cram_md5_secret(const char *stored, unsigned char secret_r[CRAM_MD5_LEN])
{
    unsigned char octets[PASSWORD_MAX];
    struct password_attempt attempt;
    password_checker *check = password_split(stored, &attempt, NULL);
    size_t len;

    if ((check != password_check_plain && check != password_check_cram_md5) ||
        !password_decode(&attempt, octets, sizeof(octets), &len) || len == 0)
        return false;
    if (check == password_check_plain)
        cram_secret(span_of(octets, len), secret_r);
    else if (len == CRAM_MD5_LEN)
        memcpy(secret_r, octets, CRAM_MD5_LEN);
    else
        return false;
    return true;
}

/* --- DIGEST-MD5: MD5 of "user:realm:password", the realm being the user's domain ---------------------------- */

enum password_result password_check_digest_md5(const struct password_attempt *attempt,
                                               struct error *err)
{
    unsigned char stored[MD_LEN + 2], computed[MD_LEN];
    struct span realm = span_text(attempt->user), user = span_take_until(&realm, '@');
    MD5_CTX context;
    size_t len;

    if (!password_decode(attempt, stored, sizeof(stored), &len) || len != MD_LEN)
        return password_unusable(attempt, err);
    MD5_Init(&context);
    MD5_Update(&context, user.data, user.len);
    MD5_Update(&context, ":", 1);
    MD5_Update(&context, realm.data, realm.len);
    MD5_Update(&context, ":", 1);
    MD5_Update(&context, attempt->given.data, attempt->given.len);
    MD5_Final(computed, &context);
    return password_compare(stored, len, computed, sizeof(computed));
}

/* --- OTP: "algorithm sequence seed digest", RFC 2289 section 6 ------------------------------------------------ */

static void fold_md(const unsigned char digest[MD_LEN], unsigned char out[OTP_LEN])
{
    for (size_t i = 0; i < OTP_LEN; i++)
        out[i] = digest[i] ^ digest[i + OTP_LEN];
}

static void otp_md4(const void *octets, size_t len, unsigned char out[OTP_LEN])
{
    unsigned char digest[MD_LEN];

    MD4(octets, len, digest);
    fold_md(digest, out);
}

static void otp_md5(const void *octets, size_t len, unsigned char out[OTP_LEN])
{
    unsigned char digest[MD_LEN];

    MD5(octets, len, digest);
    fold_md(digest, out);
}

/* The words of SHA-1 are folded, and written with their low octet first. */
static void otp_sha1(const void *octets, size_t len, unsigned char out[OTP_LEN])
{
    unsigned char digest[SHA_DIGEST_LENGTH];

    SHA1(octets, len, digest);
    for (size_t i = 0; i < 4; i++) {
        out[3 - i] = digest[i] ^ digest[8 + i] ^ digest[16 + i];
        out[7 - i] = digest[4 + i] ^ digest[12 + i];
    }
}

static const struct otp_algorithm {
    const char *name;
    void (*fold)(const void *octets, size_t len, unsigned char out[OTP_LEN]);
} algorithms[] = {
    {"md4",  otp_md4 },
    {"md5",  otp_md5 },
    {"sha1", otp_sha1},
};

static const struct otp_algorithm *find_algorithm(struct span name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(algorithms); i++)
        if (span_equal_text(name, algorithms[i].name))
            return &algorithms[i];
    return NULL;
}

static void compute_otp(const struct otp_algorithm *algorithm, struct span seed, struct span given,
                        uint64_t rounds, unsigned char otp[OTP_LEN])
{
    char *start = mem_alloc(seed.len + given.len + 1);

    for (size_t i = 0; i < seed.len; i++)
        start[i] = to_lower(seed.data[i]);
    memcpy(start + seed.len, given.data, given.len);
    algorithm->fold(start, seed.len + given.len, otp);
    while (rounds-- > 0)
        algorithm->fold(otp, OTP_LEN, otp);
    OPENSSL_cleanse(start, seed.len + given.len);
    mem_free(start);
}

enum password_result password_check_otp(const struct password_attempt *attempt, struct error *err)
{
    struct span rest = span_text(attempt->data);
    const struct otp_algorithm *algorithm = find_algorithm(span_take_word(&rest));
    struct span sequence = span_take_word(&rest), seed = span_take_word(&rest);
    unsigned char stored[OTP_LEN], computed[OTP_LEN];
    uint64_t rounds;
    size_t len;

    if (algorithm == NULL || !span_to_u64(sequence, OTP_ROUNDS_MAX, &rounds) || seed.len == 0 ||
        !password_decode_hex(rest, stored, sizeof(stored), &len) || len != OTP_LEN)
        return password_unusable(attempt, err);
    compute_otp(algorithm, seed, attempt->given, rounds, computed);
    return password_compare(stored, len, computed, sizeof(computed));
}
