/*
 * What comes of a message when all of its deliveries have ended: the sender is told what there is to
 * tell, then the message is deferred or removed. A recipient that failed is done only when the
 * notification is durably queued, so nothing is ever lost between the two.
 */
#ifndef BUZON_QMGR_FINISH_H
#define BUZON_QMGR_FINISH_H

#include "qmgr/message.h"

/* finish_message - the next step; the message may be gone when it returns */
void finish_message(struct message *message);
/* finish_by_force - an administrator lets it expire: what was known of its pending recipients, or that,
 * becomes their failure; finish_message does the rest */
void finish_by_force(struct message *message);

/* finish_told - the bounce service's answer for the next `count` of these findings; `reason` only when
 * it was not done. The message may be gone when it returns. */
void finish_told(struct message *message, enum notice_kind kind, struct findings *findings,
                 size_t count, bool done, const char *reason);

#endif
