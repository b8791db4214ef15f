/*
 * SASL responses: the first octet chooses the mechanism, lines are responses. Secrets are there at once, and
 * tokens are refused.
 */
#include "lib/base/base.h"

#include "lib/sasl/mechanism.h"

#define ROUNDS_MAX 10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {
    "PLAIN",       "LOGIN",         "EXTERNAL",           "CRAM-MD5",
    "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "OAUTHBEARER",
    "XOAUTH2"};

static enum sasl_step supply(struct sasl_exchange *exchange, struct span *challenge)
{
    struct sasl_secret secret = {.is_known = true};

    secret.scram.digest = strcmp(exchange->wanted, "SHA1") == 0 ? "SHA1" : "SHA256";
    secret.scram.key_len = strcmp(exchange->wanted, "SHA1") == 0 ? 20 : 32;
    secret.scram.iterations = 1;
    secret.scram.salt_len = 16;
    return sasl_supply(exchange, &secret, challenge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sasl_channel channel = {.hostname = "mail.example",
                                         .exporter = SPAN_LITERAL("exporter"),
                                         .certificate_name = "cert"};
    struct sasl_exchange exchange = {.arena = arena_create(), .channel = &channel};
    struct span rest = span_of(data, size), challenge;
    enum sasl_step step = SASL_STEP_CHALLENGE;

    exchange.mechanism = sasl_mechanism_find(names[size == 0 ? 0 : data[0] % ARRAY_LENGTH(names)]);
    rest = span_skip(rest, 1);
    while (rest.len > 0 && exchange.round < ROUNDS_MAX && step == SASL_STEP_CHALLENGE) {
        step = sasl_advance(&exchange, span_take_until(&rest, '\n'), &challenge);
        if (step == SASL_STEP_SECRET)
            step = supply(&exchange, &challenge);
        else if (step == SASL_STEP_TOKEN)
            step = sasl_refuse(&exchange, &challenge);
    }
    ASSERT(step != SASL_STEP_VERIFIED);
    arena_free(&exchange.arena);
    return 0;
}
