/* The tables behind resolving, which were opened before the chroot: when one changes on disk, qmgr
 * leaves and master starts another one, which opens them anew. */
#ifndef BUZON_QMGR_TABLES_H
#define BUZON_QMGR_TABLES_H

#include "qmgr/qmgr.h"

/* tables_are_current - to be asked before a message is resolved; looks at the disk a hundred times a second
 * at most. False: qmgr drains from now on. */
bool tables_are_current(struct qmgr *qmgr);

#endif
