/* Transports, destinations and entries. A destination is in its transport's `ready` heap exactly while
 * it has an entry that may be delivered; schedule_settle sees to that after each change. */
#include "qmgr/schedule.h"

#include "qmgr/feedback.h"
#include "qmgr/filling.h"
#include "qmgr/stoppage.h"

#include "lib/base/buf.h"
#include "lib/base/hash.h"

struct schedule *schedule_create(schedule_limits *limits, void *context)
{
    struct schedule *schedule = mem_new(struct schedule);

    schedule->limits = limits;
    schedule->context = context;
    schedule->destinations = hash_create();
    schedule->refused_end = &schedule->refused;
    return schedule;
}

/* --- transports and destinations ------------------------------------------------------------------------ */

struct readings *schedule_readings(struct schedule *schedule)
{
    return &schedule->readings;
}

struct transport *schedule_transports(const struct schedule *schedule)
{
    return schedule->transports;
}

struct transport *schedule_transport(struct schedule *schedule, const char *name)
{
    struct transport *transport;

    for (transport = schedule->transports; transport != NULL; transport = transport->next) {
        if (strcmp(transport->name, name) == 0)
            return transport;
    }
    transport = mem_new(struct transport);
    transport->name = mem_text(name);
    transport->limits = schedule->limits(schedule->context, name);
    if (transport->limits.transport_delay_ms > 0)
        transport->limits.processes = 1;
    if (transport->limits.destination_delay_ms > 0)
        transport->limits.window.initial = transport->limits.window.maximum = 1;
    transport->jobs.unused = transport->limits.reading.recipients;
    transport->next = schedule->transports;
    schedule->transports = transport;
    return transport;
}

static void free_transport(struct transport *transport)
{
    heap_release(&transport->ready);
    job_list_free(&transport->jobs);
    stoppage_release_refusal(&transport->stoppage.refusal);
    mem_free(transport->name);
    mem_free(transport);
}

static struct destination *create_destination(struct transport *transport, const char *nexthop)
{
    struct destination *destination = mem_new(struct destination);

    destination->transport = transport;
    destination->stoppage.destination = destination;
    destination->nexthop = mem_text(nexthop);
    destination->window = window_start(&transport->limits.window);
    destination->next = transport->destinations;
    if (destination->next != NULL)
        destination->next->previous = destination;
    transport->destinations = destination;
    return destination;
}

struct destination *schedule_destination(struct schedule *schedule, struct transport *transport,
                                         const char *nexthop, const char *who)
{
    struct buf name = BUF(BUF_UNLIMITED); /* of texts that are bounded elsewhere */
    struct destination *destination;

    buf_put(&name, span_of(transport->name, strlen(transport->name) + 1));
    buf_put(&name, span_of(nexthop, strlen(nexthop) + 1));
    buf_put_text(&name, who);
    destination = hash_get(schedule->destinations, buf_span(&name));
    if (destination == NULL) {
        destination = create_destination(transport, nexthop);
        destination->name_len = name.len;
        destination->name = buf_take(&name);
        (void)hash_put(schedule->destinations, span_of(destination->name, destination->name_len),
                       destination);
    }
    buf_release(&name);
    return destination;
}

static void free_destination(struct schedule *schedule, struct destination *destination)
{
    struct transport *transport = destination->transport;

    (void)hash_remove(schedule->destinations, span_of(destination->name, destination->name_len));
    heap_remove(&transport->ready, &destination->ready);
    heap_remove(&schedule->timers, &destination->stoppage.timer);
    if (destination->previous == NULL)
        transport->destinations = destination->next;
    else
        destination->previous->next = destination->next;
    if (destination->next != NULL)
        destination->next->previous = destination->previous;
    heap_release(&destination->entries);
    stoppage_release_refusal(&destination->stoppage.refusal);
    mem_free(destination->nexthop);
    mem_free(destination->name);
    mem_free(destination);
}

void schedule_free(struct schedule **schedule)
{
    struct transport *transport = (*schedule)->transports;

    while (transport != NULL) {
        struct transport *next = transport->next;
        while (transport->destinations != NULL)
            free_destination(*schedule, transport->destinations);
        heap_remove(&(*schedule)->timers, &transport->stoppage.timer);
        free_transport(transport);
        transport = next;
    }
    hash_free(&(*schedule)->destinations, NULL);
    heap_release(&(*schedule)->timers);
    stoppage_release_refusal(&(*schedule)->told);
    mem_free(*schedule);
    *schedule = NULL;
}

