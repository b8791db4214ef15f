/*
 * Entries that may get more recipients: of each destination the one that a message added last, as long as it
 * waits. The last one of all is known to the destination itself. Of a message that is read in portions, whose
 * recipients come when others have been there in between, its job knows those of all destinations.
 */
#ifndef BUZON_QMGR_FILLING_H
#define BUZON_QMGR_FILLING_H

#include "qmgr/schedule.h"

/* filling_begin - an entry that was just added */
void filling_begin(struct entry *entry);
/* filling_end - nobody joins it any more: it is taken, or handed out as refused */
void filling_end(struct entry *entry);

#endif
