/*
 * When a service gets another process: a connection waits, nobody of the service is free, and there
 * may be one more. As long as somebody is free, master does not even watch the sockets.
 */
#include "lib/base/base.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#include "master/master.h"

#define STRESS_MS (1000 * 1000) /* how long new processes are told that there was an overload */
#define HABIT_MS  1000 /* the last free process taken twice within this time: one too few */

static bool is_anyone_free(const struct supply *supply)
{
    for (unsigned slot = 0; slot < supply->slot_count; slot++) {
        const struct child *child = supply->slots[slot];

        if (child != NULL && !child->draining && scoreboard_is_free(supply->board, slot))
            return true;
    }
    return false;
}

/* Those that are told to end make room soon, or say that others may start (MASTER_LEFT). */
static bool is_anyone_staying(const struct supply *supply)
{
    for (unsigned slot = 0; slot < supply->slot_count; slot++) {
        if (supply->slots[slot] != NULL && !supply->slots[slot]->draining)
            return true;
    }
    return false;
}

static bool is_at_limit(const struct supply *supply)
{
    unsigned limit = (unsigned)supply->entry.process_limit;

    return supply->processes >= SCOREBOARD_SLOTS ||
           (limit > 0 && supply->processes - supply->left >= limit);
}

static bool may_start(const struct supply *supply)
{
    return !supply->retired && !supply->throttled && !is_at_limit(supply);
}

bool supply_is_stressed(const struct supply *supply)
{
    return supply->stressed_until_ms > clock_monotonic_ms();
}

/*
 * Everybody is busy and nobody may be added. Clients of inet services feel it; new processes shall
 * know it by $stress, and the present ones make room for such when their one client has gone.
 */
static void note_overload(struct supply *supply)
{
    const struct master_service *entry = &supply->entry;

    if (entry->type != SERVICE_INET || supply->retired || supply_is_stressed(supply))
        return;
    log_warning("service \"%s\" (%s) has reached its process limit \"%d\": new clients may "
                "experience noticeable delays",
                entry->name, entry->command, entry->process_limit);
    log_warning(
        "more processes for it can be allowed in master.cf, or each client given less time; "
        "processes started now see $stress");
    supply->stressed_until_ms = clock_monotonic_ms() + STRESS_MS;
    if (!scoreboard_has_many(supply->board))
        supply_drain(supply);
}

/* A free process is told first; else one that is busy finds the word when it is free again. */
static const struct child *find_to_wake(const struct supply *supply)
{
    const struct child *chosen = NULL;

    for (unsigned slot = 0; slot < supply->slot_count; slot++) {
        const struct child *child = supply->slots[slot];

        if (child == NULL || child->draining)
            continue;
        if (scoreboard_is_free(supply->board, slot))
            return child;
        chosen = child;
    }
    return chosen;
}

static void wake_up(struct supply *supply)
{
    const struct child *child = find_to_wake(supply);

    if (child == NULL && may_start(supply))
        child = child_start(supply);
    if (child == NULL)
        return; /* when there is room: the next review */
    supply->wakeup_due = false;
    child_wake(child);
}

void supply_review(struct supply *supply)
{
    bool lacks_process;

    if (supply->wakeup_due && !supply->retired)
        wake_up(supply);
    lacks_process = !is_anyone_free(supply);
    if (lacks_process && is_anyone_staying(supply) && is_at_limit(supply))
        note_overload(supply);
    for (size_t i = 0; i < supply->endpoints.count; i++) {
        if (supply->endpoints.items[i].watch != NULL)
            watch_events(supply->endpoints.items[i].watch,
                         lacks_process && may_start(supply) ? LOOP_READ : 0);
    }
}

/* Where that happens often, a spare process keeps us out of it, and no client waits for a fork. */
void supply_note_busy(struct supply *supply)
{
    int64_t now_ms = clock_monotonic_ms();
    bool is_habit = now_ms - supply->busy_ms < HABIT_MS;

    supply->busy_ms = now_ms;
    if (is_habit && !is_anyone_free(supply) && may_start(supply))
        (void)child_start(supply);
    supply_review(supply);
}

static void on_waiting_client(void *context, int fd UNUSED, int events UNUSED)
{
    struct supply *supply = context;

    if (!is_anyone_free(supply) && may_start(supply))
        (void)child_start(supply);
    supply_review(supply);
}

void supply_watch(struct supply *supply, struct endpoint *endpoint)
{
    endpoint->watch = watch_fd(supply->master->loop, endpoint->fd, 0, on_waiting_client, supply);
}

/* --- throttling ---------------------------------------------------------------------------------- */

static void on_throttle_end(void *context, int fd UNUSED, int events UNUSED)
{
    struct supply *supply = context;

    supply->throttled = false;
    supply_review(supply);
}

void supply_release_throttle(struct supply *supply)
{
    supply->throttled = false;
    if (supply->throttle_timer != NULL)
        timer_disarm(supply->throttle_timer);
}

void supply_throttle(struct supply *supply)
{
    int64_t pause_ms = (int64_t)supply->master->config->service_throttle_time * 1000;

    if (supply->throttle_timer == NULL)
        supply->throttle_timer = watch_timer(supply->master->loop, on_throttle_end, supply);
    supply->throttled = true;
    timer_arm(supply->throttle_timer, pause_ms);
}

/* --- wake-ups ------------------------------------------------------------------------------------- */

static void on_wakeup_time(void *context, int fd UNUSED, int events UNUSED)
{
    struct supply *supply = context;

    if (!supply->entry.wakeup_lazy || supply->used)
        supply->wakeup_due = true;
    timer_arm(supply->wakeup_timer, (int64_t)supply->entry.wakeup_s * 1000);
    supply_review(supply);
}

void supply_schedule(struct supply *supply)
{
    if (supply->wakeup_timer == NULL)
        supply->wakeup_timer = watch_timer(supply->master->loop, on_wakeup_time, supply);
    if (supply->entry.wakeup_s > 0)
        timer_arm(supply->wakeup_timer, 0);
    else
        timer_disarm(supply->wakeup_timer);
}

/* --- ending ----------------------------------------------------------------------------------------- */

void supply_drain(struct supply *supply)
{
    for (unsigned slot = 0; slot < supply->slot_count; slot++) {
        if (supply->slots[slot] != NULL)
            child_drain(supply->slots[slot]);
    }
}

void supply_retire(struct supply *supply)
{
    supply->retired = true;
    supply->wakeup_due = false;
    endpoints_release(&supply->endpoints);
}
