/*
 * Who may do what: smtpd_client_, helo_, sender_, relay_, recipient_, data_, end_of_data_ and
 * etrn_restrictions. The lists are read once a process; each name in them is a rule with one
 * function (access_rules.c), and unknown names refuse everything with "451 4.3.5 Server configuration
 * error". Sources: postconf(5), access(5), SMTPD_ACCESS_README.
 */
#ifndef BUZON_SMTPD_ACCESS_H
#define BUZON_SMTPD_ACCESS_H

#include "smtpd/session.h"

/*
 * access_create - read all the lists and open their tables
 *
 *  err  PERMANENT: nothing in the relay and recipient restrictions keeps strangers from relaying
 */
struct access *access_create(const struct config *config, struct error *err) MUST_CHECK;
void access_free(struct access **access);

/*
 * access_check_... - run the list of that stage
 *
 * With smtpd_delay_reject, all of client, helo and sender wait for the recipient. NULL: go on; else
 * the reply (the command arena's), which has been logged.
 */
const char *access_check_client(struct smtpd_session *session);
const char *access_check_helo(struct smtpd_session *session);
const char *access_check_sender(struct smtpd_session *session);
/* for session->recipient (RCPT and VRFY); also whether it exists */
const char *access_check_recipient(struct smtpd_session *session);
/* for session->etrn_domain; with smtpd_delay_reject, client and helo have waited for it, too */
const char *access_check_etrn(struct smtpd_session *session);
const char *access_check_data(struct smtpd_session *session);
const char *access_check_end_of_data(struct smtpd_session *session);

/* access_may_rewrite - the client is one of local_header_rewrite_clients */
bool access_may_rewrite(struct smtpd_session *session);
/* access_may_verp - the client is one of smtpd_authorized_verp_clients; UNAVAILABLE is logged */
enum map_result access_may_verp(struct smtpd_session *session);

#endif
