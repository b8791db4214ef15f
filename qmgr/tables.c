/* Changed tables. */
#include "qmgr/tables.h"

#include "qmgr/fast_flush.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define CHECK_EACH_MS 10

/* Not at once: a client whose request we are in the middle of is going to be freed. */
static void on_leave(void *context, int fd UNUSED, int events UNUSED)
{
    struct qmgr *qmgr = context;

    service_leave(qmgr->instance);
}

bool tables_are_current(struct qmgr *qmgr)
{
    int64_t now_ms = clock_monotonic_ms();

    if (qmgr->draining)
        return false;
    if (now_ms < qmgr->tables_checked_ms + CHECK_EACH_MS)
        return true;
    qmgr->tables_checked_ms = now_ms;
    if (!route_changed(qmgr->route) && !fast_flush_changed(qmgr->fast_flush))
        return true;
    log_info("a table has changed: starting anew");
    qmgr->draining = true;
    qmgr->leave_timer = watch_timer(qmgr->loop, on_leave, qmgr);
    timer_arm(qmgr->leave_timer, 0);
    return false;
}
