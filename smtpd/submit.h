/*
 * Handing a message to cleanup: the queue id with the first recipient, then recipients and content,
 * then the answer. One connection to cleanup serves a process's messages, one after the other.
 */
#ifndef BUZON_SMTPD_SUBMIT_H
#define BUZON_SMTPD_SUBMIT_H

#include "smtpd/session.h"

#define SUBMIT_FAILED "451 4.3.0 Error: queue file write error"

/* smtpd_submit_open - make sure that the message has a queue id, and log who sends it. Returns NULL,
 * or the reply when cleanup cannot take mail now. */
const char *smtpd_submit_open(struct smtpd_session *session) MUST_CHECK;

/* smtpd_submit_begin - the recipients and our header lines; content follows */
bool smtpd_submit_begin(struct smtpd_session *session) MUST_CHECK;
/* smtpd_submit_content - what is in the server's content buffer, which is then empty */
bool smtpd_submit_content(struct smtpd_session *session) MUST_CHECK;
/* smtpd_submit_push - likewise, and cleanup is to look at it now */
bool smtpd_submit_push(struct smtpd_session *session) MUST_CHECK;

/*
 * smtpd_submit_finish - end the message
 *
 * Returns the reply: "250 2.0.0 Ok: queued as ..." only when it is durable (the command arena's).
 *  octets  NULL or "123 bytes ", for BDAT
 */
const char *smtpd_submit_finish(struct smtpd_session *session, const char *octets);

/* received.c */
/* smtpd_received - append the Received: line of this message, LF at its end */
void smtpd_received(struct smtpd_session *session, struct buf *out);

#endif
