/*
 * Who is delivered next. Transports (smtp, local, ...) have destinations (a next hop, or a recipient
 * where a delivery takes one recipient only), destinations have entries: recipients of one message
 * that go in one delivery. Nothing here knows sockets, files or clocks; times are the caller's.
 *
 * Order: messages go in the order of their arrival, but small ones may preempt large ones
 * (precedence.h); entries of a message, in the order in which they were added. What may not be delivered
 * just now holds up nobody behind it.
 *
 * Failure: a destination whose deliveries fail to reach it, and a transport whose agents cannot be
 * reached, are dead for a while. Entries of theirs are then refused: schedule_refused hands them out.
 */
#ifndef BUZON_QMGR_SCHEDULE_H
#define BUZON_QMGR_SCHEDULE_H

#include "qmgr/heap.h"
#include "qmgr/precedence.h"
#include "qmgr/window.h"

struct transport_limits {
    int processes;  /* deliveries at once; at least 1 */
    int recipients; /* of one delivery; at least 1 */
    struct window_limits window;
    struct slot_limits slots;
    struct reading_limits reading;
    int64_t destination_delay_ms; /* between deliveries to one destination; then one at a time */
    int64_t transport_delay_ms;   /* between deliveries of the transport; likewise */
    int64_t destination_dead_ms, transport_dead_ms; /* how long they stay so */
    bool logs_feedback;                             /* destination_concurrency_feedback_debug */
};

/* Why something is dead. */
struct refusal {
    char *status; /* "4.4.1" */
    char *text;
};

enum stoppage_kind { STOPPAGE_NONE, STOPPAGE_DELAY, STOPPAGE_DEAD };

/* What stops a transport or a destination for a while. */
struct stoppage {
    enum stoppage_kind kind;
    struct refusal refusal;          /* of the last death; outlives it */
    struct destination *destination; /* whose it is; NULL: a transport's */
    struct heap_node timer;          /* its end */
};

struct transport {
    char *name;
    struct transport_limits limits;
    void *agents; /* of whoever delivers */
    int in_flight;
    struct job_list jobs;
    struct heap ready; /* destinations that may be delivered to, by their first entry */
    struct stoppage stoppage;
    struct destination *destinations;
    struct transport *next;
};

struct entry {
    struct heap_node order;
    struct destination *destination;
    struct job *job;
    size_t recipients;                           /* so many are in it */
    struct entry *previous_in_job, *next_in_job; /* while it waits */
    struct entry *next_refused;
};

struct destination {
    struct transport *transport;
    char *nexthop;
    char *name; /* key in the table of all */
    size_t name_len;
    struct heap entries;
    struct heap_node ready;
    struct window window;
    int in_flight;
    size_t refused; /* entries that wait for schedule_refused */
    struct stoppage stoppage;
    int64_t warned_ms; /* when it was last said that it takes up too much; 0: never */
    struct destination *previous, *next;
    uint64_t filling;     /* number of the message that was added last, */
    struct entry *filled; /* and its last entry here */
};

/* How the limits of a transport are found when its name first occurs. */
typedef struct transport_limits schedule_limits(void *context, const char *transport);

struct schedule *schedule_create(schedule_limits *limits, void *context)
    __attribute__((returns_nonnull));
/* schedule_free - entries are the caller's */
void schedule_free(struct schedule **schedule);

struct transport *schedule_transport(struct schedule *schedule, const char *name)
    __attribute__((returns_nonnull));
/* schedule_transports - the first of all transports; the rest hang on ->next */
struct transport *schedule_transports(const struct schedule *schedule);

/*
 * schedule_destination - found or made; it lives until all entries that were added are done
 *
 *  who  sets destinations of the same next hop apart; "" where nothing does
 */
struct destination *schedule_destination(struct schedule *schedule, struct transport *transport,
                                         const char *nexthop, const char *who)
    __attribute__((returns_nonnull));

/* schedule_filling - the entry of a message that was added last to this destination, if it waits: it may get more
 * recipients. NULL: there is none. */
struct entry *schedule_filling(struct destination *destination, const struct reading *reading);
/* schedule_add - an entry of a message, with the recipients that it has; borrowed until it is done or refused */
void schedule_add(struct schedule *schedule, struct destination *destination, struct entry *entry,
                  struct reading *reading);
/* schedule_join - an entry that waits has one recipient more */
void schedule_join(struct entry *entry);

/* schedule_readings - what reading_begin wants to know of */
struct readings *schedule_readings(struct schedule *schedule);
/* schedule_length - entries of a destination that wait or are in flight */
size_t schedule_length(const struct destination *destination);

/* schedule_has_agents - a delivery of this transport could begin now */
bool schedule_has_agents(const struct transport *transport);

/* schedule_next - the transport's next entry, now in flight; NULL: none, or none may go now */
struct entry *schedule_next(struct schedule *schedule, struct transport *transport, int64_t now_ms);

enum delivery_verdict {
    VERDICT_REACHED,     /* the destination took or refused all recipients, for good */
    VERDICT_UNREACHABLE, /* it did not: the refusal says why */
    VERDICT_UNKNOWN,     /* neither: it put recipients off, or the agent failed */
};

/* schedule_done - an entry in flight has ended; refusal only with VERDICT_UNREACHABLE, borrowed. The
 * destination may be gone afterwards. */
void schedule_done(struct schedule *schedule, struct entry *entry, enum delivery_verdict verdict,
                   const struct refusal *refusal, int64_t now_ms);
/* schedule_again - an entry in flight goes back to where it was, to be the next */
void schedule_again(struct schedule *schedule, struct entry *entry);

/* schedule_transport_dies - its agents cannot be reached */
void schedule_transport_dies(struct schedule *schedule, struct transport *transport,
                             const struct refusal *refusal, int64_t now_ms);

/* schedule_transport_waits - its agents are too busy to be reached just now */
void schedule_transport_waits(struct schedule *schedule, struct transport *transport,
                              int64_t until_ms);

/* schedule_refused - the next entry that was refused and why (the texts are borrowed until the next
 * call); it is no longer scheduled. NULL: none. */
struct entry *schedule_refused(struct schedule *schedule, struct refusal *refusal_r);

/* schedule_tick - end the stoppages that are over; ms until the next call is needed, -1: none is */
int64_t schedule_tick(struct schedule *schedule, int64_t now_ms);
/* schedule_revive - nothing is dead any more (an administrator's flush) */
void schedule_revive(struct schedule *schedule);

#endif
