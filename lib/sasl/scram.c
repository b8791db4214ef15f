/*
 * SCRAM, with and without channel binding: RFC 5802 section 5 and 7, RFC 5929 and RFC 9266 (what is bound to).
 *
 *   C: gs2-header client-first-bare         n,,n=user,r=NONCE
 *   S: server-first                         r=NONCEours,s=salt,i=iterations
 *   C: client-final                         c=gs2 header and binding,r=NONCEours,p=proof
 *   S: server-final                         v=signature
 *   C: (nothing)
 */
#include "lib/base/base.h"

#include "lib/sasl/mechanism_steps.h"

#include "lib/sasl/password_scheme.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define MESSAGE_MAX 8192 /* octets of one message of the client */
#define BINDING_MAX 1024

enum scram_phase { PHASE_FIRST, PHASE_FINAL, PHASE_DONE };

struct scram {
    enum scram_phase phase;
    struct span header;  /* "p=tls-exporter,a=x,", as the client wrote it */
    struct span binding; /* octets that it has to prove; empty */
    struct span client_first_bare;
    const char *nonce; /* the client's and ours */
    const char *server_first;
    struct sasl_secret secret;
};

/* --- the first message --------------------------------------------------------------------------------------- */

static bool is_plus(const struct sasl_exchange *exchange)
{
    return (exchange->mechanism->traits & SASL_NEEDS_BINDING) != 0;
}

static struct span find_binding(const struct sasl_channel *channel, struct span type)
{
    if (span_equal_text(type, "tls-exporter"))
        return channel->exporter;
    if (span_equal_text(type, "tls-unique"))
        return channel->unique;
    if (span_equal_text(type, "tls-server-end-point"))
        return channel->endpoint;
    return SPAN_EMPTY;
}

/* gs2-cbind-flag = ("p=" cb-name) / "n" / "y". "y": the client thinks that we cannot bind; if we can, then
 * somebody on the way took it out of our offer. */
static bool take_binding_flag(struct sasl_exchange *exchange, struct scram *scram, struct span flag)
{
    const struct sasl_channel *channel = exchange->channel;

    if (span_starts_with(flag, "p=")) {
        scram->binding = find_binding(channel, span_skip(flag, 2));
        return is_plus(exchange) && scram->binding.len > 0;
    }
    if (is_plus(exchange))
        return false;
    return span_equal_text(flag, "n") ||
           (span_equal_text(flag, "y") && channel->exporter.len == 0 && channel->unique.len == 0);
}

/* [ "a=" saslname ]; GNU SASL writes an empty one for none. */
static bool take_authzid(struct sasl_exchange *exchange, struct span authzid)
{
    exchange->authzid = "";
    if (authzid.len == 0 || span_equal_text(authzid, "a="))
        return true;
    return span_starts_with(authzid, "a=") &&
           sasl_decode_name(exchange->arena, span_skip(authzid, 2), &exchange->authzid);
}

static bool is_nonce(struct span nonce)
{
    for (size_t i = 0; i < nonce.len; i++)
        if (nonce.data[i] < '!' || nonce.data[i] > '~' || nonce.data[i] == ',')
            return false;
    return nonce.len > 0;
}

/* "n=user,r=nonce[,extensions]"; "m=" would be an extension that we had to know */
static bool parse_bare(struct sasl_exchange *exchange, struct scram *scram, struct span bare)
{
    struct span name = span_take_until(&bare, ','), nonce = span_take_until(&bare, ',');

    if (!span_starts_with(name, "n=") || !span_starts_with(nonce, "r=") ||
        !sasl_decode_name(exchange->arena, span_skip(name, 2), &exchange->user) ||
        !is_nonce(span_skip(nonce, 2)))
        return false;
    nonce = span_skip(nonce, 2);
    scram->nonce =
        arena_printf(exchange->arena, "%.*s%s", SPAN_PRINTF(nonce), sasl_nonce(exchange->arena));
    return true;
}

static enum sasl_step take_first(struct sasl_exchange *exchange, struct span response)
{
    struct scram *scram = arena_new(exchange->arena, struct scram);
    struct span message = span_of(arena_text(exchange->arena, response), response.len);
    struct span rest = message, flag = span_take_until(&rest, ','),
                authzid = span_take_until(&rest, ',');

    exchange->state = scram;
    scram->header = span_first(message, message.len - rest.len);
    scram->client_first_bare = rest;
    if (rest.len == 0 || !take_binding_flag(exchange, scram, flag) ||
        !take_authzid(exchange, authzid) || !parse_bare(exchange, scram, rest))
        return SASL_STEP_MALFORMED;
    exchange->wanted = exchange->mechanism->variant;
    return SASL_STEP_SECRET;
}

enum sasl_step sasl_supply_scram(struct sasl_exchange *exchange, const struct sasl_secret *secret,
                                 struct span *challenge_r)
{
    struct scram *scram = exchange->state;
    char salt[SCRAM_SALT_MAX * 2];

