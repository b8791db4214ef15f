/*
 * OAUTHBEARER (RFC 7628) and XOAUTH2: a bearer token between fields that end in ^A. A token that is refused
 * gets last words in JSON, which the client answers by nothing before the exchange fails.
 */
#include "lib/base/base.h"

#include "lib/sasl/mechanism_steps.h"

#define SEPARATOR '\001'
#define TOKEN_MAX 32768

struct oauth {
    bool is_refused;
};

/* kvpairs: name=value ^A ..., then one more ^A; what we do not know is passed over */
static bool take_fields(struct sasl_exchange *exchange, struct span rest, struct span *user)
{
    struct span token = SPAN_EMPTY;

    while (rest.len > 0) {
        struct span value, field;
        if (span_find(rest, SEPARATOR) == rest.len)
            return false;
        field = span_take_until(&rest, SEPARATOR);
        if (field.len == 0)
            break;
        value = field;
        (void)span_take_until(&value, '=');
        if (span_starts_with(field, "user=") && user != NULL)
            *user = value;
        else if (span_starts_with(field, "auth=") && span_starts_with_nocase(value, "Bearer "))
            token = span_trim(span_skip(value, 7));
    }
    if (token.len == 0 || token.len > TOKEN_MAX || rest.len > 0)
        return false;
    for (size_t i = 0; i < token.len; i++)
        if (token.data[i] < '!' || token.data[i] > '~')
            return false;
    exchange->password = span_of(arena_text(exchange->arena, token), token.len);
    return true;
}

/* True when the response was dealt with: *step_r says how. */
static bool take_turn(struct sasl_exchange *exchange, struct span response, enum sasl_step *step_r)
{
    const struct oauth *oauth = exchange->state;

    if (oauth != NULL && oauth->is_refused)
        *step_r = SASL_STEP_FAILED;
    else if (response.data == NULL && exchange->round == 0)
        *step_r = SASL_STEP_CHALLENGE;
    else if (exchange->user != NULL || response.len == 0 ||
             memchr(response.data, '\0', response.len) != NULL)
        *step_r = SASL_STEP_MALFORMED;
    else
        return false;
    return true;
}

/* "a=" saslname, or nothing: then it is the token's user */
static bool take_authzid(struct sasl_exchange *exchange, struct span authzid)
{
    exchange->user = "";
    if (authzid.len == 0 || span_equal_text(authzid, "a="))
        return true;
    return span_starts_with(authzid, "a=") &&
           sasl_decode_name(exchange->arena, span_skip(authzid, 2), &exchange->user);
}

/* gs2-header kvsep *kvpair kvsep; the header is "n,a=user,"; channel binding is not for bearer tokens */
enum sasl_step sasl_advance_oauthbearer(struct sasl_exchange *exchange, struct span response,
                                        struct span *challenge_r UNUSED)
{
    struct span rest = response, flag, authzid;
    enum sasl_step step;

    if (take_turn(exchange, response, &step))
        return step;
    flag = span_take_until(&rest, ',');
    authzid = span_take_until(&rest, ',');
    if ((!span_equal_text(flag, "n") && !span_equal_text(flag, "y")) || rest.len == 0 ||
        rest.data[0] != SEPARATOR || !take_fields(exchange, span_skip(rest, 1), NULL) ||
        !take_authzid(exchange, authzid))
        return SASL_STEP_MALFORMED;
    exchange->authzid = "";
    return SASL_STEP_TOKEN;
}

/* "user=" user ^A "auth=Bearer " token ^A ^A */
enum sasl_step sasl_advance_xoauth2(struct sasl_exchange *exchange, struct span response,
                                    struct span *challenge_r UNUSED)
{
    struct span user = SPAN_EMPTY;
    enum sasl_step step;

    if (take_turn(exchange, response, &step))
        return step;
    if (!take_fields(exchange, response, &user))
        return SASL_STEP_MALFORMED;
    exchange->authzid = "";
    exchange->user = arena_text(exchange->arena, user);
    return SASL_STEP_TOKEN;
}

enum sasl_step sasl_refuse(struct sasl_exchange *exchange, struct span *challenge_r)
{
    struct oauth *oauth = arena_new(exchange->arena, struct oauth);

    oauth->is_refused = true;
    exchange->state = oauth;
    *challenge_r =
        exchange->mechanism->advance == sasl_advance_xoauth2
            ? SPAN_LITERAL("{\"status\":\"401\",\"schemes\":\"bearer\",\"scope\":\"mail\"}")
            : SPAN_LITERAL("{\"status\":\"invalid_token\"}");
    return SASL_STEP_CHALLENGE;
}
