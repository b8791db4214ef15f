/* Preemption (qmgr/precedence.h). */
#include "qmgr/precedence.h"

#include "qmgr/schedule.h"

#include "lib/base/hash.h"

#define RANK_STEP (INT64_C(1) << 20) /* between two jobs; as deep may preemptions be nested */
#define SECOND_MS 1000

/* --- jobs ------------------------------------------------------------------------------------------------- */

/* After all whose messages came before. */
static void insert(struct job_list *list, struct job *job)
{
    struct job *previous = list->last;

    while (previous != NULL && previous->message > job->message)
        previous = previous->previous;
    job->previous = previous;
    job->next = previous == NULL ? list->first : previous->next;
    if (previous == NULL)
        list->first = job;
    else
        previous->next = job;
    if (job->next == NULL)
        list->last = job;
    else
        job->next->previous = job;
}

struct job *job_find(struct job_list *list, const struct reading *reading)
{
    struct job *job = reading->jobs;

    while (job != NULL && job->list != list)
        job = job->next_of_message;
    return job;
}

static struct job *create_job(struct job_list *list, struct reading *reading)
{
    struct job *job = mem_new(struct job);

    job->list = list;
    job->message = reading->message;
    job->rank = (int64_t)reading->message * RANK_STEP;
    job->queued_ms = reading->begun_ms;
    insert(list, job);
    if (job->next != NULL)
        list->passed = NULL; /* it was not looked at */
    reading_join(job, reading);
    return job;
}

struct job *job_open(struct job_list *list, struct reading *reading)
{
    struct job *job = job_find(list, reading);

    if (job == NULL)
        return create_job(list, reading);
    if (job->is_retired) {
        job->rank = (int64_t)job->message * RANK_STEP;
        list->passed = NULL;
        reading_rejoin(job);
    }
    return job;
}

static void free_job(struct job *job)
{
    struct job_list *list = job->list;

    reading_leave(job);
    if (job->previous == NULL)
        list->first = job->next;
    else
        job->previous->next = job->next;
    if (job->next == NULL)
        list->last = job->previous;
    else
        job->next->previous = job->previous;
    if (list->passed == job || list->passing == job || list->looked_at == job)
        list->passed = NULL;
    hash_free(&job->filling, NULL);
    mem_free(job);
}

void job_list_free(struct job_list *list)
{
    while (list->first != NULL)
        free_job(list->first);
}

static size_t unread_of(const struct job *job)
{
    return job->reading == NULL ? 0 : job->reading->unread;
}

static void free_idle(struct job *job)
{
    if (job->references == 0 && unread_of(job) == 0)
        free_job(job);
}

static void release(struct job *job)
{
    ASSERT(job->references > 0);
    job->references--;
    free_idle(job);
}

/* It has nothing more to deliver: what it did not use of the slots that it was given goes back. */
static void settle_slots(struct job *job)
{
    struct job *parent = job->parent;

    if (job->waiting_count > 0 || parent == NULL || (unread_of(job) > 0 && !job->is_retired))
        return;
    parent->slots_available -= job->slots_used * job->slot_cost;
    parent->children--;
    job->parent = NULL;
    release(parent);
}

void job_was_read(struct job *job)
{
    settle_slots(job);
    free_idle(job);
}

/* --- entries ----------------------------------------------------------------------------------------------- */

static void link_entry(struct job *job, struct entry *entry)
{
    entry->job = job;
    entry->previous_in_job = NULL;
    entry->next_in_job = job->waiting;
    if (job->waiting != NULL)
        job->waiting->previous_in_job = entry;
    job->waiting = entry;
    job->waiting_count++;
}

static void unlink_entry(struct entry *entry)
{
    struct job *job = entry->job;

    if (entry->previous_in_job == NULL)
        job->waiting = entry->next_in_job;
    else
        entry->previous_in_job->next_in_job = entry->next_in_job;
    if (entry->next_in_job != NULL)
        entry->next_in_job->previous_in_job = entry->previous_in_job;
    job->waiting_count--;
}

void job_add(struct job *job, struct entry *entry)
{
    link_entry(job, entry);
    job->total++;
    job->references++;
    reading_add(job, (int64_t)entry->recipients);
}

