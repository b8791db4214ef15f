/* Delays and deaths of transports and destinations, and what is refused for them. */
#include "qmgr/stoppage.h"

#include "qmgr/filling.h"

/* --- how they begin ----------------------------------------------------------------------------------- */

static void set_refusal(struct refusal *refusal, const struct refusal *new)
{
    struct refusal old = *refusal;

    *refusal = (struct refusal){mem_text(new->status), mem_text(new->text)};
    mem_free(old.status);
    mem_free(old.text);
}

void stoppage_release_refusal(struct refusal *refusal)
{
    mem_free(refusal->status);
    mem_free(refusal->text);
}

static void stop_until(struct schedule *schedule, struct stoppage *stoppage,
                       enum stoppage_kind kind, int64_t when_ms)
{
    heap_remove(&schedule->timers, &stoppage->timer);
    stoppage->kind = kind;
    stoppage->timer.key = when_ms;
    stoppage->timer.sequence = schedule->sequence++;
    heap_push(&schedule->timers, &stoppage->timer);
}

bool stoppage_is_dead(const struct destination *destination)
{
    return destination->stoppage.kind == STOPPAGE_DEAD ||
           destination->transport->stoppage.kind == STOPPAGE_DEAD;
}

void stoppage_refuse(struct schedule *schedule, struct entry *entry)
{
    job_drop(entry);
    entry->destination->refused++;
    entry->next_refused = NULL;
    *schedule->refused_end = entry;
    schedule->refused_end = &entry->next_refused;
}

static void refuse_all(struct schedule *schedule, struct destination *destination)
{
    struct heap_node *node;

    while ((node = heap_first(&destination->entries)) != NULL) {
        heap_remove(&destination->entries, node);
        stoppage_refuse(schedule, HEAP_OWNER(node, struct entry, order));
    }
    schedule_settle(schedule, destination);
}

void stoppage_destination_dies(struct schedule *schedule, struct destination *destination,
                               const struct refusal *refusal, int64_t now_ms)
{
    set_refusal(&destination->stoppage.refusal, refusal);
    stop_until(schedule, &destination->stoppage, STOPPAGE_DEAD,
               now_ms + destination->transport->limits.destination_dead_ms);
    refuse_all(schedule, destination);
}

/* --- how they end -------------------------------------------------------------------------------------- */

/* A stoppage is over. A destination that was dead starts again as if it were new. */
void stoppage_end(struct schedule *schedule, struct stoppage *stoppage)
{
    struct destination *destination = stoppage->destination;
    bool was_dead = stoppage->kind == STOPPAGE_DEAD;

    heap_remove(&schedule->timers, &stoppage->timer);
    stoppage->kind = STOPPAGE_NONE;
    if (destination == NULL)
        return;
    if (was_dead)
        destination->window = window_start(&destination->transport->limits.window);
    schedule_settle(schedule, destination);
}

void stoppage_delay(struct schedule *schedule, struct destination *destination, int64_t now_ms)
{
    struct transport *transport = destination->transport;

    if (transport->limits.transport_delay_ms > 0 && transport->stoppage.kind == STOPPAGE_NONE)
        stop_until(schedule, &transport->stoppage, STOPPAGE_DELAY,
                   now_ms + transport->limits.transport_delay_ms);
    if (transport->limits.destination_delay_ms > 0 && destination->stoppage.kind == STOPPAGE_NONE)
        stop_until(schedule, &destination->stoppage, STOPPAGE_DELAY,
                   now_ms + transport->limits.destination_delay_ms);
}

void schedule_transport_dies(struct schedule *schedule, struct transport *transport,
                             const struct refusal *refusal, int64_t now_ms)
{
    set_refusal(&transport->stoppage.refusal, refusal);
    stop_until(schedule, &transport->stoppage, STOPPAGE_DEAD,
               now_ms + transport->limits.transport_dead_ms);
    for (struct destination *each = transport->destinations, *next; each != NULL; each = next) {
        next = each->next; /* refuse_all may free it */
        refuse_all(schedule, each);
    }
}

void schedule_transport_waits(struct schedule *schedule, struct transport *transport,
                              int64_t until_ms)
{
    if (transport->stoppage.kind == STOPPAGE_NONE)
        stop_until(schedule, &transport->stoppage, STOPPAGE_DELAY, until_ms);
}

struct entry *schedule_refused(struct schedule *schedule, struct refusal *refusal_r)
{
    struct entry *entry = schedule->refused;
    struct destination *destination;
    bool transport_died;

    if (entry == NULL)
        return NULL;
    schedule->refused = entry->next_refused;
    if (schedule->refused == NULL)
        schedule->refused_end = &schedule->refused;
    destination = entry->destination;
    transport_died = destination->stoppage.refusal.status == NULL ||
                     destination->transport->stoppage.kind == STOPPAGE_DEAD;
    set_refusal(&schedule->told, transport_died ? &destination->transport->stoppage.refusal
                                                : &destination->stoppage.refusal);
    *refusal_r = schedule->told;
    filling_end(entry);
    entry->destination = NULL;
    job_leave(entry);
    destination->refused--;
    schedule_settle(schedule, destination);
    return entry;
}

/* --- time ------------------------------------------------------------------------------------------------ */

int64_t schedule_tick(struct schedule *schedule, int64_t now_ms)
{
    struct heap_node *timer;

    while ((timer = heap_first(&schedule->timers)) != NULL && timer->key <= now_ms)
        stoppage_end(schedule, HEAP_OWNER(timer, struct stoppage, timer));
    return timer == NULL ? -1 : timer->key - now_ms;
}

void schedule_revive(struct schedule *schedule)
{
    for (struct transport *each = schedule->transports; each != NULL; each = each->next) {
        if (each->stoppage.kind == STOPPAGE_DEAD)
            stoppage_end(schedule, &each->stoppage);
        for (struct destination *one = each->destinations, *next; one != NULL; one = next) {
            next = one->next;
            if (one->stoppage.kind == STOPPAGE_DEAD)
                stoppage_end(schedule, &one->stoppage);
        }
    }
}
