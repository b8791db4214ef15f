/* Queue ids: unique names of messages, made from time and process id, in Postfix's two forms. */
#ifndef BUZON_LIB_QUEUE_QUEUE_ID_H
#define BUZON_LIB_QUEUE_QUEUE_ID_H

#include "lib/queue/queue_file.h"

struct queue_id_source {
    int64_t last_us; /* when the last id was made: no process uses a microsecond twice */
    unsigned pid;    /* of the process that makes them; 0: not yet asked for */
};

/*
 * queue_id_make - the next queue id of this process
 *
 *  long: the seconds in base 52 (6 digits), microseconds in base 52 (4 digits), "z", process id
 *  short: microseconds (5 hexadecimal digits), seconds (8), process id
 *
 * No two processes that run at the same time share a process id, and none makes two ids for one
 * microsecond, even when the clock is put back; so an id is unique without a look at any queue.
 */
void queue_id_make(struct queue_id_source *source, bool long_ids, char queue_id_r[QUEUE_ID_MAX]);

/* queue_id_hash - the octets by which directories are hashed: depth of them, "_" where none is left;
 * hash_r has room for QUEUE_ID_MAX */
void queue_id_hash(const char *queue_id, size_t depth, char hash_r[QUEUE_ID_MAX]);
/* queue_id_scatter - the same octets from the other end: the microseconds backwards, so that messages of
 * one moment have different hashes */
void queue_id_scatter(const char *queue_id, size_t depth, char hash_r[QUEUE_ID_MAX]);

#endif
