/*
 * A connection to auth: a login process with many SASL exchanges at a time, or an imapd or pop3d with a
 * ticket. Only processes of this instance reach our socket. A ticket cannot be guessed, so that knowing
 * one is the right to redeem it, once. Whoever redeems is a session daemon from then on: it may ask
 * for further accounts with the same ids, because it serves one session after another, and nothing else.
 */
#ifndef BUZON_AUTH_PEER_H
#define BUZON_AUTH_PEER_H

#include "auth/cache.h"
#include "auth/pass.h"
#include "auth/penalty.h"
#include "auth/sessions.h"
#include "auth/ticket.h"
#include "auth/worker.h"
#include "lib/base/hash.h"
#include "lib/service/service.h"

/* The process, as peers need it. */
struct auth {
    const struct service_instance *instance;
    struct passdb_chain *chain;
    struct worker_pool *workers;
    struct auth_cache *cache; /* NULL: nothing is kept */
    struct watch *cache_timer;
    struct penalty_office *penalties;
    struct session_office *sessions;
    struct ticket_office *tickets;
    struct pass_office *passes;
    struct peer *peers;
    struct watch *drain_timer; /* NULL: nobody has asked us to end */
};

enum peer_role { PEER_NEW, PEER_FRONT, PEER_SESSION };

/* Of peer.c and exchange.c. */
struct peer {
    struct auth *auth;
    struct peer *next;
    enum peer_role role;
    char *pool; /* SESSION: of what was redeemed first */
    struct connection *connection;
    struct watch *watch;
    struct hash *exchanges; /* by id */
    struct arena *arena;    /* of the message that is being read */
    unsigned references;    /* questions under way whose answers will come back here */
    bool is_closed;
};

/* peer_create - takes a connected, non-blocking descriptor */
void peer_create(struct auth *auth, int fd);

/* peers_drain - this process ends: peers with which nothing is going on shall soon find another one */
void peers_drain(struct auth *auth);
/* peers_close_descriptors - in a forked worker: it shall not hold connections open */
void peers_close_descriptors(const struct auth *auth);

/* peer_send - a message to it; what cannot be sent ends the peer. For exchange.c. */
void peer_send(struct peer *peer, const struct ipc_message *message, const void *object);
/* peer_pool - who may have the process of whom: the same ids and groups, nothing less; the arena's */
const char *peer_pool(struct arena *arena, uint64_t uid, uint64_t gid, const char *system_user);
/* peer_release - one reference less */
void peer_release(struct peer *peer);

#endif
