/*
 * The steps of an exchange. A mechanism says what it needs next (lib/sasl/mechanism.h); questions to the
 * databases go to the workers, after the penalty of the address; wrong answers are held back.
 */
#include "lib/base/base.h"

#include "auth/exchange_private.h"

#include "auth/username.h"
#include "lib/base/log.h"
#include "lib/sasl/offer.h"

#include <openssl/crypto.h>

static void take_step(struct exchange *exchange, enum sasl_step step, struct span challenge);

/* --- the databases' answer ----------------------------------------------------------------------------------------- */

static void note_guess(struct exchange *exchange)
{
    const struct question *question = &exchange->question;
    struct buf guess = BUF(BUF_UNLIMITED);

    buf_put_text(&guess, question->user);
    buf_put_char(&guess, '\0');
    buf_put(&guess, question->kind == ASK_PASSWORD
                        ? question->password
                        : exchange_key(&exchange->start.id)); /* a proof does not tell of what */
    penalty_note_failure(exchange->peer->auth->penalties, exchange->start.remote_address,
                         buf_span(&guess));
    if (guess.data != NULL)
        OPENSSL_cleanse(guess.data, guess.len);
    buf_release(&guess);
}

static void refuse(struct exchange *exchange, const struct check_result *result)
{
    struct span challenge;

    note_guess(exchange);
    exchange->refusal = (enum sasl_refusal)result->refusal;
    exchange->explanation = arena_copy(exchange->arena, result->explanation);
    if (exchange->question.kind == ASK_TOKEN &&
        sasl_refuse(&exchange->sasl, &challenge) == SASL_STEP_CHALLENGE) {
        exchange->reason = arena_copy(exchange->arena, result->reason);
        take_step(exchange, SASL_STEP_CHALLENGE, challenge);
        return;
    }
    exchange_fail_later(exchange, result->user, result->reason);
}

static void act_on(struct exchange *exchange, const struct check_result *result)
{
    switch (result->outcome) {
    case CHECK_PASSED:
        exchange_let_in(exchange, result);
        break;
    case CHECK_FAILED:
        refuse(exchange, result);
        break;
    case CHECK_UNAVAILABLE:
        exchange_fail_unavailable(exchange, result->user, result->reason);
        break;
    }
}

/* The answer's texts live as long as the exchange from here on. */
static void keep_result(struct exchange *exchange, const struct check_result *result)
{
    struct check_result *kept = &exchange->result;
    struct arena *arena = exchange->arena;

    *kept = *result;
    kept->reason = arena_copy(arena, result->reason);
    kept->explanation = arena_copy(arena, result->explanation);
    kept->user = arena_copy(arena, result->user);
    kept->place.path = arena_copy(arena, result->place.path);
    kept->place.home = arena_copy(arena, result->place.home);
    kept->place.user = arena_copy(arena, result->place.user);
}

static void on_answer(void *context, const struct check_result *result)
{
    struct exchange *exchange = context;
    struct peer *peer = exchange->peer;

    exchange->is_waiting = false;
    exchange->is_asked = false;
    auth_cache_note(peer->auth->cache, exchange->asked_at, &exchange->question, result);
    if (exchange->is_abandoned) {
        exchange_end(exchange);
    } else if (exchange->question.kind == ASK_SECRET && result->outcome != CHECK_UNAVAILABLE) {
        struct span challenge;
        enum sasl_step step;
        keep_result(exchange, result);
        step = sasl_supply(&exchange->sasl, &exchange->result.secret, &challenge);
        take_step(exchange, step, challenge);
    } else {
        act_on(exchange, result);
    }
    peer_release(peer);
}

/* --- questions ---------------------------------------------------------------------------------------------------- */

static void ask_now(struct exchange *exchange)
{
    struct auth *auth = exchange->peer->auth;
    struct check_result cached;

    exchange->is_waiting = false;
    if (auth_cache_find(auth->cache, &exchange->question, exchange->arena, &cached)) {
        act_on(exchange, &cached);
        return;
    }
    exchange->is_waiting = true;
    exchange->is_asked = true;
    exchange->asked_at = auth_cache_age(auth->cache);
    exchange->peer->references++;
    worker_ask(auth->workers, &exchange->question, on_answer, exchange);
}

static void on_penalty_over(void *context, int fd UNUSED, int events UNUSED)
{
    struct exchange *exchange = context;

    watch_free(&exchange->delay);
    ask_now(exchange);
}

static void ask(struct exchange *exchange)
{
    struct auth *auth = exchange->peer->auth;
    int64_t delay_ms = penalty_delay_ms(auth->penalties, exchange->start.remote_address);

    if (delay_ms == 0) {
        ask_now(exchange);
        return;
    }
    exchange->is_waiting = true;
    exchange->delay = watch_timer(auth->instance->loop, on_penalty_over, exchange);
    timer_arm(exchange->delay, delay_ms);
}

/* Who logs in, and as whom: "user*master", or an identity beside the name. False: the exchange has failed. */
static bool name_parties(struct exchange *exchange, struct question *question)
{
    const struct config *config = exchange->peer->auth->instance->config;
    struct sasl_exchange *sasl = &exchange->sasl;
    const char *user = sasl->user, *act_as = sasl->authzid;
    bool names_another = act_as[0] != '\0';

    if (!names_another)
        names_another = username_split_master(config, exchange->arena, sasl->user, &act_as, &user);
    if (user[0] == '\0' && question->kind == ASK_TOKEN) {
        question->user = ""; /* only the token says it */
        question->act_as = "";
        return true;
    }
    question->user = username_normalise(config, exchange->arena, user);
    question->act_as = names_another ? username_normalise(config, exchange->arena, act_as) : "";
    if (question->user == NULL || question->act_as == NULL) {
        if (config->auth_verbose)
            log_info("auth: passdb(%s,%s,<%s>): not a user name", sasl->user,
                     exchange->start.remote_address, exchange->start.session);
        exchange_fail_later(exchange, sasl->user, "not a user name");
        return false;
    }
    if (strcmp(question->user, question->act_as) == 0)
        question->act_as = ""; /* as himself */
    return true;
}

