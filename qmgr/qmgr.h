/*
 * What the parts of the queue manager share. There is one struct qmgr; each part has a header that
 * says what it does with it:
 *
 *   client    requests of cleanup and the tools          schedule  who is delivered next
 *   feed      which message becomes active, and when     agent     requests to delivery agents
 *   message   a message in memory                        outcome   the result of each recipient
 *   portions  some of its recipients at a time           findings  what there is to tell of them
 *   reading   how many may be in memory                  hungry    and when more are read
 *   jobs      who goes where, together with whom         finish    what comes of the message then
 *   due       deferred messages by date                  notify    requests to the bounce service
 *   pool      connections to services                    limits    what transports allow
 *   tables    when to leave because they changed
 *   precedence  which message may overtake another       verp      senders that name the recipient
 *   verify    what would become of mail (sendmail -bv)   window    concurrency of a destination,
 *   filling   deliveries that others may join            feedback  and what changes it
 *   fast_flush  what was deferred, for the flush service
 *   stoppage  delays between deliveries, and what is dead for a while
 *   clog      warnings of destinations that take up much of the active queue
 *   owed      reports of success that a crash must not lose
 *   succession  taking over from the queue manager before us, and leaving to the next
 */
#ifndef BUZON_QMGR_QMGR_H
#define BUZON_QMGR_QMGR_H

#include "qmgr/due.h"
#include "qmgr/schedule.h"

#include "lib/base/hash.h"
#include "lib/base/strlist.h"
#include "lib/config/master_cf.h"
#include "lib/queue/queue_portions.h"
#include "lib/route/route.h"
#include "lib/service/service.h"

struct qmgr {
    const struct service_instance *instance;
    const struct config *config;
    int queue_directory;
    struct loop *loop;
    struct master_cf *services; /* for the process limits of transports */
    struct strlist defer_transports;
    struct timeval started;

    struct route *route;
    int64_t tables_checked_ms;
    struct watch *leave_timer;
    struct schedule *schedule;
    struct watch *schedule_timer;
    struct notifier *notifier;
    struct fast_flush *fast_flush;
    struct feed *feed;
    struct clients *clients;
    struct due due;

    struct hash *active;   /* struct message by queue id */
    size_t open_files;     /* queue files that messages keep open, */
    size_t open_files_max; /* and so many may stay so */
    uint64_t messages;     /* that ever were active: gives them numbers */
    struct arena *scratch; /* for what a callback needs until it returns */
    struct queue_reader *reader;
    struct arena *portion; /* recipients that were just read */
    int lock;              /* on active/: the queue is ours; -1: not any more */
    struct watch *adopt_timer;
    struct message *retired; /* let go; the schedule still refers to them */
    bool draining;           /* what is in flight is finished, nothing is begun */
};

#endif
