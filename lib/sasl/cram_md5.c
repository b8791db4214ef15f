/* CRAM-MD5: a challenge that is never used twice, answered by user and keyed digest: RFC 2195. */
#include "lib/base/base.h"

#include "lib/sasl/mechanism_steps.h"

#include "lib/sasl/password_scheme.h"

#include <openssl/crypto.h>
#include <time.h>

#define DIGEST_LEN 16

struct cram {
    struct span challenge;
    unsigned char digest[DIGEST_LEN]; /* the client's */
};

static enum sasl_step invite(struct sasl_exchange *exchange, struct span *challenge_r)
{
    struct cram *cram = arena_new(exchange->arena, struct cram);

    cram->challenge =
        span_text(arena_printf(exchange->arena, "<%s.%lld@%s>", sasl_nonce(exchange->arena),
                               (long long)time(NULL), exchange->channel->hostname));
    exchange->state = cram;
    *challenge_r = cram->challenge;
    return SASL_STEP_CHALLENGE;
}

/* user SP 32 hexadecimal digits; the user may have spaces */
static enum sasl_step take_answer(struct sasl_exchange *exchange, struct span response)
{
    struct cram *cram = exchange->state;
    size_t at = span_find_last(response, ' '), len;

    if (at == response.len || !sasl_take_user(exchange, span_first(response, at)) ||
        !password_decode_hex(span_skip(response, at + 1), cram->digest, DIGEST_LEN, &len) ||
        len != DIGEST_LEN)
        return SASL_STEP_MALFORMED;
    exchange->authzid = "";
    exchange->wanted = "CRAM-MD5";
    return SASL_STEP_SECRET;
}

enum sasl_step sasl_advance_cram_md5(struct sasl_exchange *exchange, struct span response,
                                     struct span *challenge_r)
{
    if (exchange->state == NULL)
        return response.len == 0 ? invite(exchange, challenge_r) : SASL_STEP_MALFORMED;
    return take_answer(exchange, response);
}

enum sasl_step sasl_supply_cram_md5(struct sasl_exchange *exchange,
                                    const struct sasl_secret *secret,
                                    struct span *challenge_r UNUSED)
{
    const struct cram *cram = exchange->state;
    unsigned char digest[DIGEST_LEN];

    password_cram_md5_digest(secret->cram_md5, cram->challenge, digest);
    return CRYPTO_memcmp(digest, cram->digest, DIGEST_LEN) == 0 && secret->is_known
               ? SASL_STEP_VERIFIED
               : SASL_STEP_FAILED;
}
