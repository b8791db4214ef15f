/* Line ends: stored messages have LF, IMAP and POP3 want CRLF. Both ways in large blocks. */
#ifndef BUZON_LIB_MESSAGE_CRLF_H
#define BUZON_LIB_MESSAGE_CRLF_H

#include "lib/base/buf.h"

/*
 * crlf_put - append octets to `out`, with a CR before each LF that has none
 *
 *  previous  last octet of the block before, '\0' at the start; updated
 */
void crlf_put(struct buf *out, struct span block, char *previous);

/* crlf_length - octets that crlf_put would append */
uint64_t crlf_length(struct span block, char *previous);

/*
 * crlf_remove - append octets to `out`, CRLF as LF; a CR alone stays
 *
 *  pending_cr  a CR at the end of a block waits for what follows; at the very end it is the caller's
 */
void crlf_remove(struct buf *out, struct span block, bool *pending_cr);

#endif
