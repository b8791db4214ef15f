/* The result of each recipient: what it means for the message, and how we report our own. */
#ifndef BUZON_QMGR_OUTCOME_H
#define BUZON_QMGR_OUTCOME_H

#include "qmgr/message.h"

/* outcome_record - a result from an agent for this recipient; all texts are copied */
void outcome_record(struct message *message, const struct recipient *recipient,
                    const struct delivery_report *report);
/* outcome_ours - our own result, logged as an agent would; likewise */
void outcome_ours(struct message *message, const struct recipient *recipient,
                  enum delivery_outcome outcome, const char *status, const char *text);
/* outcome_verified - what would become of mail to a recipient who gets none; likewise */
void outcome_verified(struct message *message, const struct recipient *recipient, bool deliverable,
                      const char *status, const char *text);
/* outcome_settle - nothing more is to be delivered to the recipient at this place in the envelope: RECIPIENT_DONE, or
 * RECIPIENT_REACHED and a report of it is owed */
void outcome_settle(struct message *message, size_t number, enum recipient_status status);
/* outcome_reported - the sender was told that the recipient was reached */
void outcome_reported(struct message *message, size_t number);
/* outcome_warned - the sender was told that it takes long */
void outcome_warned(struct message *message, size_t number);
/* outcome_mark - write the one status octet that was not worth writing before; something else than
 * the removal of the file comes first now */
void outcome_mark(struct message *message);

/* outcome_ended - all results of a delivery are there; it is freed, and its message may be, too */
void outcome_ended(struct delivery *delivery);
/* outcome_defer_rest - defer what has no result yet, log it, and end the delivery */
void outcome_defer_rest(struct delivery *delivery, const char *status, const char *text);

#endif
