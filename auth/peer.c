/*
 * Peers and their exchanges. The table of requests says who may ask what; whatever else comes, or what
 * cannot be parsed, ends the connection.
 */
#include "lib/base/base.h"

#include "auth/peer.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/sasl/mechanism.h"

#include <openssl/crypto.h>
#include <unistd.h>

#define EXCHANGES_MAX 20000 /* of one peer at a time */

struct peer {
    struct auth *auth;
    struct peer *next;
    struct connection *connection;
    struct watch *watch;
    struct hash *exchanges; /* by id */
    struct arena *arena;    /* of the message that is being read */
    unsigned references;    /* checks under way whose answers will come back here */
    bool is_closed;
};

struct exchange {
    struct peer *peer;
    struct arena *arena;
    struct sasl_start start; /* copied */
    struct sasl_exchange sasl;
    struct watch *delay;
    const char *user, *reason;
    bool is_waiting; /* for a worker or for the delay: no further response is due */
};

/* --- the end of exchanges and peers ------------------------------------------------------------------------ */

static struct span id_key(const uint64_t *id)
{
    return span_of(id, sizeof(*id));
}

static void end_exchange(struct exchange *exchange)
{
    struct arena *arena = exchange->arena;

    hash_remove(exchange->peer->exchanges, id_key(&exchange->start.id));
    watch_free(&exchange->delay);
    if (exchange->sasl.password.len > 0)
        OPENSSL_cleanse((void *)(uintptr_t)exchange->sasl.password.data,
                        exchange->sasl.password.len);
    arena_free(&arena);
}

static void release(struct peer *peer)
{
    const struct service_instance *instance = peer->auth->instance;

    if (!peer->is_closed || peer->references > 0)
        return;
    hash_free(&peer->exchanges, NULL);
    arena_free(&peer->arena);
    mem_free(peer);
    service_release(instance);
}

static void close_peer(struct peer *peer)
{
    struct peer **at = &peer->auth->peers;
    size_t position = 0;
    struct span key;
    void *value;

    if (peer->is_closed)
        return;
    peer->is_closed = true;
    while (*at != peer)
        at = &(*at)->next;
    *at = peer->next;
    ticket_void_all(peer->auth->tickets, peer);
    /* Exchanges that a worker has go when its answer comes. */
    while (hash_next(peer->exchanges, &position, &key, &value)) {
        struct exchange *exchange = value;
        if (!exchange->is_waiting || exchange->delay != NULL)
            end_exchange(exchange);
    }
    watch_free(&peer->watch);
    connection_free(&peer->connection);
    release(peer);
}

static void close_malformed(struct peer *peer, const struct error *err)
{
    if (err->kind != ERROR_NONE)
        log_warning("auth: %s", err->text);
    close_peer(peer);
}

/* --- answers ---------------------------------------------------------------------------------------------------- */

static void send_reply(struct peer *peer, const struct sasl_reply *reply)
{
    struct error err = {0};

    if (peer->is_closed)
        return;
    if (!ipc_send(peer->connection, &sasl_reply_message, reply, &err)) {
        close_malformed(peer, &err);
        return;
    }
    watch_events(peer->watch, LOOP_READ | (ipc_wants_write(peer->connection) ? LOOP_WRITE : 0));
}

static void send_failure(struct exchange *exchange, enum sasl_outcome outcome)
{
    const struct sasl_reply reply = {
        .id = exchange->start.id,
        .outcome = outcome,
        .user = exchange->user,
        .reason = exchange->reason,
    };
    struct peer *peer = exchange->peer;

    send_reply(peer, &reply);
    if (!peer->is_closed)
        end_exchange(exchange);
}

static void on_delay_over(void *context, int fd UNUSED, int events UNUSED)
{
    send_failure(context, SASL_FAILED);
}

/* Whoever guesses shall wait. */
static void fail_later(struct exchange *exchange, const char *user, const char *reason)
{
    const struct service_instance *instance = exchange->peer->auth->instance;

    exchange->user = arena_copy(exchange->arena, user);
    exchange->reason = arena_copy(exchange->arena, reason);
    exchange->is_waiting = true;
    exchange->delay = watch_timer(instance->loop, on_delay_over, exchange);
    timer_arm(exchange->delay, (int64_t)instance->config->auth_failure_delay * 1000);
}

