/*
 * What comes of a message: the sender is told what there is to tell, and when all of its deliveries have ended
 * it is deferred or removed. A recipient that failed is done only when the notification is durably queued, so
 * nothing is ever lost between the two. Of a message with very many recipients some is told, and noted in
 * defer/, while others are still being delivered.
 */
#ifndef BUZON_QMGR_FINISH_H
#define BUZON_QMGR_FINISH_H

#include "qmgr/message.h"

/* finish_message - whatever is to be done now; the message may be gone when it returns */
void finish_message(struct message *message);
/* finish_prepare_force - an administrator lets it expire; finish_by_force: what was known of this recipient, or
 * that, becomes his failure. finish_message does the rest. */
void finish_prepare_force(struct message *message);
void finish_by_force(struct message *message, const struct queue_recipient *recipient,
                     size_t number);

/* finish_told - the bounce service's answer for the next `count` of the first batch of these findings; `reason` only when
 * it was not done. The message may be gone when it returns. */
void finish_told(struct message *message, enum notice_kind kind, struct findings *findings,
                 size_t count, bool done, const char *reason);

#endif
