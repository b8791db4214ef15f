/*
 * Peers and their exchanges. The table of requests says who may ask what; whatever else comes, or what
 * cannot be parsed, ends the connection.
 */
#include "lib/base/base.h"

#include "auth/peer.h"

#include "auth/exchange.h"
#include "lib/base/log.h"
#include "lib/sasl/offer.h"

#include <unistd.h>

#define EXCHANGES_MAX 20000 /* of one peer at a time */
#define DRAIN_MS      500

/* --- the end ---------------------------------------------------------------------------------------------------- */

static void release(struct peer *peer)
{
    const struct service_instance *instance = peer->auth->instance;

    if (!peer->is_closed || peer->references > 0)
        return;
    hash_free(&peer->exchanges, NULL);
    mem_free(peer->pool);
    arena_free(&peer->arena);
    mem_free(peer);
    service_release(instance);
}

void peer_release(struct peer *peer)
{
    peer->references--;
    release(peer);
}

static void close_peer(struct peer *peer)
{
    struct peer **at = &peer->auth->peers;
    size_t position = 0;
    struct span key;
    void *exchange;

    if (peer->is_closed)
        return;
    peer->is_closed = true;
    while (*at != peer)
        at = &(*at)->next;
    *at = peer->next;
    ticket_void_all(peer->auth->tickets, peer);
    sessions_end_all(peer->auth->sessions, peer);
    while (hash_next(peer->exchanges, &position, &key, &exchange))
        exchange_abandon(exchange);
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

void peer_send(struct peer *peer, const struct ipc_message *message, const void *object)
{
    struct error err = {0};

    if (peer->is_closed)
        return;
    if (!ipc_send(peer->connection, message, object, &err)) {
        close_malformed(peer, &err);
        return;
    }
    watch_events(peer->watch, LOOP_READ | (ipc_wants_write(peer->connection) ? LOOP_WRITE : 0));
}

/* --- requests ------------------------------------------------------------------------------------------------------- */

static bool on_sasl_start(struct peer *peer, struct error *err)
{
    struct sasl_start start = {0};
    const struct sasl_mechanism *mechanism;

    if (!ipc_receive(peer->connection, &sasl_start_message, peer->arena, &start, err))
        return false;
    if (hash_get(peer->exchanges, exchange_key(&start.id)) != NULL ||
        hash_count(peer->exchanges) >= EXCHANGES_MAX) {
        error_set(err, ERROR_MALFORMED, "an exchange id that is in use, or too many exchanges");
        return false;
    }
    mechanism = sasl_offer_find(peer->auth->instance->config, start.mechanism);
    if (mechanism == NULL)
        peer_send(peer, &sasl_reply_message,
                  &(struct sasl_reply){
                      .id = start.id, .outcome = SASL_FAILED, .reason = "unsupported mechanism"});
    else
        exchange_begin(peer, &start, mechanism);
    return true;
}

static bool on_sasl_continue(struct peer *peer, struct error *err)
{
    struct sasl_continue next = {0};
    struct exchange *exchange;

    if (!ipc_receive(peer->connection, &sasl_continue_message, peer->arena, &next, err))
        return false;
    exchange = hash_get(peer->exchanges, exchange_key(&next.id));
    if (exchange != NULL) /* else it ended in the meantime */
        exchange_continue(exchange, &next);
    return true;
}

static bool on_session_end(struct peer *peer, struct error *err)
{
    struct sasl_session session = {0};

    if (!ipc_receive(peer->connection, &session_end_message, peer->arena, &session, err))
        return false;
    sessions_end(peer->auth->sessions, (struct session_key){peer, session.id});
    return true;
}

/* Of a login that was there before us. */
static bool on_session_note(struct peer *peer, struct error *err)
{
    struct sasl_session session = {0};

    if (!ipc_receive(peer->connection, &session_note_message, peer->arena, &session, err))
        return false;
    sessions_begin(peer->auth->sessions, (struct session_key){peer, session.id}, session.protocol,
                   session.user, session.remote_address);
    return true;
}

/* --- session daemons ----------------------------------------------------------------------------------------------- */

const char *peer_pool(struct arena *arena, uint64_t uid, uint64_t gid, const char *system_user)
{
    return arena_printf(arena, "%" PRIu64 ":%" PRIu64 ":%s", uid, gid,
                        system_user == NULL ? "" : system_user);
}

/* NULL, or why not. */
static const char *redeem(const struct peer *peer, const struct ticket_redemption *redemption,
                          struct auth_account_wire *account_r)
{
    const struct pass_office *passes = peer->auth->passes;

    if (redemption->ticket[0] == '\0')
        return pass_accept(passes, PASS_FOR_PARKED, redemption, peer->arena, account_r)
                   ? NULL
                   : "no good pass, or one that is too old";
    return ticket_redeem(peer->auth->tickets, redemption->ticket, redemption->protocol, peer->arena,
                         account_r) ||
                   pass_accept(passes, PASS_FOR_TICKET, redemption, peer->arena, account_r)
               ? NULL
               : "no such ticket";
}

/* A process that serves one account after another has the ids of the first for good. */
static bool is_of_its_pool(struct peer *peer, const struct auth_account_wire *account)
{
    const struct place_wire *place = &account->place;
    const char *pool = peer_pool(peer->arena, place->uid, place->gid, place->system_user);

    if (peer->pool == NULL)
        peer->pool = mem_text(pool);
    return strcmp(peer->pool, pool) == 0;
}

static bool on_redeem(struct peer *peer, struct error *err)
{
    struct ticket_redemption redemption = {0};
    struct auth_account_wire account = {0};
    const char *refusal;

    if (!ipc_receive(peer->connection, &ticket_redemption_message, peer->arena, &redemption, err))
        return false;
    refusal = redeem(peer, &redemption, &account);
    if (refusal == NULL && !is_of_its_pool(peer, &account))
        refusal = "an account with other ids than the process has";
    if (refusal != NULL)
        account = (struct auth_account_wire){.ok = false, .reason = refusal};
    else if (redemption.wants_pass)
        account.pass = pass_issue(peer->auth->passes, PASS_FOR_PARKED, redemption.protocol,
                                  redemption.session, &account, peer->arena);
    return ipc_send(peer->connection, &auth_account_message, &account, err);
}

/* --- the dispatcher -------------------------------------------------------------------------------------------------- */

/* message, handler, what the peer becomes by its first one and must be at each further one */
static const struct request {
    const struct ipc_message *message;
    bool (*run)(struct peer *peer, struct error *err);
    enum peer_role role;
} requests[] = {
    {&sasl_start_message,        on_sasl_start,    PEER_FRONT  },
    {&sasl_continue_message,     on_sasl_continue, PEER_FRONT  },
    {&ticket_redemption_message, on_redeem,        PEER_SESSION},
    {&session_end_message,       on_session_end,   PEER_FRONT  },
    {&session_note_message,      on_session_note,  PEER_FRONT  },
};

static bool run_request(struct peer *peer, const struct request *request, struct error *err)
{
    if (peer->role == PEER_NEW)
        peer->role = request->role;
    if (peer->role == request->role)
        return request->run(peer, err);
    error_set(err, ERROR_MALFORMED, "\"%s\" from a peer that may not ask it",
              request->message->name);
    return false;
}

static bool run_next(struct peer *peer, struct error *err)
{
    struct span name;

    if (!ipc_next(peer->connection, &name, err))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(requests); i++)
        if (span_equal_text(name, requests[i].message->name))
            return run_request(peer, &requests[i], err);
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
    peer_release(peer);
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

/*
 * Tickets go with their holders: whoever redeems one now comes to our successor, with the pass. Who is
 * asked to end as we are hangs up by himself; others are given the time, so that no question is lost.
 */
static void on_drain_timer(void *context, int fd UNUSED, int events UNUSED)
{
    struct auth *auth = context;

    for (struct peer *peer = auth->peers, *next; peer != NULL; peer = next) {
        next = peer->next;
        if (hash_count(peer->exchanges) == 0)
            close_peer(peer);
    }
    if (auth->peers != NULL)
        timer_arm(auth->drain_timer, DRAIN_MS);
}

void peers_drain(struct auth *auth)
{
    auth->drain_timer = watch_timer(auth->instance->loop, on_drain_timer, auth);
    timer_arm(auth->drain_timer, DRAIN_MS);
}

void peers_close_descriptors(const struct auth *auth)
{
    for (const struct peer *peer = auth->peers; peer != NULL; peer = peer->next)
        close(connection_fd(peer->connection));
}
