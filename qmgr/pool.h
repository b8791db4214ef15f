/*
 * Connections to one service of ours, kept and reused, each busy with one thing at a time: to the
 * delivery agents of a transport, to the bounce service.
 */
#ifndef BUZON_QMGR_POOL_H
#define BUZON_QMGR_POOL_H

#include "lib/io/ipc.h"
#include "lib/io/loop.h"

struct peer {
    struct pool *pool;
    struct connection *connection;
    struct watch *watch;
    void *work;        /* what it is busy with; NULL: idle */
    unsigned uses;     /* how many times it was taken */
    bool in_message;   /* of which something is not yet read or written */
    bool in_callback;  /* not to be freed before its callback returns, */
    bool ended;        /* but then */
    struct peer *next; /* in the pool's list of idle or of busy ones */
};

struct pool_settings {
    const char *service; /* its name in master.cf; borrowed as long as the pool */
    int maximum;         /* connections; 0: as many as are asked for */
    int idle_ms;         /* how long an unused one is kept */
    int busy_ms;         /* how long a peer may say nothing while it is busy, */
    int ipc_ms;          /* and in the middle of a message, or while it does not read */
    unsigned uses; /* after so many a connection is renewed, and the process behind it with it */
    void *context;

    /* A message is there. False: it was no good; on_lost follows. The peer may be given back. */
    bool (*on_message)(struct peer *peer, void *context, struct error *err);
    /* The peer that was busy with this is gone (ERROR_NONE: in good order). */
    void (*on_lost)(void *work, void *context, const struct error *err);
};

struct pool;

struct pool *pool_create(struct loop *loop, const struct pool_settings *settings)
    __attribute__((returns_nonnull));
/* pool_free - with all connections, also busy ones; no callback is called */
void pool_free(struct pool **pool);

/* pool_take - an idle or a new connection, now busy with `work`. NULL: all are busy (ERROR_NONE), or
 * the service cannot be reached. */
struct peer *pool_take(struct pool *pool, void *work, struct error *err) MUST_CHECK;
/* pool_sent - after a message was sent to the peer: wait for what the socket did not take at once */
void pool_sent(struct peer *peer);
/* pool_give_back - it is idle again */
void pool_give_back(struct peer *peer);
/* pool_drop - close it; on_lost is not called */
void pool_drop(struct peer *peer);
/* pool_close_idle - nothing is going to come for a while */
void pool_close_idle(struct pool *pool);

#endif
