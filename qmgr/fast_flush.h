/* Telling the flush service what was deferred, for domains of fast_flush_domains. */
#ifndef BUZON_QMGR_FAST_FLUSH_H
#define BUZON_QMGR_FAST_FLUSH_H

#include "qmgr/message.h"

/* fast_flush_create - in .prepare: the list may name files */
struct fast_flush *fast_flush_create(const struct config *config) __attribute__((returns_nonnull));
void fast_flush_start(struct fast_flush *fast_flush, struct qmgr *qmgr);
/* fast_flush_changed - a table of the list changed */
bool fast_flush_changed(const struct fast_flush *fast_flush);

/* fast_flush_note - these recipients are deferred: their domains become message->flush_sites */
void fast_flush_note(struct fast_flush *fast_flush, struct message *message,
                     const struct batch *batch);
/* fast_flush_tell - and now the message lies in deferred/. It is told when there is time; when it cannot be, mail is
 * delivered as ever, only not on demand. */
void fast_flush_tell(struct fast_flush *fast_flush, const struct message *message);
/* fast_flush_close_idle - nothing is going to come for a while */
void fast_flush_close_idle(struct fast_flush *fast_flush);

#endif
