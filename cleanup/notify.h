/* Telling the queue manager of a new message. */
#ifndef BUZON_CLEANUP_NOTIFY_H
#define BUZON_CLEANUP_NOTIFY_H

#include "cleanup/message.h"

/* notify_qmgr - best effort, over a connection that is kept; file is borrowed. Never waits for long:
 * what qmgr is not told of, it finds in incoming/. */
void notify_qmgr(struct cleanup *cleanup, const char *queue_id, int file);

/* notify_wait - in_flow_delay, when qmgr has said that it gets more messages than it takes */
void notify_wait(struct cleanup *cleanup, const char *queue_id);

#endif
