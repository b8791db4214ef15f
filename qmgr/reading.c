/* Slots for recipients (qmgr/reading.h). */
#include "qmgr/reading.h"

#include "qmgr/precedence.h"

/* --- who may read --------------------------------------------------------------------------------------------- */

/* After a change: in or out of the list of those of which more may be read. */
static void settle(struct reading *reading)
{
    struct readings *all = reading->all;
    bool is_hungry = !reading->is_held && reading->unread > 0 && reading->used < reading->limit;

    if (is_hungry == reading->is_hungry)
        return;
    reading->is_hungry = is_hungry;
    if (is_hungry) {
        reading->previous = NULL;
        reading->next = all->hungry;
        if (reading->next != NULL)
            reading->next->previous = reading;
        all->hungry = reading;
        return;
    }
    if (reading->previous == NULL)
        all->hungry = reading->next;
    else
        reading->previous->next = reading->next;
    if (reading->next != NULL)
        reading->next->previous = reading->previous;
}

int64_t reading_next_share(const struct reading *reading)
{
    return reading->limit - reading->used;
}

int64_t reading_first_share(const struct reading *reading, int64_t all)
{
    int64_t free = all - reading->all->in_memory;

    return free > reading->limit ? free : reading->limit;
}

/* --- slots ------------------------------------------------------------------------------------------------------ */

static void lend(struct job *job, int64_t slots)
{
    job->list->unused -= slots;
    job->slots += slots;
    job->reading->limit += slots;
    settle(job->reading);
}

/* Slots that neither the job nor another one of its message needs go back to the transport. */
static void take_back(struct job *job)
{
    const struct reading *reading = job->reading;
    int64_t slots = job->slots - job->recipients;

    if (slots > reading->limit - reading->used)
        slots = reading->limit - reading->used;
    if (slots > 0)
        lend(job, -slots);
}

static bool is_unread(const struct job *job)
{
    return job->reading != NULL && job->reading->unread > 0 && !job->is_retired;
}

/* The first job that waits for recipients has them all. The order of jobs does not change, so that what was
 * passed over once is not looked at again. */
static void pass_on(struct job_list *list)
{
    while (list->unread != NULL && !is_unread(list->unread))
        list->unread = list->unread->next;
    if (list->unread != NULL && list->unused > 0)
        lend(list->unread, list->unused);
}

static void give_up_slots(struct job *job)
{
    take_back(job);
    pass_on(job->list);
}

/* Where the first unread job is behind this one, what it does not use is to be had. */
static bool outranks_unread(const struct job *job)
{
    return job->list->unread == NULL || job->list->unread->message > job->message;
}

static void call_in(struct job_list *list)
{
    if (list->unread != NULL)
        take_back(list->unread);
}

/* It may be the first unread job from now on. */
static void take_slots(struct job *job)
{
    if (!is_unread(job) || !outranks_unread(job))
        return;
    call_in(job->list);
    job->list->unread = job;
    pass_on(job->list);
}

/* Of a message that is read a job has no more slots than it needs. */
static void take_missing(struct job *job)
{
    struct job_list *list = job->list;
    int64_t slots = job->recipients - job->slots;

    if (slots <= 0)
        return;
    if (outranks_unread(job))
        call_in(list);
    if (slots > list->unused)
        slots = list->unused;
    if (slots > 0)
        lend(job, slots);
    pass_on(list);
}

/* --- messages --------------------------------------------------------------------------------------------------- */

void reading_begin(struct reading *reading, struct readings *all, uint64_t message, int minimum,
                   int64_t now_ms)
{
    *reading = (struct reading){
        .all = all,
        .message = message,
        .begun_ms = now_ms,
        .read_ms = now_ms,
        .limit = minimum,
    };
}

void reading_read(struct reading *reading, size_t unread, int64_t now_ms)
{
    reading->unread = unread;
    reading->read_ms = now_ms;
    settle(reading);
}

void reading_scheduled(struct reading *reading)
{
    struct job *next;

    for (struct job *job = reading->jobs; job != NULL; job = next) {
        next = job->next_of_message; /* it may go */
        if (reading->unread > 0 && job->waiting_count > 0)
            continue;
        job->is_retired = reading->unread > 0;
        give_up_slots(job);
        job_was_read(job);
    }
}

void reading_hold(struct reading *reading, bool hold)
{
    reading->is_held = hold;
    settle(reading);
}

void reading_end(struct reading *reading)
{
    reading->unread = 0;
    settle(reading);
    while (reading->jobs != NULL) {
        struct job *job = reading->jobs;
        reading_leave(job);
        job_was_read(job);
    }
}

/* --- jobs ------------------------------------------------------------------------------------------------------- */

void reading_join(struct job *job, struct reading *reading)
{
    job->reading = reading;
    job->next_of_message = reading->jobs;
    reading->jobs = job;
    take_slots(job);
}

void reading_rejoin(struct job *job)
{
    job->is_retired = false;
    take_slots(job);
}

void reading_leave(struct job *job)
{
    struct reading *reading = job->reading;
    struct job **link;

    if (reading == NULL)
        return;
    for (link = &reading->jobs; *link != job; link = &(*link)->next_of_message)
        continue;
    *link = job->next_of_message;
    lend(job, -job->slots);
    job->reading = NULL;
    pass_on(job->list);
}

void reading_add(struct job *job, int64_t count)
{
    job->recipients += count;
    job->reading->used += count;
    job->reading->all->in_memory += count;
    if (job->reading->unread == 0)
        take_missing(job);
    settle(job->reading);
}

/* First those get their slots back who lent them for recipients of this job. */
void reading_remove(struct job *job, int64_t count)
{
    struct reading *reading = job->reading;

    job->recipients -= count;
    reading->used -= count;
    reading->all->in_memory -= count;
    for (struct job *each = reading->jobs; each != NULL; each = each->next_of_message) {
        if (each != job && (reading->unread == 0 || each->is_retired))
            give_up_slots(each);
    }
    if (reading->unread == 0 || job->is_retired)
        give_up_slots(job);
    settle(reading);
}

/* What is left of the extra slots is halved each time, so that the next one has some, too. */
void reading_preempts(struct job *job, int extra)
{
    int64_t slots = (job->list->unused + extra + 1) / 2;

    if (is_unread(job) && slots > 0)
        lend(job, slots);
}
