/*
 * A message in memory, while it is in the active queue: its envelope, the deliveries into which its
 * pending recipients were grouped, and what came of those so far.
 */
#ifndef BUZON_QMGR_MESSAGE_H
#define BUZON_QMGR_MESSAGE_H

#include "qmgr/qmgr.h"

#include "lib/delivery/notice.h"

#include <sys/stat.h>

/* Recipients with what there is to tell about them; grows in the message's arena. */
struct findings {
    struct notice_recipient *recipients; /* number: place in the envelope */
    size_t count, capacity;
    size_t told; /* the first so many are done with */
};

struct message {
    struct qmgr *qmgr;
    const char *queue_id;
    uint64_t number;
    struct arena *arena;
    int file; /* -1: see message_file */
    struct queue_envelope envelope;
    struct timeval active;            /* since when it is */
    size_t pending;                   /* recipients that are not done */
    size_t in_flight;                 /* deliveries and notices that are under way */
    size_t deliveries;                /* that have not ended */
    bool has_reasons;                 /* there may be a file in defer/ */
    bool flushed;                     /* somebody wants it now */
    bool forced;                      /* an administrator lets it expire */
    bool expired;                     /* it is given up */
    bool late;                        /* `delays` says whose sender is to be told */
    bool marked;                      /* status octets were written and are not synced */
    struct queue_recipient *unmarked; /* done, but its octet says otherwise; NULL: none is */
    const char *verp;                 /* delimiters; NULL: all copies have one sender */
    struct findings failures, successes, delays, deferred;
    struct message *next_retired;
    struct watch *pause; /* until what could not be done is tried again */
};

/* A delivery: recipients of one message that go to one destination in one request. */
struct delivery {
    struct entry entry;
    struct message *message;
    struct delivery_recipient *recipients; /* id: place in the envelope */
    size_t count, capacity;
    size_t reported;        /* the first so many have their results */
    bool again;             /* an agent has hung up on it; not twice */
    bool redirected;        /* to the retry service; not twice */
    struct refusal failure; /* why its destination could not be reached; the arena's */
};

static inline struct delivery *delivery_of(struct entry *entry)
{
    return (struct delivery *)(void *)((char *)entry - offsetof(struct delivery, entry));
}

enum message_origin {
    MESSAGE_ARRIVED, /* cleanup brings it this moment */
    MESSAGE_FOUND,   /* lies in incoming/ */
    MESSAGE_DUE,     /* comes from deferred/ */
    MESSAGE_FLUSHED, /* likewise, because somebody wants it now: defer_transports do not count */
};

enum activation {
    ACTIVATION_DONE,
    ACTIVATION_NOTHING, /* it is gone, or lies in corrupt/ */
    ACTIVATION_LATER,   /* it cannot be read or moved now; still where it was */
};

/*
 * message_activate - take a message into the active queue and schedule its deliveries
 *
 *  queue_id  valid, of a message that is not active
 *  file      open for reading and writing; taken, whatever happens
 *  status    of the file; may be NULL for MESSAGE_ARRIVED
 *
 * Trouble is logged. A message without pending recipients may be finished when this returns.
 */
enum activation message_activate(struct qmgr *qmgr, const char *queue_id, int file,
                                 const struct stat *status, enum message_origin origin);
/* message_is_active - is it in memory? */
bool message_is_active(const struct qmgr *qmgr, const char *queue_id);
/* message_free - forget it; whatever is on disk stays as it is */
void message_free(struct message *message);
/* message_retire - the same, while deliveries of it may be scheduled that are never going to begin */
void message_retire(struct message *message);

/* message_begin_flight - something of it is under way; message_end_flight, then service_release */
void message_begin_flight(struct message *message);
void message_end_flight(struct message *message);

/* message_file - the open queue file; -1 and *err when it cannot be opened (any more) */
int message_file(struct message *message, struct error *err) MUST_CHECK;

/* findings_add - the texts must live as long as the message */
void findings_add(struct message *message, struct findings *findings,
                  const struct notice_recipient *recipient);

#endif
