/*
 * How one queue manager follows another: after a crash, a reload, or a change of tables. Only one owns the
 * queue at a time (a lock on active/). One that leaves keeps nothing but the messages with deliveries in
 * flight; these it locks one by one, finishes what is in flight and lets them go, too. What it lets go
 * lies in incoming/, with a note of who is done.
 */
#ifndef BUZON_QMGR_SUCCESSION_H
#define BUZON_QMGR_SUCCESSION_H

#include "qmgr/message.h"

/* succession_begin - become the owner of the queue; what was active and nobody delivers lies in incoming/
 * afterwards */
bool succession_begin(struct qmgr *qmgr, struct error *err) MUST_CHECK;
/* succession_end - the process drains: see above */
void succession_end(struct qmgr *qmgr);
/* succession_let_go - a message of which nothing is in flight any more, while we drain */
void succession_let_go(struct message *message);

#endif
