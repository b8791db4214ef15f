/* Messages that ask what would become of mail (sendmail -bv): nothing is delivered, and a report says. */
#ifndef BUZON_QMGR_VERIFY_H
#define BUZON_QMGR_VERIFY_H

#include "qmgr/message.h"

/* verify_is_wanted - that is what this message is */
bool verify_is_wanted(const struct message *message);
/* verify_traces - the sender wants to know what comes of the first attempt (sendmail -v) */
bool verify_traces(const struct message *message);
/* verify_recipient - the result for one recipient, as far as tables tell, in the place of a delivery */
void verify_recipient(struct message *message, const struct recipient *recipient,
                      const struct route_target *target);

#endif
