/* Messages of our own to the postmaster: whether he wants them, his address, and who sends them. */
#ifndef BUZON_LIB_QUEUE_POSTMASTER_H
#define BUZON_LIB_QUEUE_POSTMASTER_H

#include "lib/config/config.h"

/* postmaster_wants - is this class one of notify_classes? */
bool postmaster_wants(const struct config *config, const char *class);
/* postmaster_address - one of the ..._notice_recipient parameters, with myorigin where it has no domain; the
 * value itself, or the arena's */
const char *postmaster_address(const struct config *config, struct arena *arena,
                               const char *recipient);
/* postmaster_sender - double_bounce_sender, whole; what cannot be delivered from there goes nowhere */
const char *postmaster_sender(const struct config *config, struct arena *arena);

#endif
