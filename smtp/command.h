/* The two commands of a transaction that have parameters: what they say depends on what the server
 * announced. */
#ifndef BUZON_SMTP_COMMAND_H
#define BUZON_SMTP_COMMAND_H

#include "lib/delivery/request.h"
#include "smtp/settings.h"

/* command_mail - "MAIL FROM:<a@b> SIZE=..." for a server with these features; the arena's */
const char *command_mail(struct arena *arena, const struct settings *settings, unsigned features,
                         const struct delivery_request *request);
/* command_rcpt - "RCPT TO:<a@b> NOTIFY=... ORCPT=..." */
const char *command_rcpt(struct arena *arena, const struct settings *settings, unsigned features,
                         const struct delivery_recipient *recipient);
/* command_is_eight_bit - the message has 8-bit content, or was declared to have */
bool command_is_eight_bit(const struct delivery_request *request);

#endif
