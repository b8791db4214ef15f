/* What EHLO announces. */
#ifndef BUZON_SMTPD_HELLO_H
#define BUZON_SMTPD_HELLO_H

#include "smtpd/session.h"

/* hello_keywords - HELLO_... bits: all but those that the words of `discarded`, which is the value of `parameter`, name */
unsigned hello_keywords(const char *parameter, const char *discarded);

/* hello_start_tls - the handshake, as the server; false: the session has ended */
bool hello_start_tls(struct smtpd_session *session) MUST_CHECK;

#endif
