/* Warnings of destinations that hold others up (qmgr_clog_warn_time). */
#ifndef BUZON_QMGR_CLOG_H
#define BUZON_QMGR_CLOG_H

#include "qmgr/qmgr.h"

/* clog_warn - another delivery to this destination is going to be scheduled: if it has more than a fifth of
 * qmgr_message_active_limit already, say so, and what helps. Source: Postfix, helpful_warnings. */
void clog_warn(const struct qmgr *qmgr, struct destination *destination);

#endif
