/* What transports allow, from main.cf (transport_destination_concurrency_limit, ...) and master.cf (the
 * process limit of the service of that name). */
#ifndef BUZON_QMGR_LIMITS_H
#define BUZON_QMGR_LIMITS_H

#include "qmgr/qmgr.h"

/* limits_of - a schedule_limits; context is the struct qmgr */
struct transport_limits limits_of(void *context, const char *transport);

#endif
