/*
 * When more of a message is read, of those for which there are slots (qmgr/reading.h): when it is worth it, or when
 * without that a transport would have nothing to do for it. Source: Postfix, qmgr(8),
 * ..._recipient_refill_limit, ..._recipient_refill_delay.
 */
#ifndef BUZON_QMGR_HUNGRY_H
#define BUZON_QMGR_HUNGRY_H

#include "qmgr/schedule.h"

/* hungry_next - one of them; NULL: there is none */
struct reading *hungry_next(const struct readings *readings, int64_t now_ms);

#endif
