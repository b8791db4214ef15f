/* smtpd_reject_footer: what follows each reply that refuses. */
#ifndef BUZON_SMTPD_FOOTER_H
#define BUZON_SMTPD_FOOTER_H

#include "smtpd/session.h"

/*
 * footer_add - put the footer behind a reply of class 4 or 5, if one is configured for it
 *
 *  reply  "550 5.1.1 text", or several lines with CR LF between them, without the last line end
 *
 * A footer that cannot be made is left out, with a warning; the reply stays as it is. Source: postconf(5),
 * smtpd_reject_footer and smtpd_reject_footer_maps.
 */
void footer_add(struct smtpd_session *session, struct buf *reply);

#endif
