/* Requeueing: a message is given to cleanup once more, so that rewriting, aliases and the like are applied
 * as they are now. It gets a new queue id; sender, time of arrival and attributes stay. */
#ifndef BUZON_TOOLS_REQUEUE_H
#define BUZON_TOOLS_REQUEUE_H

#include "lib/config/config.h"
#include "lib/io/ipc.h"
#include "lib/queue/queue_file.h"

/*
 * requeue_message - the old file is removed only when the new message is durable
 *
 *  cleanup   kept between calls, as intake_open has it
 *  new_id_r  its queue id from now on; "": nobody waited for it any more
 *  owes_r    a report of success is still to be sent (RECIPIENT_REACHED): the old file lies in deferred/ for that alone,
 *            with its reasons, and qmgr is to be told
 *  err       why not; err->number ENOENT: the message is not there
 */
bool requeue_message(int queue_directory, const struct config *config, struct connection **cleanup,
                     const char *queue, const char *queue_id, char new_id_r[QUEUE_ID_MAX],
                     bool *owes_r, struct error *err) MUST_CHECK;

#endif
