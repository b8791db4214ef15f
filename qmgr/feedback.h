/*
 * What deliveries do to the concurrency window of their destination, and the log of it
 * (destination_concurrency_feedback_debug).
 */
#ifndef BUZON_QMGR_FEEDBACK_H
#define BUZON_QMGR_FEEDBACK_H

#include "qmgr/schedule.h"

/* feedback_reached - it went well; in_flight: deliveries that ran, this one included */
void feedback_reached(struct destination *destination, int in_flight);
/* feedback_unreachable - it did not, and the destination is not dead yet. True: now it is. */
bool feedback_unreachable(struct destination *destination) MUST_CHECK;

#endif
