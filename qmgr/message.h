/*
 * A message in memory, while it is in the active queue: its envelope, the deliveries into which those of its
 * recipients were grouped that have been read, and what there is still to tell of them. Recipients are read in
 * portions (qmgr/portions.h), and forgotten when their delivery has ended.
 */
#ifndef BUZON_QMGR_MESSAGE_H
#define BUZON_QMGR_MESSAGE_H

#include "qmgr/findings.h"
#include "qmgr/qmgr.h"

#include <sys/stat.h>

/* One block of memory with its texts. */
struct recipient {
    size_t number; /* place in the envelope */
    uint64_t dsn_notify;
    bool was_warned;     /* the sender was told of a delay */
    bool was_passed_on;  /* to best_mx_transport; not twice */
    const char *address; /* as in the envelope */
    const char *goes_to; /* as it was resolved */
    const char *original;
    const char *dsn_orcpt;
};

struct message {
    struct qmgr *qmgr;
    const char *queue_id;
    uint64_t number;
    struct arena *arena;
    int file;                       /* -1: see message_file */
    dev_t device;                   /* and which one it was, */
    ino_t inode;                    /* if it is closed */
    struct queue_envelope envelope; /* without the recipients */
    struct queue_position position; /* of those that were not read yet */
    struct reading reading;
    struct timeval active; /* since when it is */
    size_t pending;        /* recipients that are not done */
    size_t in_flight;      /* deliveries and notices that are under way */
    size_t deliveries;     /* that have not ended */
    size_t postponed;      /* recipients that were deferred */
    bool has_reasons;      /* there may be a file in defer/ */
    bool wrote_reasons;    /* this time */
    bool is_unreadable;    /* recipients remain that could not be read */
    bool flushed;          /* somebody wants it now */
    bool forced;           /* an administrator lets it expire */
    bool expired;          /* it is given up */
    bool bounce_failed;    /* nobody could be told of a failure */
    bool marked;           /* status octets were written and are not synced */
    bool is_unmarked;      /* the octet of the recipient at place `unmarked` does not say yet */
    size_t unmarked;       /* what it should */
    enum recipient_status unmarked_status;
    const char *verp; /* delimiters; NULL: all copies have one sender */
    struct findings failures, successes, delays, deferred;
    struct hash *flush_sites; /* for whose record it was deferred (fast_flush.h); NULL: none */
    struct hash *reasons;     /* notice_recipient of the last round by address, if it is forced */
    struct hash *owed;        /* notice_recipient by address, once they were read (owed.h) */
    struct message *next_retired;
    bool is_paused; /* what could not be done is tried again later: */
    struct watch *pause;
};

/* A delivery: recipients of one message that go to one destination in one request. */
struct delivery {
    struct entry entry;
    struct message *message;
    struct recipient **recipients;
    size_t count, capacity;
    size_t reported;        /* the first so many have their results */
    bool was_deferred;      /* some of them are to be tried again */
    bool again;             /* an agent has hung up on it; not twice */
    bool redirected;        /* to the retry service; not twice */
    struct refusal failure; /* why its destination could not be reached */
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

/* message_is_over - all recipients have been read, and all deliveries have ended */
bool message_is_over(const struct message *message);

/* delivery_create - without recipients; delivery_add - one more, taken; delivery_free - with all of them */
struct delivery *delivery_create(struct message *message) __attribute__((returns_nonnull));
void delivery_add(struct delivery *delivery, struct recipient *recipient);
void delivery_free(struct delivery *delivery);

#endif
