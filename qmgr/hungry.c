/* Messages of which more is to be read now (qmgr/hungry.h). */
#include "qmgr/hungry.h"

/* Nothing of it can be delivered by this transport without reading more, or it is worth it. */
static bool job_wants_more(const struct job *job, int64_t now_ms)
{
    const struct transport *transport = HEAP_OWNER(job->list, struct transport, jobs);
    const struct reading_limits *limits = &transport->limits.reading;

    return schedule_has_agents(transport) &&
           ((job->waiting_count == 0 && !job->is_retired) ||
            heap_first(&transport->ready) == NULL ||
            reading_next_share(job->reading) >= limits->refill ||
            now_ms >= job->reading->read_ms + limits->refill_delay_ms);
}

static bool wants_more(const struct reading *reading, int64_t now_ms)
{
    const struct job *job = reading->jobs;

    if (reading->used == 0)
        return true;
    while (job != NULL && !job_wants_more(job, now_ms))
        job = job->next_of_message;
    return job != NULL;
}

struct reading *hungry_next(const struct readings *readings, int64_t now_ms)
{
    struct reading *reading = readings->hungry;

    while (reading != NULL && !wants_more(reading, now_ms))
        reading = reading->next;
    return reading;
}
