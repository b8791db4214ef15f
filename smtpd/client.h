/* Who the client is: its address and its name in the DNS. */
#ifndef BUZON_SMTPD_CLIENT_H
#define BUZON_SMTPD_CLIENT_H

#include "smtpd/session.h"

/* smtpd_identify - fill session->peer. A name counts only when it leads back to the address. */
void smtpd_identify(struct smtpd_session *session);

#endif
