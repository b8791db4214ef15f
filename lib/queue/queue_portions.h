/*
 * Reading a queue file in portions: of a message with many recipients only some shall be in memory. What
 * was read of a file stays in the reader, so that opening a usual message and reading its recipients is one
 * system call.
 */
#ifndef BUZON_LIB_QUEUE_QUEUE_PORTIONS_H
#define BUZON_LIB_QUEUE_QUEUE_PORTIONS_H

#include "lib/queue/queue_file.h"

struct queue_reader; /* reads one file after the other, with one buffer for all */

struct queue_reader *queue_reader_create(void) __attribute__((returns_nonnull));
void queue_reader_free(struct queue_reader **reader);

/* How far the recipients of a file have been read. */
struct queue_position {
    uint64_t opened; /* which file of the reader it is */
    uint64_t offset; /* where the next recipient stands in the file, */
    uint64_t end;    /* and where all of them end and their status octets follow */
    size_t next;     /* place of the next recipient in the envelope, */
    size_t count;    /* of so many */
    size_t
        pending; /* recipients from the next one on that are not done; 0: there is nothing to read */
};

/*
 * queue_reader_open - header and envelope, everything checked, as by queue_file_read; but the recipients are
 * not kept: envelope_r->recipients is NULL, recipient_count the number of all
 */
bool queue_reader_open(struct queue_reader *reader, int fd, struct arena *arena,
                       struct queue_envelope *envelope_r, struct queue_position *position_r,
                       struct error *err) MUST_CHECK;

/*
 * queue_reader_next - the next recipients that are not done, in their order
 *
 *  position      of this file; moves on
 *  arena         texts are this arena's
 *  recipients_r  room for `limit` of them
 *  count_r       fewer than `limit` only when these were the last
 *
 * False, as by queue_file_read: position and count say how far it came.
 */
bool queue_reader_next(struct queue_reader *reader, int fd, struct queue_position *position,
                       struct arena *arena, size_t limit, struct queue_recipient *recipients_r,
                       size_t *count_r, struct error *err) MUST_CHECK;

/* queue_position_status_offset - of the recipient at this place in the envelope: queue_recipient.status_offset */
uint64_t queue_position_status_offset(const struct queue_position *position, size_t place);

#endif
