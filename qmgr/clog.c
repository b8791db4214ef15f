/* A destination that takes up much of the active queue (qmgr/clog.h). */
#include "qmgr/clog.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define SECOND_MS    1000
#define SHARE_OF_ALL 5   /* more than this part of qmgr_message_active_limit is much */
#define NEARLY_ALL   0.9 /* of what is active: then there is not much that it could hold up */

/* Concurrency is what it lacks, or room, or a transport of its own; or its hosts do not answer. */
static void advise(const struct qmgr *qmgr, const struct destination *destination, double share)
{
    const struct transport *transport = destination->transport;
    const int limit = transport->limits.window.maximum;
    const int room = qmgr->config->qmgr_message_active_limit;
    const bool is_alone = destination->previous == NULL && destination->next == NULL;

    if (limit > 0 && limit <= destination->in_flight + 1) {
        log_warning("you may need to increase the main.cf %s_destination_concurrency_limit from %d",
                    transport->name, limit);
    } else if (destination->window.size > room * share) {
        log_warning("you may need to increase the main.cf qmgr_message_active_limit from %d", room);
    } else if (!is_alone) {
        log_warning("you may need a separate master.cf transport for %s", destination->nexthop);
    } else {
        log_warning("you may need to reduce %s connect and helo timeouts", transport->name);
        log_warning("so that buzon quickly skips unavailable hosts");
        log_warning("you may need to increase the main.cf minimal_backoff_time and "
                    "maximal_backoff_time");
        log_warning("so that buzon wastes less time on undeliverable mail");
    }
}

void clog_warn(const struct qmgr *qmgr, struct destination *destination)
{
    const struct config *config = qmgr->config;
    const size_t active = hash_count(qmgr->active);
    const size_t length = schedule_length(destination);
    int64_t now_ms;
    double share;

    if (!config->helpful_warnings || config->qmgr_clog_warn_time <= 0 ||
        length <= (size_t)config->qmgr_message_active_limit / SHARE_OF_ALL)
        return;
    now_ms = clock_monotonic_ms();
    if (destination->warned_ms > 0 &&
        now_ms < destination->warned_ms + (int64_t)SECOND_MS * config->qmgr_clog_warn_time)
        return;
    destination->warned_ms = now_ms;
    share = (double)length / (double)active;
    log_warning("mail for %s is using up %zu of %zu active queue entries", destination->nexthop,
                length, active);
    if (share < NEARLY_ALL)
        log_warning("this may slow down other mail deliveries");
    advise(qmgr, destination, share);
    log_warning("please avoid flushing the whole queue when you have");
    log_warning("lots of deferred mail, that is bad for performance");
    log_warning("to turn off these warnings specify: qmgr_clog_warn_time = 0");
}
