/* Requests to the delivery agents: what the schedule has next goes out, results come in. */
#ifndef BUZON_QMGR_AGENT_H
#define BUZON_QMGR_AGENT_H

#include "qmgr/qmgr.h"

/* agents_run - hand out all that may go now; call it after whatever may have changed that */
void agents_run(struct qmgr *qmgr);
/* agents_close_idle - connections that nothing runs on */
void agents_close_idle(struct qmgr *qmgr);

#endif
