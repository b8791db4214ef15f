/* All messages of the queue, from showq or, when the mail system is down, from the directories. */
#ifndef BUZON_TOOLS_QUEUE_LIST_H
#define BUZON_TOOLS_QUEUE_LIST_H

#include "lib/delivery/listing.h"

/*
 * queue_list - hand the messages to `take`, one after the other
 *
 * Without a mail system only the queue's owner gets them, with a warning. False: *err, the words of
 * postqueue(1).
 */
bool queue_list(const struct config *config, listing_take *take, void *context,
                struct error *err) MUST_CHECK;

#endif
