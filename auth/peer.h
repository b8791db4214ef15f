/*
 * A connection to auth: a login process with many SASL exchanges at a time, or an imapd or pop3d with a
 * ticket. Only processes of this instance reach our socket. A ticket cannot be guessed, so that knowing
 * one is the right to redeem it, once.
 */
#ifndef BUZON_AUTH_PEER_H
#define BUZON_AUTH_PEER_H

#include "auth/ticket.h"
#include "auth/worker.h"
#include "lib/service/service.h"

/* The process, as peers need it. */
struct auth {
    const struct service_instance *instance;
    struct passdb_chain *chain;
    struct worker_pool *workers;
    struct ticket_office *tickets;
    struct peer *peers;
};

/* peer_create - takes a connected, non-blocking descriptor */
void peer_create(struct auth *auth, int fd);

/* peers_close_descriptors - in a forked worker: it shall not hold connections open */
void peers_close_descriptors(const struct auth *auth);

#endif