/* After a change: in or out of the ready heap, or gone when nothing needs it any more. */
void schedule_settle(struct schedule *schedule, struct destination *destination)
{
    struct heap *ready = &destination->transport->ready;
    const struct heap_node *first = heap_first(&destination->entries);
    bool stopped = destination->stoppage.kind != STOPPAGE_NONE;

    if (first == NULL && destination->in_flight == 0 && destination->refused == 0 && !stopped) {
        free_destination(schedule, destination);
        return;
    }
    heap_remove(ready, &destination->ready);
    if (first != NULL && !stopped && destination->in_flight < destination->window.size) {
        destination->ready.key = first->key;
        destination->ready.sequence = first->sequence;
        heap_push(ready, &destination->ready);
    }
}

/* --- entries ------------------------------------------------------------------------------------------- */

void schedule_add(struct schedule *schedule, struct destination *destination, struct entry *entry,
                  struct reading *reading)
{
    struct job *job = job_open(&destination->transport->jobs, reading);

    entry->destination = destination;
    entry->order.key = job->rank;
    entry->order.sequence = schedule->sequence++;
    job_add(job, entry);
    filling_begin(entry);
    if (stoppage_is_dead(destination))
        stoppage_refuse(schedule, entry);
    else
        heap_push(&destination->entries, &entry->order);
    schedule_settle(schedule, destination);
}

void schedule_join(struct entry *entry)
{
    entry->recipients++;
    reading_add(entry->job, 1);
}

size_t schedule_length(const struct destination *destination)
{
    return destination->entries.count + (size_t)destination->in_flight;
}

/* The first of the destination that is first. */
static struct entry *first_entry(const struct transport *transport)
{
    const struct destination *destination =
        HEAP_OWNER(heap_first(&transport->ready), struct destination, ready);

    return HEAP_OWNER(heap_first(&destination->entries), struct entry, order);
}

static bool is_ready(const struct entry *entry)
{
    return heap_has(&entry->destination->ready);
}

/* A job has a new rank, and its entries have it too. */
static void move_entries(struct schedule *schedule, const struct job *job)
{
    for (struct entry *entry = job->waiting; entry != NULL; entry = entry->next_in_job) {
        heap_remove(&entry->destination->entries, &entry->order);
        entry->order.key = job->rank;
        heap_push(&entry->destination->entries, &entry->order);
        schedule_settle(schedule, entry->destination);
    }
}

bool schedule_has_agents(const struct transport *transport)
{
    return transport->stoppage.kind == STOPPAGE_NONE &&
           transport->in_flight < transport->limits.processes;
}

struct entry *schedule_next(struct schedule *schedule, struct transport *transport, int64_t now_ms)
{
    struct destination *destination;
    struct entry *entry;
    struct job *passing;

    if (heap_first(&transport->ready) == NULL || !schedule_has_agents(transport))
        return NULL;
    entry = first_entry(transport);
    passing = job_preempt(entry->job, &transport->limits.slots, transport->limits.reading.extra,
                          now_ms, is_ready);
    if (passing != NULL) {
        move_entries(schedule, passing);
        entry = first_entry(transport);
    }
    destination = entry->destination;
    heap_remove(&destination->entries, &entry->order);
    filling_end(entry);
    job_take(entry);
    transport->in_flight++;
    destination->in_flight++;
    schedule_settle(schedule, destination);
    return entry;
}

/* The delivery has ended; what is left to do for its destination is the caller's. */
static struct destination *land(struct entry *entry)
{
    struct destination *destination = entry->destination;

    ASSERT(destination->in_flight > 0 && destination->transport->in_flight > 0);
    destination->in_flight--;
    destination->transport->in_flight--;
    return destination;
}

void schedule_done(struct schedule *schedule, struct entry *entry, enum delivery_verdict verdict,
                   const struct refusal *refusal, int64_t now_ms)
{
    int in_flight = entry->destination->in_flight;
    struct destination *destination = land(entry);

    job_leave(entry);

    switch (verdict) {
    case VERDICT_REACHED:
        if (destination->transport->stoppage.kind == STOPPAGE_DEAD)
            stoppage_end(schedule, &destination->transport->stoppage);
        feedback_reached(destination, in_flight);
        break;
    case VERDICT_UNREACHABLE:
        if (destination->stoppage.kind != STOPPAGE_DEAD && feedback_unreachable(destination)) {
            stoppage_destination_dies(schedule, destination, refusal, now_ms);
            return;
        }
        break;
    case VERDICT_UNKNOWN:
        break;
    }
    stoppage_delay(schedule, destination, now_ms);
    schedule_settle(schedule, destination);
}

void schedule_again(struct schedule *schedule, struct entry *entry)
{
    struct destination *destination = land(entry);

    job_return(entry);
    if (stoppage_is_dead(destination))
        stoppage_refuse(schedule, entry);
    else
        heap_push(&destination->entries, &entry->order);
    schedule_settle(schedule, destination);
}
