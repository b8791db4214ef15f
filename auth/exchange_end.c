/* How an exchange ends: with a ticket, with a refusal that is held back, or because auth cannot say. */
#include "lib/base/base.h"

#include "auth/exchange_private.h"

#include <openssl/crypto.h>

struct span exchange_key(const uint64_t *id)
{
    return span_of(id, sizeof(*id));
}

void exchange_end(struct exchange *exchange)
{
    struct arena *arena = exchange->arena;

    hash_remove(exchange->peer->exchanges, exchange_key(&exchange->start.id));
    watch_free(&exchange->delay);
    if (exchange->sasl.password.len > 0)
        OPENSSL_cleanse((void *)(uintptr_t)exchange->sasl.password.data,
                        exchange->sasl.password.len);
    OPENSSL_cleanse(&exchange->result.secret, sizeof(exchange->result.secret));
    arena_free(&arena);
}

static void reply(struct exchange *exchange, const struct sasl_reply *message)
{
    struct sasl_reply whole = *message;

    whole.id = exchange->start.id;
    peer_send(exchange->peer, &sasl_reply_message, &whole);
}

void exchange_challenge(struct exchange *exchange, struct span challenge)
{
    reply(exchange, &(struct sasl_reply){.outcome = SASL_CHALLENGE, .challenge = challenge});
}

/* What a client or a database said may be longer than a reply takes: it is for the log. */
static const char *cut(struct exchange *exchange, const char *text)
{
    return text == NULL ? NULL
                        : arena_text(exchange->arena, span_first(span_text(text), SASL_TEXT_MAX));
}

static void reply_failure(struct exchange *exchange, enum sasl_outcome outcome)
{
    struct peer *peer = exchange->peer;

    peer->references++; /* sending may close it */
    reply(exchange, &(struct sasl_reply){
                        .outcome = outcome,
                        .user = cut(exchange, exchange->user),
                        .reason = cut(exchange, exchange->reason),
                        .refusal = exchange->refusal,
                        .explanation = cut(exchange, exchange->explanation),
                    });
    if (!peer->is_closed)
        exchange_end(exchange);
    peer_release(peer);
}

/* --- failures ------------------------------------------------------------------------------------------------------ */

static void on_failure_due(void *context, int fd UNUSED, int events UNUSED)
{
    reply_failure(context, SASL_FAILED);
}

/* Whoever guesses shall wait. */
void exchange_fail_later(struct exchange *exchange, const char *user, const char *reason)
{
    const struct service_instance *instance = exchange->peer->auth->instance;

    exchange->user = arena_copy(exchange->arena, user);
    exchange->reason = arena_copy(exchange->arena, reason);
    exchange->is_waiting = true;
    watch_free(&exchange->delay);
    exchange->delay = watch_timer(instance->loop, on_failure_due, exchange);
    timer_arm(exchange->delay, (int64_t)instance->config->auth_failure_delay * 1000);
}

void exchange_fail_unavailable(struct exchange *exchange, const char *user, const char *reason)
{
    exchange->user = arena_copy(exchange->arena, user);
    exchange->reason = arena_copy(exchange->arena, reason);
    reply_failure(exchange, SASL_UNAVAILABLE);
}

/* --- success ------------------------------------------------------------------------------------------------------- */

static bool has_too_many(const struct exchange *exchange, const struct check_result *result)
{
    const struct auth *auth = exchange->peer->auth;
    const int limit = auth->instance->config->mail_max_userip_connections;

    return limit > 0 && !result->is_master && strcmp(exchange->start.protocol, "smtp") != 0 &&
           sessions_count(auth->sessions, exchange->start.protocol, result->user,
                          exchange->start.remote_address) >= (size_t)limit;
}

void exchange_let_in(struct exchange *exchange, const struct check_result *result)
{
    struct peer *peer = exchange->peer;
    struct auth *auth = peer->auth;
    const struct session_key session = {peer, exchange->start.id};
    struct auth_account_wire account;

    penalty_note_success(auth->penalties, exchange->start.remote_address);
    if (has_too_many(exchange, result)) {
        exchange->refusal = SASL_REFUSED_TOO_MANY;
        exchange->user = arena_copy(exchange->arena, result->user);
        exchange->reason = "Maximum number of connections from user+IP exceeded";
        reply_failure(exchange, SASL_FAILED);
        return;
    }
    if (strcmp(exchange->start.protocol, "smtp") != 0)
        sessions_begin(auth->sessions, session, exchange->start.protocol, result->user,
                       exchange->start.remote_address);
    ticket_describe(exchange->arena, result, &account);
    peer->references++;
    reply(exchange,
          &(struct sasl_reply){
              .outcome = SASL_OK,
              .user = result->user,
              .ticket = ticket_issue(auth->tickets, peer, exchange->start.protocol, result),
              .pass = pass_issue(auth->passes, PASS_FOR_TICKET, exchange->start.protocol,
                                 exchange->start.session, &account, exchange->arena),
              .pool = peer_pool(exchange->arena, result->place.uid, result->place.gid,
                                result->place.user),
          });
    if (!peer->is_closed)
        exchange_end(exchange);
    peer_release(peer);
}
