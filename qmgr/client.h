/* Those who connect to qmgr: cleanup with new messages, tools and smtpd (ETRN) with wishes. */
#ifndef BUZON_QMGR_CLIENT_H
#define BUZON_QMGR_CLIENT_H

#include "qmgr/qmgr.h"

struct clients *clients_create(struct qmgr *qmgr) __attribute__((returns_nonnull));
/* client_accept - takes the descriptor of a new connection */
void client_accept(struct clients *clients, int fd);
/* clients_close - hang up on all of them */
void clients_close(struct clients *clients);

#endif
