/* What THREAD looks at of a message, packed for the index, so that it need not be found out twice. */
#ifndef BUZON_IMAPD_THREAD_KEY_H
#define BUZON_IMAPD_THREAD_KEY_H

#include "imapd/thread.h"

/* thread_key_put - all of the message but its number; false: it is too much for the buffer's limit */
bool thread_key_put(struct buf *out, const struct thread_message *message) MUST_CHECK;
/* thread_key_read - texts are borrowed from the key; false: it is none, and the message is not to be used */
bool thread_key_read(struct span key, struct thread_message *message_r) MUST_CHECK;

#endif
