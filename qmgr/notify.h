/* Requests to the bounce service, under the name that the configuration has for each kind of notice. */
#ifndef BUZON_QMGR_NOTIFY_H
#define BUZON_QMGR_NOTIFY_H

#include "qmgr/message.h"

struct notifier *notifier_create(struct qmgr *qmgr) __attribute__((returns_nonnull));
void notifier_free(struct notifier **notifier);

/* notify_start - tell the sender the first of what is not told in `findings`; finish_told is called
 * when the answer is there, which may be before this returns. At most one notice of a message is
 * under way at a time. */
void notify_start(struct message *message, enum notice_kind kind, struct findings *findings);

#endif