    scram->secret = *secret;
    EVP_EncodeBlock((unsigned char *)salt, secret->scram.salt, (int)secret->scram.salt_len);
    scram->server_first = arena_printf(exchange->arena, "r=%s,s=%s,i=%" PRIu64, scram->nonce, salt,
                                       secret->scram.iterations);
    scram->phase = PHASE_FINAL;
    *challenge_r = span_text(scram->server_first);
    return SASL_STEP_CHALLENGE;
}

/* --- the proof --------------------------------------------------------------------------------------------------- */

static bool mac(const struct scram_secret *secret, const unsigned char *key, struct span text,
                unsigned char mac_r[SCRAM_KEY_MAX])
{
    return HMAC(EVP_get_digestbyname(secret->digest), key, (int)secret->key_len,
                (const unsigned char *)text.data, text.len, mac_r, NULL) != NULL;
}

/* c= is the header and what is bound to, as the client sees them. */
static bool is_bound(const struct scram *scram, struct span base64)
{
    unsigned char octets[MESSAGE_MAX];
    size_t len;

    return password_decode_base64(base64, octets, sizeof(octets), &len) &&
           len == scram->header.len + scram->binding.len && scram->binding.len <= BINDING_MAX &&
           memcmp(octets, scram->header.data, scram->header.len) == 0 &&
           (scram->binding.len == 0 || CRYPTO_memcmp(octets + scram->header.len,
                                                     scram->binding.data, scram->binding.len) == 0);
}

/* Is H(proof XOR ClientSignature) the StoredKey? */
static bool proves(const struct scram *scram, struct span auth_message, struct span base64)
{
    const struct scram_secret *secret = &scram->secret.scram;
    unsigned char proof[SCRAM_KEY_MAX + 3], signature[SCRAM_KEY_MAX], key[SCRAM_KEY_MAX];
    size_t len;

    if (!password_decode_base64(base64, proof, sizeof(proof), &len) || len != secret->key_len ||
        !mac(secret, secret->stored_key, auth_message, signature))
        return false;
    for (size_t i = 0; i < secret->key_len; i++)
        proof[i] ^= signature[i];
    return EVP_Digest(proof, secret->key_len, key, NULL, EVP_get_digestbyname(secret->digest),
                      NULL) == 1 &&
           CRYPTO_memcmp(key, secret->stored_key, secret->key_len) == 0 && scram->secret.is_known;
}

static struct span server_final(struct arena *arena, const struct scram_secret *secret,
                                struct span auth_message)
{
    unsigned char signature[SCRAM_KEY_MAX];
    char base64[SCRAM_KEY_MAX * 2];

    if (!mac(secret, secret->server_key, auth_message, signature))
        return SPAN_EMPTY;
    EVP_EncodeBlock((unsigned char *)base64, signature, (int)secret->key_len);
    return span_text(arena_printf(arena, "v=%s", base64));
}

static enum sasl_step take_final(struct sasl_exchange *exchange, struct span response,
                                 struct span *challenge_r)
{
    struct scram *scram = exchange->state;
    size_t before_proof = span_find_last(response, ',');
    struct span rest = response, binding = span_take_until(&rest, ','),
                nonce = span_take_until(&rest, ','), proof = span_skip(response, before_proof + 1),
                auth_message;

    if (!span_starts_with(binding, "c=") || !span_starts_with(nonce, "r=") ||
        !span_starts_with(proof, "p=") || memchr(response.data, '\0', response.len) != NULL)
        return SASL_STEP_MALFORMED;
    auth_message = span_text(
        arena_printf(exchange->arena, "%.*s,%s,%.*s", SPAN_PRINTF(scram->client_first_bare),
                     scram->server_first, SPAN_PRINTF(span_first(response, before_proof))));
    if (!span_equal_text(span_skip(nonce, 2), scram->nonce) ||
        !is_bound(scram, span_skip(binding, 2)) ||
        !proves(scram, auth_message, span_skip(proof, 2)))
        return SASL_STEP_FAILED;
    scram->phase = PHASE_DONE;
    *challenge_r = server_final(exchange->arena, &scram->secret.scram, auth_message);
    return challenge_r->len == 0 ? SASL_STEP_FAILED : SASL_STEP_CHALLENGE;
}

enum sasl_step sasl_advance_scram(struct sasl_exchange *exchange, struct span response,
                                  struct span *challenge_r)
{
    const struct scram *scram = exchange->state;

    if (response.data == NULL && exchange->round == 0)
        return SASL_STEP_CHALLENGE; /* the client begins: an empty challenge invites it */
    if (response.len > MESSAGE_MAX)
        return SASL_STEP_MALFORMED;
    if (scram == NULL)
        return memchr(response.data, '\0', response.len) == NULL ? take_first(exchange, response)
                                                                 : SASL_STEP_MALFORMED;
    switch (scram->phase) {
    case PHASE_FINAL:
        return take_final(exchange, response, challenge_r);
    case PHASE_DONE:
        return response.len == 0 ? SASL_STEP_VERIFIED : SASL_STEP_MALFORMED;
    case PHASE_FIRST:
        break;
    }
    return SASL_STEP_MALFORMED;
}
