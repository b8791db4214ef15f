/*
 * When deferred messages are due: a date and a queue id for each, some sixty octets, so that a million
 * of them neither need a scan nor matter. The date is the file's modification time; whoever takes a
 * message out compares them, for a message may have been tried, moved or removed meanwhile.
 */
#ifndef BUZON_QMGR_DUE_H
#define BUZON_QMGR_DUE_H

#include "qmgr/heap.h"

#include "lib/queue/queue_file.h"

struct due {
    struct heap waiting;
    struct heap flushed; /* due at once, whatever their dates */
};

/* due_add - a message comes due at `when`, in seconds of the wall clock */
void due_add(struct due *due, int64_t when, const char *queue_id);
/* due_add_flushed - and one that somebody wants now */
void due_add_flushed(struct due *due, const char *queue_id);
/* due_flush - whatever waits is due at once */
void due_flush(struct due *due);

struct due_message {
    char queue_id[QUEUE_ID_MAX];
    int64_t when;
    bool flushed; /* somebody wants it now; `when` says nothing */
};

/* due_take - the next one that is due at `now`; false: none is */
bool due_take(struct due *due, int64_t now, struct due_message *message_r) MUST_CHECK;
/* due_next - seconds from `now` until the next one is due, 0 when one is, -1 when none waits */
int64_t due_next(const struct due *due, int64_t now);
void due_release(struct due *due);

#endif
