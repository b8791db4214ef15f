/*
 * How many recipients of which message may be in memory. Of each message a few always may
 * (qmgr_message_recipient_minimum). Besides, each transport has slots (..._recipient_limit): the first of its
 * jobs whose message is not read to its end has all that are free, so that the scheduler knows well what goes
 * next, and reading is done in large portions. Jobs behind it get some when they preempt another one
 * (..._extra_recipient_limit). A job lends its slots to its message as a whole: the recipients that are
 * read with them may be another transport's. Source: Postfix, SCHEDULER_README, section "Dealing with memory
 * resource limits". Nothing here reads a file; whoever does tells what was found.
 */
#ifndef BUZON_QMGR_READING_H
#define BUZON_QMGR_READING_H

#include "lib/base/base.h"

struct job;
struct job_list;

/* Of a transport. */
struct reading_limits {
    int recipients;          /* slots that its jobs share */
    int extra;               /* of those that preempt others, besides */
    int refill;              /* so many recipients are worth reading, */
    int64_t refill_delay_ms; /* or fewer when the last ones were read so long ago */
};

/* All messages. */
struct readings {
    int64_t in_memory;      /* recipients */
    struct reading *hungry; /* those of which more may be read now */
};

/* A message, as far as it has been read. */
struct reading {
    struct readings *all;
    uint64_t message; /* its number: later messages have larger ones */
    int64_t begun_ms; /* when it came */
    int64_t read_ms;  /* when it was read last */
    size_t unread;    /* recipients that are to be delivered and are not in memory */
    int64_t limit;    /* so many may be in memory, */
    int64_t used;     /* and so many are */
    struct job *jobs; /* as long as something is unread, none of them is forgotten */
    bool is_held;     /* nothing more for the moment */
    bool is_hungry;
    struct reading *previous, *next; /* hungry ones */
};

/* reading_begin - of message number `message`; `minimum` of its recipients may always be in memory. It lives until
 * reading_end. */
void reading_begin(struct reading *reading, struct readings *all, uint64_t message, int minimum,
                   int64_t now_ms);
/* reading_read - a portion was read, and so many recipients are unread now; when all of it is scheduled follows
 * reading_scheduled */
void reading_read(struct reading *reading, size_t unread, int64_t now_ms);
void reading_scheduled(struct reading *reading);
/* reading_hold - whether nothing more shall be read for the moment, whatever room there is */
void reading_hold(struct reading *reading, bool hold);
/* reading_end - its jobs go on without it */
void reading_end(struct reading *reading);

/* reading_share - so many recipients may be read now: for the first portion, in a queue manager that may have
 * `all` in memory; later */
int64_t reading_first_share(const struct reading *reading, int64_t all);
int64_t reading_next_share(const struct reading *reading);

/* --- for the jobs (qmgr/precedence.c) ------------------------------------------------------------------------ */

/* reading_join - a new job, in its place in the list. reading_rejoin - one that had nothing left gets entries */
void reading_join(struct job *job, struct reading *reading);
void reading_rejoin(struct job *job);
/* reading_leave - the job is going to be freed; its message may live on */
void reading_leave(struct job *job);
/* reading_add - recipients of a job are in memory; reading_remove - not any more */
void reading_add(struct job *job, int64_t count);
void reading_remove(struct job *job, int64_t count);
/* reading_preempts - it goes before others of its transport now */
void reading_preempts(struct job *job, int extra);

#endif
