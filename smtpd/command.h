/* The SMTP commands: what is allowed when, and who does it. */
#ifndef BUZON_SMTPD_COMMAND_H
#define BUZON_SMTPD_COMMAND_H

#include "smtpd/session.h"

/* Of one command: how often it came, and how often it was not refused. */
struct command_count {
    unsigned good, all;
};

/* command_counts_create - zeroed, a row for each command; the caller's to free */
struct command_count *command_counts_create(void) __attribute__((returns_nonnull));
/* command_counts_log - "disconnect from NAME[IP] ehlo=1 mail=1/2 commands=2/3" */
void command_counts_log(const struct smtpd_session *session);

/* smtpd_command - one command line, without its end; replies are buffered */
void smtpd_command(struct smtpd_session *session, struct span line);

/* The handlers, by subject. `arguments` is what follows the verb, without the space before it. */
/* hello.c */
void run_helo(struct smtpd_session *session, struct span arguments);
void run_ehlo(struct smtpd_session *session, struct span arguments);
void run_starttls(struct smtpd_session *session, struct span arguments);
/* envelope.c */
void run_mail(struct smtpd_session *session, struct span arguments);
void run_rcpt(struct smtpd_session *session, struct span arguments);
void run_rset(struct smtpd_session *session, struct span arguments);
void run_vrfy(struct smtpd_session *session, struct span arguments);
/* etrn.c */
void run_etrn(struct smtpd_session *session, struct span arguments);
/* content.c */
void run_data(struct smtpd_session *session, struct span arguments);
void run_bdat(struct smtpd_session *session, struct span arguments);

#endif
