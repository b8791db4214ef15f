/*
 * What login and imapd say to each other over the connection that they keep. An imapd serves one session
 * after another, all with the same ids; a session that only waits is given back to login ("parked")
 * and goes on later in this or another imapd.
 *
 *   login -> imapd  session {client, ticket, ...}   a new one (lib/sasl/auth_client.h), or
 *                   resume {client, pass, state, ...}   a parked one
 *   imapd -> login  accepted {pid}     it is imapd's; or imapd hangs up, and it still is login's
 *   imapd -> login  watching {}        about to park: what watches mailboxes, please
 *   login -> imapd  notifier {}        with the inotify instance of this pool, if there is one
 *   imapd -> login  parked {client, pass, state, ...}   or  ended {}: imapd is free again
 *   imapd -> login  staying {}          it is not parked, after "watching": the session goes on
 *
 * The inotify instance is made by an imapd, because the kernel counts instances for the user who makes
 * them, and it belongs to all sessions of one pool; imapd adds watches, login reads events
 * and removes watches. Between "watching" and "parked" or "staying" login removes none: what imapd
 * was told of a directory that is watched already stays true.
 */
#ifndef BUZON_LIB_SASL_PARKING_H
#define BUZON_LIB_SASL_PARKING_H

#include "lib/sasl/auth_client.h"

#define PARKING_STATE_MAX   65536
#define PARKING_WATCHES_MAX 256

/* imapd is about to park a session that wants to hear of changes. No fields. */
struct parking_watching {
    char unused;
};

struct parking_notifier {
    int notifier; /* -1: there is none yet; imapd makes one */
};

struct parking_watch {
    uint64_t descriptor; /* of inotify_add_watch */
};

struct parking_parked {
    int client;           /* the client's socket again, or imapd's end of the socket pair */
    int notifier;         /* the instance that imapd has made; -1: it got one, or needs none */
    struct span pass;     /* of auth */
    struct span state;    /* opaque to login */
    const char *name;     /* how the session's last log line begins: "imap(ana)<12><x>" */
    const char *counters; /* how it ends, behind the octets: "deleted=0 expunged=0 ..." */
    uint64_t octets_in, octets_out;
    uint64_t silent_ms; /* since the client was heard for the last time */
    uint64_t notify_ms; /* until an idling client is told that we are here */
    bool idling;        /* in IDLE; else input alone is awaited */
    bool compressed;    /* the client reads deflate, at the end of an octet now: RFC 4978 */
    const struct parking_watch *watches;
    size_t watch_count;
};

struct parking_resume {
    int client;
    struct span pass, state;
    const char *session, *remote_address, *local_address;
    bool secured;
    bool changed;      /* a mailbox changed; else the client said something */
    struct span input; /* what it said, decrypted; empty when it is still in the socket */
    uint64_t told;     /* octets that login itself said to the client meanwhile */
    uint64_t silent_ms, notify_ms;
};

/* imapd does not park after all. No fields. */
struct parking_staying {
    char unused;
};

/* imapd has no session any more. No fields. */
struct parking_ended {
    char unused;
};

extern const struct ipc_message parking_watching_message, parking_notifier_message,
    parking_parked_message, parking_resume_message, parking_staying_message, parking_ended_message;

#endif