static void answer_check(struct exchange *exchange, const struct check_result *result)
{
    struct peer *peer = exchange->peer;
    struct sasl_reply reply = {.id = exchange->start.id, .outcome = SASL_OK, .user = result->user};

    switch (result->outcome) {
    case CHECK_PASSED:
        reply.ticket = ticket_issue(peer->auth->tickets, peer, exchange->start.protocol, result);
        send_reply(peer, &reply);
        if (!peer->is_closed)
            end_exchange(exchange);
        break;
    case CHECK_FAILED:
        fail_later(exchange, result->user, result->reason);
        break;
    case CHECK_UNAVAILABLE:
    case CHECK_WOULD_BLOCK:
        exchange->user = arena_copy(exchange->arena, result->user);
        exchange->reason = arena_copy(exchange->arena, result->reason);
        send_failure(exchange, SASL_UNAVAILABLE);
        break;
    }
}

static void on_checked(void *context, const struct check_result *result)
{
    struct exchange *exchange = context;
    struct peer *peer = exchange->peer;

    exchange->is_waiting = false;
    if (peer->is_closed)
        end_exchange(exchange);
    else
        answer_check(exchange, result);
    peer->references--;
    release(peer);
}

/* --- an exchange's steps ------------------------------------------------------------------------------------- */

static void check_password(struct exchange *exchange)
{
    struct auth *auth = exchange->peer->auth;
    const char *user =
        passdb_normalise(auth->instance->config, exchange->arena, exchange->sasl.user);
    struct credentials credentials = {
        .user = user,
        .password = exchange->sasl.password,
        .protocol = exchange->start.protocol,
        .remote_address = exchange->start.remote_address,
        .session = exchange->start.session,
    };
    struct check_result result;

    if (user == NULL) {
        fail_later(exchange, exchange->sasl.user, "not a user name");
        return;
    }
    if (exchange->sasl.authzid[0] != '\0' &&
        strcmp(exchange->sasl.authzid, exchange->sasl.user) != 0) {
        fail_later(exchange, user, "may not act as another user");
        return;
    }
    result = passdb_check(auth->chain, exchange->arena, &credentials, false);
    if (result.outcome == CHECK_WOULD_BLOCK) {
        exchange->is_waiting = true;
        exchange->peer->references++;
        worker_check(auth->workers, &credentials, on_checked, exchange);
    } else {
        answer_check(exchange, &result);
    }
}

static void advance(struct exchange *exchange, struct span response)
{
    struct sasl_reply reply = {.id = exchange->start.id, .outcome = SASL_CHALLENGE};

    switch (sasl_advance(&exchange->sasl, response, &reply.challenge)) {
    case SASL_STEP_CHALLENGE:
        send_reply(exchange->peer, &reply);
        break;
    case SASL_STEP_PASSWORD:
        check_password(exchange);
        break;
    case SASL_STEP_MALFORMED:
        fail_later(exchange, exchange->sasl.user == NULL ? "" : exchange->sasl.user,
                   "malformed SASL response");
        break;
    }
}

static bool is_offered(const struct config *config, const char *mechanism)
{
    struct strlist offered = STRLIST_EMPTY;
    bool found;

    strlist_split(&offered, config->auth_mechanisms, ", \t\r\n");
    found = strlist_has_nocase(&offered, mechanism);
    strlist_release(&offered);
    return found;
}

static struct exchange *begin_exchange(struct peer *peer, const struct sasl_start *start,
                                       const struct sasl_mechanism *mechanism)
{
    struct arena *arena = arena_create();
    struct exchange *exchange = arena_new(arena, struct exchange);

    *exchange = (struct exchange){.peer = peer, .arena = arena, .start = *start};
    exchange->start.protocol = arena_copy(arena, start->protocol);
    exchange->start.remote_address = arena_copy(arena, start->remote_address);
    exchange->start.session = arena_copy(arena, start->session);
    exchange->sasl = (struct sasl_exchange){.mechanism = mechanism, .arena = arena};
    hash_put(peer->exchanges, id_key(&exchange->start.id), exchange);
    return exchange;
}

/* --- requests ------------------------------------------------------------------------------------------------------- */

