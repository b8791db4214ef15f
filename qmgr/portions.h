/*
 * The recipients of a message in memory: how many qmgr/reading.h allows. What was delivered, or is to be
 * tried again later, makes room for the next ones.
 */
#ifndef BUZON_QMGR_PORTIONS_H
#define BUZON_QMGR_PORTIONS_H

#include "qmgr/message.h"

/* portions_begin - the first recipients of a message that was just opened are read and scheduled */
void portions_begin(struct message *message);
/* portions_run - the next ones of a message for which it is time; true: there was one, and there may be more */
bool portions_run(struct qmgr *qmgr);

#endif
