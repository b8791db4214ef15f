/* Variable envelope return paths (lib/message/verp.h): one delivery for each recipient, whose sender names
 * it. */
#ifndef BUZON_QMGR_VERP_H
#define BUZON_QMGR_VERP_H

#include "qmgr/message.h"

/* verp_settle - message->verp, by what the envelope asks for. The attribute is taken out of the envelope
 * in memory: an agent that forwards the message shall not do the same once more. */
void verp_settle(struct message *message);
/* verp_return_path - the sender of one recipient's copy; without VERP, and where it would make an address
 * too long, the message's; the arena's or the message's */
const char *verp_return_path(const struct message *message, struct arena *arena,
                             const char *original, const char *address);

#endif
