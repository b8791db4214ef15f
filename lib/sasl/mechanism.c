/* The table of mechanisms, and those that say who it is in one go: PLAIN, LOGIN, EXTERNAL. */
#include "lib/base/base.h"

#include "lib/sasl/mechanism_steps.h"

#include "lib/base/log.h"

#include <openssl/evp.h>
#include <sys/random.h>

#define NONCE_OCTETS 24

/* --- what mechanisms share -------------------------------------------------------------------------------- */

bool sasl_take_user(struct sasl_exchange *exchange, struct span user)
{
    if (user.len == 0 || memchr(user.data, '\0', user.len) != NULL)
        return false;
    exchange->user = arena_text(exchange->arena, user);
    return true;
}

/* saslname: "=2C" is a comma, "=3D" an equals sign, and no other "=" may stand in it. */
bool sasl_decode_name(struct arena *arena, struct span name, const char **name_r)
{
    char *decoded = arena_alloc(arena, name.len + 1), *out = decoded;

    if (name.len == 0 || memchr(name.data, '\0', name.len) != NULL)
        return false;
    while (name.len > 0) {
        if (name.data[0] != '=') {
            *out++ = name.data[0];
            name = span_skip(name, 1);
            continue;
        }
        if (span_starts_with(name, "=2C"))
            *out++ = ',';
        else if (span_starts_with(name, "=3D"))
            *out++ = '=';
        else
            return false;
        name = span_skip(name, 3);
    }
    *name_r = decoded;
    return true;
}

const char *sasl_nonce(struct arena *arena)
{
    unsigned char random[NONCE_OCTETS];
    char *text = arena_alloc(arena, NONCE_OCTETS * 2);

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        log_fatal("no random numbers from the system");
    EVP_EncodeBlock((unsigned char *)text, random, sizeof(random));
    return text;
}

static struct span keep(struct sasl_exchange *exchange, struct span octets)
{
    return span_of(arena_text(exchange->arena, octets), octets.len);
}

/* --- PLAIN, LOGIN, EXTERNAL -------------------------------------------------------------------------------- */

/* message = [authzid] NUL authcid NUL passwd: RFC 4616 section 2 */
static enum sasl_step advance_plain(struct sasl_exchange *exchange, struct span response,
                                    struct span *challenge_r)
{
    struct span authzid, user;

    if (response.data == NULL && exchange->round == 0) {
        *challenge_r = SPAN_EMPTY;
        return SASL_STEP_CHALLENGE;
    }
    if (response.len < 3 || span_find(response, '\0') == response.len)
        return SASL_STEP_MALFORMED;
    authzid = span_take_until(&response, '\0');
    if (span_find(response, '\0') == response.len)
        return SASL_STEP_MALFORMED;
    user = span_take_until(&response, '\0');
    if (response.len == 0 || memchr(response.data, '\0', response.len) != NULL ||
        !sasl_take_user(exchange, user))
        return SASL_STEP_MALFORMED;
    exchange->authzid = arena_text(exchange->arena, authzid);
    exchange->password = keep(exchange, response);
    return SASL_STEP_PASSWORD;
}

static enum sasl_step advance_login(struct sasl_exchange *exchange, struct span response,
                                    struct span *challenge_r)
{
    /* The mechanism has no initial response: one of nothing is none. */
    if (exchange->user == NULL &&
        (response.data == NULL || (exchange->round == 0 && response.len == 0))) {
        *challenge_r = SPAN_LITERAL("Username:");
        return exchange->round == 0 ? SASL_STEP_CHALLENGE : SASL_STEP_MALFORMED;
    }
    if (exchange->user == NULL) {
        if (!sasl_take_user(exchange, response))
            return SASL_STEP_MALFORMED;
        *challenge_r = SPAN_LITERAL("Password:");
        return SASL_STEP_CHALLENGE;
    }
    if (response.len == 0 || memchr(response.data, '\0', response.len) != NULL)
        return SASL_STEP_MALFORMED;
    exchange->authzid = "";
    exchange->password = keep(exchange, response);
    return SASL_STEP_PASSWORD;
}

/* The response is the identity to act as, or nothing: RFC 4422 appendix A. */
static enum sasl_step advance_external(struct sasl_exchange *exchange, struct span response,
                                       struct span *challenge_r)
{
    if (response.data == NULL && exchange->round == 0) {
        *challenge_r = SPAN_EMPTY;
        return SASL_STEP_CHALLENGE;
    }
    if (response.len > 0 && memchr(response.data, '\0', response.len) != NULL)
        return SASL_STEP_MALFORMED;
    if (!sasl_take_user(exchange, span_text(exchange->channel->certificate_name)))
        return SASL_STEP_FAILED;
    exchange->authzid = arena_text(exchange->arena, response);
    return SASL_STEP_IDENTITY;
}

/* --- the table --------------------------------------------------------------------------------------------- */

/* name, what it needs, what takes a response, what takes a secret, variant */
static const struct sasl_mechanism mechanisms[] = {
    {"PLAIN",              SASL_SENDS_PASSWORD,                    advance_plain,            NULL,                 NULL    },
    {"LOGIN",              SASL_SENDS_PASSWORD,                    advance_login,            NULL,                 NULL    },
    {"EXTERNAL",           SASL_NEEDS_CERTIFICATE,                 advance_external,         NULL,                 NULL    },
    {"CRAM-MD5",           SASL_NEEDS_SECRET,                      sasl_advance_cram_md5,    sasl_supply_cram_md5, NULL    },
    {"SCRAM-SHA-1",        SASL_NEEDS_SECRET,                      sasl_advance_scram,       sasl_supply_scram,    "SHA1"  },
    {"SCRAM-SHA-1-PLUS",   SASL_NEEDS_SECRET | SASL_NEEDS_BINDING, sasl_advance_scram,
     sasl_supply_scram,                                                                                            "SHA1"  },
    {"SCRAM-SHA-256",      SASL_NEEDS_SECRET,                      sasl_advance_scram,       sasl_supply_scram,    "SHA256"},
    {"SCRAM-SHA-256-PLUS", SASL_NEEDS_SECRET | SASL_NEEDS_BINDING, sasl_advance_scram,
     sasl_supply_scram,                                                                                            "SHA256"},
    {"OAUTHBEARER",        SASL_SENDS_PASSWORD | SASL_NEEDS_OAUTH, sasl_advance_oauthbearer, NULL,                 NULL    },
    {"XOAUTH2",            SASL_SENDS_PASSWORD | SASL_NEEDS_OAUTH, sasl_advance_xoauth2,     NULL,                 NULL    },
};

const struct sasl_mechanism *sasl_mechanism_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(mechanisms); i++)
        if (strcasecmp(mechanisms[i].name, name) == 0)
            return &mechanisms[i];
    return NULL;
}

const char *sasl_mechanism_name(const struct sasl_mechanism *mechanism)
{
    return mechanism->name;
}

unsigned sasl_mechanism_traits(const struct sasl_mechanism *mechanism)
{
    return mechanism->traits;
}

enum sasl_step sasl_advance(struct sasl_exchange *exchange, struct span response,
                            struct span *challenge_r)
{
    enum sasl_step step;

    *challenge_r = SPAN_EMPTY;
    step = exchange->mechanism->advance(exchange, response, challenge_r);
    exchange->round++;
    return step;
}

enum sasl_step sasl_supply(struct sasl_exchange *exchange, const struct sasl_secret *secret,
                           struct span *challenge_r)
{
    *challenge_r = SPAN_EMPTY;
    return exchange->mechanism->supply(exchange, secret, challenge_r);
}
