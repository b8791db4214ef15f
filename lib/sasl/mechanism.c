/* SASL PLAIN and LOGIN as a table of mechanisms, each one function that takes a response. */
#include "lib/base/base.h"

#include "lib/sasl/mechanism.h"

struct sasl_mechanism {
    const char *name;
    enum sasl_step (*advance)(struct sasl_exchange *exchange, struct span response,
                              struct span *challenge_r);
};

/* A user name is text without NUL and not empty. */
static bool take_user(struct sasl_exchange *exchange, struct span user)
{
    if (user.len == 0 || memchr(user.data, '\0', user.len) != NULL)
        return false;
    exchange->user = arena_text(exchange->arena, user);
    return true;
}

static struct span keep(struct sasl_exchange *exchange, struct span octets)
{
    return span_of(arena_text(exchange->arena, octets), octets.len);
}

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
        !take_user(exchange, user))
        return SASL_STEP_MALFORMED;
    exchange->authzid = arena_text(exchange->arena, authzid);
    exchange->password = keep(exchange, response);
    return SASL_STEP_PASSWORD;
}

static enum sasl_step advance_login(struct sasl_exchange *exchange, struct span response,
                                    struct span *challenge_r)
{
    if (exchange->user == NULL && response.data == NULL) {
        *challenge_r = SPAN_LITERAL("Username:");
        return exchange->round == 0 ? SASL_STEP_CHALLENGE : SASL_STEP_MALFORMED;
    }
    if (exchange->user == NULL) {
        if (!take_user(exchange, response))
            return SASL_STEP_MALFORMED;
        *challenge_r = SPAN_LITERAL("Password:");
        return SASL_STEP_CHALLENGE;
    }
    if (response.len == 0)
        return SASL_STEP_MALFORMED;
    exchange->authzid = "";
    exchange->password = keep(exchange, response);
    return SASL_STEP_PASSWORD;
}

static const struct sasl_mechanism mechanisms[] = {
    {"PLAIN", advance_plain},
    {"LOGIN", advance_login},
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

enum sasl_step sasl_advance(struct sasl_exchange *exchange, struct span response,
                            struct span *challenge_r)
{
    enum sasl_step step;

    *challenge_r = SPAN_EMPTY;
    step = exchange->mechanism->advance(exchange, response, challenge_r);
    exchange->round++;
    return step;
}
