/*
 * When deferred messages are due: a date and a queue id for each, 24 octets, so that a million of them
 * neither need a scan nor matter. The date is the file's modification time; whoever takes a
 * message out compares them, for a message may have been tried, moved or removed meanwhile.
 */
#ifndef BUZON_QMGR_DUE_H
#define BUZON_QMGR_DUE_H

#include "lib/queue/queue_file.h"

/* The id ends with its NUL, or with the array. A longer one has memory of its own: then the first octet is NUL,
 * and the pointer is at the end. */
struct due_entry {
    uint32_t when;     /* seconds of the wall clock */
    uint32_t sequence; /* among equal dates, smallest first */
    char id[16];
};

_Static_assert(sizeof(struct due_entry) == 24, "a million of them are to be no matter");

struct due_heap {
    struct due_entry *entries;
    size_t count, capacity;
};

struct due {
    struct due_heap waiting;
    struct due_heap flushed; /* due at once, whatever their dates */
    uint32_t sequence;
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
