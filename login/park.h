/*
 * Parked sessions: an imapd has given the client back, with its state, because nothing happens. login
 * keeps both, tells idling clients that the server is still here, and finds a worker for the
 * session as soon as the client says something or a mailbox that it waits for changes.
 */
#ifndef BUZON_LOGIN_PARK_H
#define BUZON_LOGIN_PARK_H

#include "login/notifier.h"

/* Of park.c and park_take.c. */
struct park {
    struct client *client;
    struct park *next, *previous;                 /* of login->parked */
    struct park *next_changed, *previous_changed; /* of login->first_changed */
    bool is_queued;
    bool is_changed; /* why it is waking */
    bool idling, compressed;
    unsigned tries;
    int inner; /* TLS, with client->relay: imapd's end, from which it had not read all; else -1 */
    int64_t silent_since_ms, notify_at_ms, try_at_ms;
    uint64_t octets_in, octets_out, told;
    char *name, *counters;
    struct buf pass, state;
    struct notice *notices;
    size_t notice_count;
};

/* park_begin - the client's worker gives it back; takes parked->client and parked->notifier out of it.
 * It may be gone when this returns. */
void park_begin(struct client *client, struct parking_parked *parked);
/* park_on_event - of a client that is parked */
void park_on_event(struct client *client, int events);
/* park_resumed - a worker, the process `pid`, has taken the session */
void park_resumed(struct client *client, uint64_t pid);
/* park_refused - it did not */
void park_refused(struct client *client, bool was_fresh, const char *why);
/* park_note_change - the mailbox changed; park_serve_changes then finds workers, for some at a time */
void park_note_change(struct park *park);
void park_serve_changes(struct login *login);
/* park_free - what is kept beside the client, which is going */
void park_free(struct client *client);
/* park_end_all - the server stops: parked clients are told so */
void park_end_all(struct login *login);

/* park_enlist - in login->parked */
void park_enlist(struct park *park);
/* park_wake - ask a worker, a new one if it must be fresh, to go on; false: none could be asked, and the
 * client may be gone */
bool park_wake(struct client *client, bool fresh);

/* park_log_end - the last line of a session that ends here, as imapd writes it */
void park_log_end(const char *name, const char *counters, uint64_t in, uint64_t out,
                  const char *reason);

#endif
