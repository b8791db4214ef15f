/* Who goes where: the recipients of a message are resolved (lib/route) and grouped into deliveries by
 * transport and next hop. */
#ifndef BUZON_QMGR_JOBS_H
#define BUZON_QMGR_JOBS_H

#include "qmgr/message.h"

/* jobs_place - resolve and schedule a recipient, who is copied */
void jobs_place(struct message *message, const struct queue_recipient *found, size_t number);
/* jobs_pass_on - a recipient of this delivery, for whom this host is the best mail exchanger: best_mx_transport
 * gets a copy; false: there is none, or it has had him */
bool jobs_pass_on(struct delivery *delivery, const struct recipient *recipient) MUST_CHECK;
/* jobs_redirect - a delivery that the schedule refused goes to the retry service, with the reason; what
 * this refuses as well is deferred at once, and the delivery may then be freed with its message */
void jobs_redirect(struct delivery *delivery, const struct refusal *refusal);

#endif
