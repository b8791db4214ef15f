/*
 * Which message of a transport goes first: in the order of their arrival, but a message with few deliveries
 * may preempt one with many, which is interrupted for it. Each delivery earns the interrupted message a slot
 * for 1/slot_cost of another delivery, so that it takes that much longer at the most, however many small
 * messages keep coming. Source: Postfix, SCHEDULER_README, section "preemptive scheduling"; parameters
 * ..._delivery_slot_cost, _loan, _discount, ..._minimum_delivery_slots.
 */
#ifndef BUZON_QMGR_PRECEDENCE_H
#define BUZON_QMGR_PRECEDENCE_H

#include "qmgr/reading.h"

struct entry;
struct hash;

struct slot_limits {
    int cost;     /* deliveries that earn a slot; less than 2: nobody is preempted */
    int loan;     /* slots that may be used before they are earned */
    int discount; /* percent of the slots that are needed: so many are lent too; 0 to 100 */
    int minimum;  /* who cannot earn so many is not preempted */
};

/* What a transport has to do for one message. */
struct job {
    struct job_list *list;
    uint64_t message;
    struct reading *reading; /* its message; NULL: not any more */
    int64_t rank;            /* whose is smaller goes first */
    int64_t queued_ms;
    struct entry *waiting; /* entries that no agent has yet */
    size_t waiting_count;
    size_t total;      /* entries that there ever were */
    size_t references; /* entries that wait or are in flight, and jobs that preempt this one */
    int64_t slots_available, slots_used;
    int slot_cost;      /* while it preempts another one */
    struct job *parent; /* which it preempts; NULL: none */
    size_t children;    /* that preempt it */
    struct job *previous, *next;
    /* Of the message's recipients (qmgr/reading.h): */
    int64_t recipients;   /* in memory */
    int64_t slots;        /* for so many; may be less, or more */
    bool is_retired;      /* the last portion had none for it */
    struct hash *filling; /* entries by destination that may get more; NULL: see schedule.c */
    struct job *next_of_message;
};

/* All of a transport, in the order of their messages' arrival. */
struct job_list {
    struct job *first, *last;
    int64_t unused;     /* slots for recipients that no job has */
    struct job *unread; /* first of the jobs whose messages are not read to their end */
    /* Who was found to pass whom; looked for again in the next second. */
    const struct job *passed; /* NULL: not looked for */
    struct job *passing;      /* NULL: nobody */
    struct job *looked_at;    /* the last one then; who came later may pass, too */
    int64_t found_s;
};

/* job_find - the job of a message in this list; NULL: there is none */
struct job *job_find(struct job_list *list, const struct reading *reading);
/* job_open - the job of a message to which entries are going to be added */
struct job *job_open(struct job_list *list, struct reading *reading)
    __attribute__((returns_nonnull));
/* job_was_read - there is no more of its message, or none in the last portion was for it; it may be gone */
void job_was_read(struct job *job);
/* job_list_free - what is left of all jobs */
void job_list_free(struct job_list *list);

/* job_add - an entry that waits. job_take - it goes to an agent. job_return - it is back, and waits again.
 * job_drop - it will not be delivered. job_leave - nothing is known of it any more; the job may be gone. */
void job_add(struct job *job, struct entry *entry);
void job_take(struct entry *entry);
void job_return(struct entry *entry);
void job_drop(struct entry *entry);
void job_leave(struct entry *entry);

/*
 * job_preempt - the job that goes before `current`, from now on; NULL: none may, or none would
 *
 *  is_ready  may this entry be delivered now? One at least of the other job may.
 *  extra_recipients  slots for recipients (qmgr/reading.h)
 *
 * Of what is unread of a message nobody knows to how many entries it comes: for a message that would pass
 * another one, each recipient counts as one.
 *
 * Its rank has changed: that of its entries is the caller's matter.
 */
typedef bool job_is_ready(const struct entry *entry);
struct job *job_preempt(struct job *current, const struct slot_limits *limits, int extra_recipients,
                        int64_t now_ms, job_is_ready *is_ready);

#endif
