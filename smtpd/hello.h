/* What EHLO announces. */
#ifndef BUZON_SMTPD_HELLO_H
#define BUZON_SMTPD_HELLO_H

#include "smtpd/session.h"

/* hello_keywords - HELLO_... bits: all that we know, less what the configuration leaves out and what the
 * words of `discarded` name; `parameter` is where they come from */
unsigned hello_keywords(const struct config *config, const char *parameter, const char *discarded);

/* hello_start_tls - the handshake, as the server; false: the session has ended */
bool hello_start_tls(struct smtpd_session *session) MUST_CHECK;

#endif
