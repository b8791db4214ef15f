/*
 * Parking: a session that only waits is given back to login, and goes on later in this or another imapd
 * (lib/sasl/parking.h).
 */
#ifndef BUZON_IMAPD_PARK_H
#define BUZON_IMAPD_PARK_H

#include "imapd/session.h"
#include "lib/sasl/parking.h"

/* Of a mailbox's directories. */
#define IMAPD_WATCHED                                                                              \
    (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MODIFY)

/* Of the session: what it needs to be parked. */
struct imapd_parking {
    struct connection *login; /* NULL: it is gone, or there is none: nothing is parked */
    struct span pass;
    bool parked;     /* it is login's now: no last words, no log line */
    bool is_brief;   /* it came only to be told of a change, and can leave at once */
    bool is_refused; /* its state is too long */
};

/* What goes along with the state of a session that leaves. */
struct imapd_leaving {
    struct parking_watch watches[PARKING_WATCHES_MAX];
    size_t watch_count;
    int notifier; /* ours or login's */
    bool is_ours;
};

/* imapd_leaving_add - what inotify_add_watch said; false: that it cannot be, or there are too many */
bool imapd_leaving_add(struct imapd_leaving *leaving, int descriptor) MUST_CHECK;

/* Of a session that is told what happens: in IDLE, or by NOTIFY between two commands. */
struct imapd_idle {
    bool is_command;   /* IDLE */
    int64_t ends_ms;   /* the client said nothing for too long */
    int64_t notify_ms; /* when it is told that we are still here; 0: never */
    int64_t park_ms;   /* when the session shall be parked; 0: never */
    int notifier;      /* -1: there is none */
};

/* imapd_park_delay_ms - how long to wait before imapd_park is worth a try; -1: not at all */
int imapd_park_delay_ms(const struct imapd_session *session);
/* imapd_park - true: the session is login's, and over here; false: it goes on. idle is NULL where only input is
 * awaited. */
bool imapd_park(struct imapd_session *session, const struct imapd_idle *idle) MUST_CHECK;
/* imapd_park_when_due - likewise at idle->park_ms, which is set anew */
bool imapd_park_when_due(struct imapd_session *session, struct imapd_idle *idle) MUST_CHECK;
/* imapd_unpark - go on with a parked session whose store is open: also through IDLE (unpark.c) */
void imapd_unpark(struct imapd_session *session, const struct parking_resume *resume);

/* imapd_idle - the rest of an IDLE command, from "+ idling" on (idle.c) */
void imapd_idle(struct imapd_session *session, struct imapd_idle *idle);

#endif
