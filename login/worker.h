/*
 * The imapds and pop3ds that take sessions from this login. An imapd that has no session any more waits
 * here for the next one of its pool: accounts with the same ids, as auth says. A pool also has the
 * watches of its parked sessions (notifier.h).
 */
#ifndef BUZON_LOGIN_WORKER_H
#define BUZON_LOGIN_WORKER_H

#include "login/client.h"

struct pool {
    struct login *login;
    char *key;
    size_t references;
    struct notifier *notifier; /* NULL: no session waits for changes */
    size_t watching;           /* workers that are about to park a session which does */
};

enum worker_state {
    WORKER_ASKED, /* it has a session to take; a word is due */
    WORKER_BUSY,  /* it has a session */
    WORKER_FREE,
};

struct worker {
    struct login *login;
    struct pool *pool;
    enum worker_state state;
    struct connection *peer;
    struct watch *watch;
    struct client *client; /* NULL: free, or the client is gone */
    bool is_fresh;         /* this is its first session */
    bool is_watching;      /* counted in the pool */
    bool is_for_change;    /* counted in login->changes_served */
    bool is_heard;         /* what it says is being read */
    bool is_ended;
};

/* pool_hold - the pool of that key; pool_release ends it with its last holder, NULL is fine */
struct pool *pool_hold(struct login *login, const char *key);
void pool_release(struct pool **pool);

/*
 * worker_ask - offer the client's session, by this message, to a free worker of its pool or to a new one
 *
 *  fresh  only a new one will do
 *
 * True: client->worker is asked, and session_accepted or session_refused follows.
 */
bool worker_ask(struct client *client, const struct ipc_message *message, const void *offer,
                bool fresh, struct error *err) MUST_CHECK;
/* worker_leave - the client goes; a worker that is busy with it will notice */
void worker_leave(struct client *client);

/* --- what workers say: (handover.c) ------------------------------------------------------------ */

/* session_accepted - it has the client now; pid is its process */
void session_accepted(struct client *client, uint64_t pid);
/* session_refused - it hung up instead; client->worker is gone. `was_fresh`: another try is of no use */
void session_refused(struct client *client, bool was_fresh, const char *why);
/* session_ended - a session in a worker is over; client->worker is gone */
void session_ended(struct client *client);

#endif
