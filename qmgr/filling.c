/* Entries that may get more recipients (qmgr/filling.h). */
#include "qmgr/filling.h"

#include "lib/base/hash.h"

static struct span key_of(struct destination *const *destination)
{
    return span_of((const char *)destination, sizeof(*destination));
}

void filling_begin(struct entry *entry)
{
    struct destination *destination = entry->destination;
    struct job *job = entry->job;

    destination->filling = job->message;
    destination->filled = entry;
    if (job->filling == NULL && job->reading->unread > 0)
        job->filling = hash_create();
    if (job->filling != NULL)
        (void)hash_put(job->filling, key_of(&destination), entry);
}

void filling_end(struct entry *entry)
{
    struct hash *filling = entry->job->filling;

    if (entry->destination->filled == entry)
        entry->destination->filled = NULL;
    if (filling != NULL && hash_get(filling, key_of(&entry->destination)) == entry)
        (void)hash_remove(filling, key_of(&entry->destination));
}

struct entry *schedule_filling(struct destination *destination, const struct reading *reading)
{
    const struct job *job;

    if (destination->filling == reading->message && destination->filled != NULL)
        return destination->filled;
    job = job_find(&destination->transport->jobs, reading);
    return job == NULL || job->filling == NULL ? NULL
                                               : hash_get(job->filling, key_of(&destination));
}
