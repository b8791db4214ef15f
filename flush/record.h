/*
 * What is queued for each destination: a file in flush/ with the queue ids of messages that were deferred,
 * one a line, in the order in which that happened, with repetitions. Names and content are Postfix's. Nothing
 * here is needed to deliver mail; it only tells what to deliver sooner.
 */
#ifndef BUZON_FLUSH_RECORD_H
#define BUZON_FLUSH_RECORD_H

#include "lib/base/base.h"

/* record_name - of a destination: letters and digits in lower case, everything else "_"; NULL when it is no
 * name that a destination can have. The arena's. */
const char *record_name(struct arena *arena, const char *site);

/* record_add - one more queue id, valid, for that record */
bool record_add(int directory, const char *name, const char *queue_id,
                struct error *err) MUST_CHECK;

/* What is done with a queue id; false: this and all others are needed again. */
typedef bool record_take(void *context, const char *queue_id, struct error *err);

/*
 * record_empty - hand over each queue id once, then forget them all
 *
 * Of very many, repetitions may come again. No record is an empty record. False when `take` was, or when the
 * file cannot be read or changed: then nothing is forgotten.
 */
bool record_empty(int directory, const char *name, record_take *take, void *context,
                  struct error *err) MUST_CHECK;

/*
 * record_refresh_all - keep records from growing old
 *
 *  unread_s  records that were not read for so many seconds are emptied
 *  empty_s   those that were empty for so many are removed
 *
 * What goes wrong with one record is logged, and the next one has its turn.
 */
bool record_refresh_all(int directory, int unread_s, int empty_s, record_take *take, void *context,
                        struct error *err) MUST_CHECK;

#endif
