/*
 * Stopping in good order. First nobody gets in any more, and nothing new is begun: the sockets of
 * inet services and of those that work by the clock (qmgr, pickup) are closed, and every process is
 * asked to end when it is free. Sessions go on, and find the services they need, but those of which no
 * process can be started: nobody shall wait for one in vain. When the last of them has gone, everything
 * else ends; service_stop_time is the limit of it all.
 */
#include "lib/base/base.h"

#include "lib/base/log.h"

#include "master/master.h"
#include "master/notify.h"

#include <signal.h>

static bool is_front(const struct supply *supply)
{
    return supply->entry.type == SERVICE_INET ||
           (supply->entry.wakeup_s > 0 && !supply->entry.wakeup_lazy);
}

static void ask_to_end(struct master *master)
{
    for (struct supply *at = master->supplies; at != NULL; at = at->next) {
        if (master->phase == PHASE_REST_ENDS || is_front(at))
            supply_retire(at);
        master_note_throttle(at);
        supply_drain(at);
    }
    children_signal(master, SIGTERM);
}

void master_note_throttle(struct supply *supply)
{
    if (supply->master->phase != PHASE_RUNNING && supply->throttled && supply->processes == 0)
        supply_retire(supply);
}

static bool fronts_are_gone(const struct master *master)
{
    for (const struct supply *at = master->supplies; at != NULL; at = at->next) {
        if (is_front(at) && at->processes > 0)
            return false;
    }
    return true;
}

static void kill_all(struct master *master)
{
    if (master->killed)
        return;
    master->killed = true;
    master->phase = PHASE_REST_ENDS;
    for (struct supply *at = master->supplies; at != NULL; at = at->next)
        supply_retire(at);
    children_signal(master, SIGKILL);
}

static void on_time_over(void *context, int fd UNUSED, int events UNUSED)
{
    struct master *master = context;

    log_warning("%zu processes did not end within %d s: killed", hash_count(master->children),
                master->config->service_stop_time);
    kill_all(master);
}

void master_note_end(struct master *master)
{
    if (master->phase == PHASE_FRONT_ENDS && fronts_are_gone(master)) {
        master->phase = PHASE_REST_ENDS;
        ask_to_end(master);
    }
    if (master->phase == PHASE_REST_ENDS && hash_count(master->children) == 0)
        loop_stop(master->loop);
}

void master_stop(struct master *master, int number, bool at_once)
{
    if (master->phase != PHASE_RUNNING) {
        kill_all(master);
        return;
    }
    log_info("terminating on signal %d", number);
    notify_stopping();
    master->phase = PHASE_FRONT_ENDS;
    if (at_once) {
        kill_all(master);
    } else {
        master->stop_timer = watch_timer(master->loop, on_time_over, master);
        timer_arm(master->stop_timer, (int64_t)master->config->service_stop_time * 1000);
        ask_to_end(master);
    }
    master_note_end(master);
}
