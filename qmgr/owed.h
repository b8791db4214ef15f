/*
 * Reports of success that are owed: a recipient was reached, and the sender, who wants to know of it, was not told yet.
 * He hears of it at the end of the round; so that he does when this queue manager is killed before, the recipient's
 * status octet says so, and what there is to tell is written down (lib/delivery/reasons.h).
 */
#ifndef BUZON_QMGR_OWED_H
#define BUZON_QMGR_OWED_H

#include "qmgr/message.h"

/* owed_note - a recipient was reached; *found is what his sender is to be told */
void owed_note(struct message *message, const struct notice_recipient *found);
/* owed_resume - a recipient whose octet says RECIPIENT_REACHED, at this place in the envelope: he is reported.
 * False: nobody knows what there is to report, and it may be found out again. */
bool owed_resume(struct message *message, const struct queue_recipient *recipient,
                 size_t number) MUST_CHECK;

#endif