void job_take(struct entry *entry)
{
    struct job *job = entry->job;

    unlink_entry(entry);
    job->slots_available++;
    job->slots_used++;
    settle_slots(job);
}

void job_return(struct entry *entry)
{
    link_entry(entry->job, entry);
    entry->job->slots_available--;
    entry->job->slots_used--;
}

void job_drop(struct entry *entry)
{
    unlink_entry(entry);
    settle_slots(entry->job);
}

void job_leave(struct entry *entry)
{
    struct job *job = entry->job;

    entry->job = NULL;
    if (job->reading != NULL)
        reading_remove(job, (int64_t)entry->recipients);
    release(job);
}

/* --- preemption ---------------------------------------------------------------------------------------------- */

static bool has_ready(const struct job *job, job_is_ready *is_ready)
{
    for (const struct entry *entry = job->waiting; entry != NULL; entry = entry->next_in_job) {
        if (is_ready(entry))
            return true;
    }
    return false;
}

/* Slots that it takes at the most to deliver the rest of a message. */
static int64_t slots_needed(const struct job *job)
{
    return (int64_t)(job->waiting_count + unread_of(job));
}

/* Who preempts somebody, or is preempted, is no candidate. */
static bool may_be_candidate(const struct job *job, int64_t max_slots)
{
    return job->waiting_count > 0 && slots_needed(job) <= max_slots && job->parent == NULL &&
           job->children == 0;
}

/* Of those that go later and fit into the slots that `current` can still earn, the one that has waited
 * longest for each of its deliveries; from `job` on. */
static struct job *find_candidate(const struct job *current, struct job *job, int64_t max_slots,
                                  int64_t now_ms, job_is_ready *is_ready)
{
    struct job *best = NULL;
    double best_score = 0;

    for (; job != NULL; job = job->next) {
        const double waited_s = (double)((now_ms - job->queued_ms) / SECOND_MS + 1);
        const double score = waited_s / (double)(job->total + unread_of(job));

        if (waited_s <= best_score)
            break; /* nobody who came later still can do better */
        if (score > best_score && job->rank > current->rank && may_be_candidate(job, max_slots) &&
            has_ready(job, is_ready)) {
            best = job;
            best_score = score;
        }
    }
    return best;
}

/* The same, from memory where that is as good: a queue may be long, and is not walked for each delivery. */
static struct job *recall_candidate(struct job *current, const struct slot_limits *limits,
                                    int64_t now_ms, job_is_ready *is_ready)
{
    const int64_t max_slots =
        ((int64_t)current->waiting_count + current->slots_available) / limits->cost;
    struct job_list *list = current->list;
    struct job *from = current->parent == NULL ? current->next : list->first;

    if (list->passed == current && list->found_s == now_ms / SECOND_MS) {
        struct job *known = list->passing;
        if (known == NULL)
            from = list->looked_at->next;
        else if (may_be_candidate(known, max_slots) && has_ready(known, is_ready))
            return known;
    }
    list->passed = current;
    list->found_s = now_ms / SECOND_MS;
    list->looked_at = list->last;
    list->passing = find_candidate(current, from, max_slots, now_ms, is_ready);
    return list->passing;
}

static void preempt(struct job *current, struct job *candidate, const struct slot_limits *limits)
{
    const int64_t expected = slots_needed(candidate);

    candidate->parent = current;
    candidate->slot_cost = limits->cost;
    candidate->rank = current->rank - 1;
    candidate->slots_used -= expected;
    current->slots_available -= expected * limits->cost;
    current->children++;
    current->references++;
    current->list->passed = NULL;
}

struct job *job_preempt(struct job *current, const struct slot_limits *limits, int extra_recipients,
                        int64_t now_ms, job_is_ready *is_ready)
{
    struct job *candidate;

    if (limits->cost < 2 || current->slots_available <= 0 ||
        (int64_t)(current->total + unread_of(current)) < (int64_t)limits->minimum * limits->cost)
        return NULL;
    candidate = recall_candidate(current, limits, now_ms, is_ready);
    if (candidate == NULL || (double)(current->slots_available / limits->cost + limits->loan) <
                                 (double)slots_needed(candidate) * (100 - limits->discount) / 100.0)
        return NULL;
    preempt(current, candidate, limits);
    reading_preempts(candidate, extra_recipients);
    return candidate;
}
