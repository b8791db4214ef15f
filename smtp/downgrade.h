/*
 * 8-bit content for a server that takes only 7 bits (no 8BITMIME): the parts that declare themselves
 * 8bit or binary become quoted-printable. RFC 6152 section 3, RFC 2045 section 6.
 */
#ifndef BUZON_SMTP_DOWNGRADE_H
#define BUZON_SMTP_DOWNGRADE_H

#include "lib/base/buf.h"

/*
 * downgrade - append the message in a form of 7 bits
 *
 *  message  with LF line ends; borrowed
 *
 * Header fields and parts that have 8-bit octets without saying so stay as they are, as in Postfix:
 * there is no right form for them.
 */
void downgrade(struct span message, struct buf *out);

#endif