static bool on_sasl_start(struct peer *peer, struct error *err)
{
    struct sasl_start start = {0};
    const struct sasl_mechanism *mechanism;

    if (!ipc_receive(peer->connection, &sasl_start_message, peer->arena, &start, err))
        return false;
    if (hash_get(peer->exchanges, id_key(&start.id)) != NULL ||
        hash_count(peer->exchanges) >= EXCHANGES_MAX) {
        error_set(err, ERROR_MALFORMED, "an exchange id that is in use, or too many exchanges");
        return false;
    }
    mechanism = sasl_mechanism_find(start.mechanism);
    if (mechanism == NULL || !is_offered(peer->auth->instance->config, start.mechanism)) {
        send_reply(peer, &(struct sasl_reply){.id = start.id,
                                              .outcome = SASL_FAILED,
                                              .reason = "unsupported mechanism"});
        return true;
    }
    advance(begin_exchange(peer, &start, mechanism), !start.has_initial           ? SPAN_EMPTY
                                                     : start.initial.data == NULL ? span_of("", 0)
                                                                                  : start.initial);
    return true;
}

static bool on_sasl_continue(struct peer *peer, struct error *err)
{
    struct sasl_continue next = {0};
    struct exchange *exchange;

    if (!ipc_receive(peer->connection, &sasl_continue_message, peer->arena, &next, err))
        return false;
    exchange = hash_get(peer->exchanges, id_key(&next.id));
    if (exchange == NULL)
        return true; /* it ended in the meantime */
    if (exchange->is_waiting && exchange->delay == NULL)
        return true; /* a worker has it; its answer goes nowhere */
    if (next.cancel)
        end_exchange(exchange);
    else if (!exchange->is_waiting)
        advance(exchange, next.response.data == NULL ? span_of("", 0) : next.response);
    return true;
}

static bool on_redeem(struct peer *peer, struct error *err)
{
    struct ticket_redemption redemption = {0};
    struct auth_account_wire account = {0};

    if (!ipc_receive(peer->connection, &ticket_redemption_message, peer->arena, &redemption, err))
        return false;
    if (!ticket_redeem(peer->auth->tickets, redemption.ticket, redemption.protocol, peer->arena,
                       &account))
        account = (struct auth_account_wire){.ok = false, .reason = "no such ticket"};
    return ipc_send(peer->connection, &auth_account_message, &account, err);
}

static const struct request {
    const struct ipc_message *message;
    bool (*run)(struct peer *peer, struct error *err);
} requests[] = {
    {&sasl_start_message,        on_sasl_start   },
    {&sasl_continue_message,     on_sasl_continue},
    {&ticket_redemption_message, on_redeem       },
};

static bool run_next(struct peer *peer, struct error *err)
{
    struct span name;

    if (!ipc_next(peer->connection, &name, err))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(requests); i++)
        if (span_equal_text(name, requests[i].message->name))
            return requests[i].run(peer, err);
    error_set(err, ERROR_MALFORMED, "unknown request \"%.*s\"", SPAN_PRINTF(name));
    return false;
}

static void on_peer(void *context, int fd UNUSED, int events)
{
    struct peer *peer = context;
    struct error err = {0};

    if ((events & LOOP_WRITE) != 0 && !ipc_write_ready(peer->connection, &err)) {
        close_malformed(peer, &err);
        return;
    }
    if ((events & LOOP_READ) != 0 && !ipc_read_ready(peer->connection, &err)) {
        close_malformed(peer, &err);
        return;
    }
    peer->references++; /* a request may close the peer */
    while (!peer->is_closed && ipc_complete(peer->connection)) {
        if (!run_next(peer, &err)) {
            close_malformed(peer, &err);
            break;
        }
        if (!peer->is_closed)
            arena_reset(peer->arena);
    }
    if (!peer->is_closed)
        watch_events(peer->watch, LOOP_READ | (ipc_wants_write(peer->connection) ? LOOP_WRITE : 0));
    peer->references--;
    release(peer);
}

/* --- arrivals ----------------------------------------------------------------------------------------------------------- */

void peer_create(struct auth *auth, int fd)
{
    struct peer *peer = mem_new(struct peer);

    *peer = (struct peer){.auth = auth, .next = auth->peers};
    peer->connection = connection_create(fd);
    peer->exchanges = hash_create();
    peer->arena = arena_create();
    ipc_event_driven(peer->connection);
    peer->watch = watch_fd(auth->instance->loop, fd, LOOP_READ, on_peer, peer);
    auth->peers = peer;
}

void peers_close_descriptors(const struct auth *auth)
{
    for (const struct peer *peer = auth->peers; peer != NULL; peer = peer->next)
        close(connection_fd(peer->connection));
}
