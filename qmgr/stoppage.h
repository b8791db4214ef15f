/*
 * What schedule.c and stoppage.c share: the schedule itself, and what stops a transport or a destination for a while.
 * A stoppage is a delay between deliveries, or a death; the entries of what is dead are refused.
 */
#ifndef BUZON_QMGR_STOPPAGE_H
#define BUZON_QMGR_STOPPAGE_H

#include "qmgr/schedule.h"

#include "lib/base/hash.h"

struct schedule {
    schedule_limits *limits;
    void *context;
    struct transport *transports;
    struct hash *destinations; /* by transport, next hop and `who` */
    struct heap timers;        /* of stoppages */
    uint64_t sequence;         /* of entries and timers */
    struct readings readings;
    struct entry *refused, **refused_end;
    struct refusal told; /* of the entry that was handed out last */
};

/* schedule_settle (schedule.c) - after a change: a destination is where it belongs, or gone when nothing needs it */
void schedule_settle(struct schedule *schedule, struct destination *destination);

/* stoppage_is_dead - entries for it are refused */
bool stoppage_is_dead(const struct destination *destination);
/* stoppage_refuse - an entry that is in no heap waits for schedule_refused */
void stoppage_refuse(struct schedule *schedule, struct entry *entry);
/* stoppage_end - it is over; a destination that was dead starts again as if it were new */
void stoppage_end(struct schedule *schedule, struct stoppage *stoppage);
/* stoppage_delay - a delivery has ended: the next ones have to wait, where the limits say so */
void stoppage_delay(struct schedule *schedule, struct destination *destination, int64_t now_ms);
/* stoppage_destination_dies - and all its entries are refused; it may be gone afterwards */
void stoppage_destination_dies(struct schedule *schedule, struct destination *destination,
                               const struct refusal *refusal, int64_t now_ms);
void stoppage_release_refusal(struct refusal *refusal);

#endif
