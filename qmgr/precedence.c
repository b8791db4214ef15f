/* Preemption (qmgr/precedence.h). */
#include "qmgr/precedence.h"

#include "qmgr/schedule.h"

#define RANK_STEP (INT64_C(1) << 20) /* between two jobs; as deep may preemptions be nested */
#define SECOND_MS 1000

/* --- jobs ------------------------------------------------------------------------------------------------- */

struct job *job_open(struct job_list *list, uint64_t message, int64_t now_ms)
{
    struct job *job = list->last;

    if (job != NULL && job->message == message)
        return job;
    job = mem_new(struct job);
    job->list = list;
    job->message = message;
    job->rank = list->last_rank += RANK_STEP;
    job->queued_ms = now_ms;
    job->previous = list->last;
    if (list->last == NULL)
        list->first = job;
    else
        list->last->next = job;
    list->last = job;
    return job;
}

static void free_job(struct job *job)
{
    struct job_list *list = job->list;

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
    mem_free(job);
}

void job_list_free(struct job_list *list)
{
    while (list->first != NULL)
        free_job(list->first);
}

static void release(struct job *job)
{
    ASSERT(job->references > 0);
    if (--job->references == 0)
        free_job(job);
}

/* It has nothing more to deliver: what it did not use of the slots that it was given goes back. */
static void settle_slots(struct job *job, int cost)
{
    struct job *parent = job->parent;

    if (job->waiting_count > 0 || parent == NULL)
        return;
    parent->slots_available -= job->slots_used * cost;
    parent->children--;
    job->parent = NULL;
    release(parent);
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
}

static int cost_of(const struct entry *entry)
{
    return entry->destination->transport->limits.slots.cost;
}

void job_take(struct entry *entry)
{
    struct job *job = entry->job;

    unlink_entry(entry);
    job->slots_available++;
    job->slots_used++;
    settle_slots(job, cost_of(entry));
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
    settle_slots(entry->job, cost_of(entry));
}

void job_leave(struct entry *entry)
{
    struct job *job = entry->job;

    entry->job = NULL;
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

/* Who preempts somebody, or is preempted, is no candidate. */
static bool may_be_candidate(const struct job *job, int64_t max_slots)
{
    return job->waiting_count > 0 && (int64_t)job->waiting_count <= max_slots &&
           job->parent == NULL && job->children == 0;
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
        const double score = waited_s / (double)job->total;

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
    const int64_t expected = (int64_t)candidate->waiting_count;

    candidate->parent = current;
    candidate->rank = current->rank - 1;
    candidate->slots_used -= expected;
    current->slots_available -= expected * limits->cost;
    current->children++;
    current->references++;
    current->list->passed = NULL;
}

struct job *job_preempt(struct job *current, const struct slot_limits *limits, int64_t now_ms,
                        job_is_ready *is_ready)
{
    struct job *candidate;

    if (limits->cost < 2 || current->slots_available <= 0 ||
        (int64_t)current->total < (int64_t)limits->minimum * limits->cost)
        return NULL;
    candidate = recall_candidate(current, limits, now_ms, is_ready);
    if (candidate == NULL ||
        (double)(current->slots_available / limits->cost + limits->loan) <
            (double)candidate->waiting_count * (100 - limits->discount) / 100.0)
        return NULL;
    preempt(current, candidate, limits);
    return candidate;
}