static void put_question(struct exchange *exchange, enum question_kind kind)
{
    struct question *question = &exchange->question;

    *question = (struct question){
        .kind = kind,
        .password = exchange->sasl.password,
        .wanted = exchange->sasl.wanted == NULL ? "" : exchange->sasl.wanted,
        .protocol = exchange->start.protocol,
        .remote_address = exchange->start.remote_address,
        .session = exchange->start.session,
    };
    if (name_parties(exchange, question))
        ask(exchange);
}

/* --- steps -------------------------------------------------------------------------------------------------------- */

static const char *name_so_far(const struct exchange *exchange)
{
    return exchange->sasl.user == NULL ? "" : exchange->sasl.user;
}

static void fail_proof(struct exchange *exchange)
{
    struct check_result failed = exchange->result;
    const struct question *question = &exchange->question;

    if (exchange->question.kind == ASK_TOKEN || exchange->question.protocol == NULL) {
        exchange_fail_later(exchange, name_so_far(exchange),
                            exchange->reason == NULL ? "authentication failed" : exchange->reason);
        return;
    }
    if (failed.secret.is_known && exchange->peer->auth->instance->config->auth_verbose)
        log_info("auth: sasl(%s,%s,<%s>): Password mismatch", question->user,
                 question->remote_address, question->session);
    failed.refusal = REFUSED_NOT; /* he has not shown that he may know */
    failed.reason = "Password mismatch";
    refuse(exchange, &failed);
}

static void take_step(struct exchange *exchange, enum sasl_step step, struct span challenge)
{
    switch (step) {
    case SASL_STEP_CHALLENGE:
        exchange_challenge(exchange, challenge);
        break;
    case SASL_STEP_PASSWORD:
        put_question(exchange, ASK_PASSWORD);
        break;
    case SASL_STEP_SECRET:
        put_question(exchange, ASK_SECRET);
        break;
    case SASL_STEP_TOKEN:
        put_question(exchange, ASK_TOKEN);
        break;
    case SASL_STEP_IDENTITY:
        put_question(exchange, ASK_ACCOUNT);
        break;
    case SASL_STEP_VERIFIED:
        act_on(exchange, &exchange->result);
        break;
    case SASL_STEP_FAILED:
        fail_proof(exchange);
        break;
    case SASL_STEP_MALFORMED:
        exchange_fail_later(exchange, name_so_far(exchange), "malformed SASL response");
        break;
    }
}

static void advance(struct exchange *exchange, struct span response)
{
    struct span challenge;
    enum sasl_step step = sasl_advance(&exchange->sasl, response, &challenge);

    take_step(exchange, step, challenge);
}

/* --- beginning ------------------------------------------------------------------------------------------------------ */

static struct span copy_octets(struct arena *arena, struct span octets)
{
    return octets.len == 0 ? SPAN_EMPTY : span_of(arena_text(arena, octets), octets.len);
}

/* What is not offered to be bound to is not there: the client must be free to say that he sees no such offer. */
static void describe_channel(struct exchange *exchange, const struct sasl_start *start,
                             const struct sasl_mechanism *mechanism)
{
    const struct config *config = exchange->peer->auth->instance->config;
    struct arena *arena = exchange->arena;

    exchange->channel = (struct sasl_channel){
        .hostname = config->myhostname,
        .certificate_name = arena_copy(arena, start->certificate_name),
    };
    if (!sasl_offer_binds(config, mechanism))
        return;
    exchange->channel.exporter = copy_octets(arena, start->binding_exporter);
    exchange->channel.unique = copy_octets(arena, start->binding_unique);
    exchange->channel.endpoint = copy_octets(arena, start->binding_endpoint);
}

void exchange_begin(struct peer *peer, const struct sasl_start *start,
                    const struct sasl_mechanism *mechanism)
{
    struct arena *arena = arena_create();
    struct exchange *exchange = arena_new(arena, struct exchange);

    *exchange = (struct exchange){.peer = peer, .arena = arena, .start = *start};
    exchange->start.protocol = arena_copy(arena, start->protocol);
    exchange->start.mechanism = sasl_mechanism_name(mechanism);
    exchange->start.remote_address = arena_copy(arena, start->remote_address);
    exchange->start.session = arena_copy(arena, start->session);
    describe_channel(exchange, start, mechanism);
    exchange->sasl = (struct sasl_exchange){
        .mechanism = mechanism, .arena = arena, .channel = &exchange->channel};
    hash_put(peer->exchanges, exchange_key(&exchange->start.id), exchange);
    advance(exchange, !start->has_initial           ? SPAN_EMPTY
                      : start->initial.data == NULL ? span_of("", 0)
                                                    : start->initial);
}

void exchange_abandon(struct exchange *exchange)
{
    if (exchange->is_asked)
        exchange->is_abandoned = true; /* it goes when the answer comes */
    else
        exchange_end(exchange);
}

void exchange_continue(struct exchange *exchange, const struct sasl_continue *next)
{
    if (exchange->is_asked)
        exchange->is_abandoned = exchange->is_abandoned || next->cancel;
    else if (next->cancel)
        exchange_end(exchange);
    else if (!exchange->is_waiting)
        advance(exchange, next->response.data == NULL ? span_of("", 0) : next->response);
}
