/* Who the client is: its address and its name in the DNS. */
#ifndef BUZON_SMTPD_CLIENT_H
#define BUZON_SMTPD_CLIENT_H

#include "smtpd/session.h"

/* smtpd_identify - fill session->peer. A name counts only when it leads back to the address. */
void smtpd_identify(struct smtpd_session *session);

/*
 * smtpd_hear_proxy - before it: with smtpd_upstream_proxy_protocol, the proxy names the client
 *
 * False: it did not, which is logged; the session is to be refused.
 */
bool smtpd_hear_proxy(struct smtpd_session *session) MUST_CHECK;

#endif
