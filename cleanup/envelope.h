/* Sender and recipients of a message. */
#ifndef BUZON_CLEANUP_ENVELOPE_H
#define BUZON_CLEANUP_ENVELOPE_H

#include "cleanup/message.h"

/* envelope_set_sender - message->sender, rewritten */
void envelope_set_sender(struct message *message);
/* envelope_add_recipients - message->recipients: rewritten, expanded by virtual_alias_maps, with
 * those who get a blind copy, each address once */
void envelope_add_recipients(struct message *message, const struct queue_recipient *recipients,
                             size_t count);
/* envelope_take_orders - what smtpd's tables ordered: its blind copies are added, and the rest is noted where no
 * table of ours has said otherwise. Texts must live as long as the message. */
void envelope_take_orders(struct message *message, const struct intake_orders *orders);
/* envelope_apply_orders - what tables ordered when they saw the content: more blind copies, or one recipient in
 * the place of all */
void envelope_apply_orders(struct message *message);

#endif
