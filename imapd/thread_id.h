/*
 * THREADID (RFC 8474, section 5.2): messages of one conversation have one. It is made of the message alone: of the
 * first id in References, else of the first in In-Reply-To, else of its own Message-ID, else of its EMAILID. So it never
 * changes, is the same in all mailboxes and for all copies, and needs no state that could be lost. The price: a reply
 * that names only the message it answers, and that not the first, begins a thread of its own.
 */
#ifndef BUZON_IMAPD_THREAD_ID_H
#define BUZON_IMAPD_THREAD_ID_H

#include "lib/store/store.h"

#define THREAD_ID_WANTS (WANT_ENVELOPE | WANT_HEADERS | WANT_EMAIL_ID)
#define THREAD_ID_FIELD "References" /* to be among the headers that are wanted */
#define THREAD_ID_LEN   33           /* "T" and 128 bits */

/* thread_id_put - from metadata that has THREAD_ID_WANTS */
void thread_id_put(const struct message_metadata *metadata, char id_r[THREAD_ID_LEN + 1]);

#endif
