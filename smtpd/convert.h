/*
 * Message content on its way from the wire to the queue: CRLF becomes LF, leading dots go, "." CRLF
 * ends the message. Works on blocks of any size and keeps its place between them.
 *
 * Only CRLF "." CRLF ends a message. A lone LF ends a line in the queue, but never the message, and a
 * lone CR stays one, of which cleanup makes a space; so no other server can see an end of message where we
 * saw none (SMTP smuggling). Several CRs before an LF are one line end, as Postfix has it (programs that turn LF into CRLF
 * twice send them), but none that ends the message. A lenient conversion takes a lone LF for CRLF everywhere.
 */
#ifndef BUZON_SMTPD_CONVERT_H
#define BUZON_SMTPD_CONVERT_H

#include "lib/base/buf.h"

#define CONVERT_CRS_MAX  64                    /* CRs before an LF; more of them are text */
#define CONVERT_ADDS_MAX (CONVERT_CRS_MAX + 2) /* octets put out beyond those that came in */

/* smtpd_convert.options */
enum {
    CONVERT_DOTS = 1,    /* DATA, not BDAT: dots are stuffed, and one ends the message */
    CONVERT_LENIENT = 2, /* LF "." LF ends the message too */
};

struct smtpd_convert {
    unsigned options;
    enum { CONVERT_LINE_START, CONVERT_DOT, CONVERT_DOT_CR, CONVERT_TEXT, CONVERT_CR } state;
    size_t crs;         /* that have come, and may be part of a line end */
    bool after_lone_lf; /* the line before this one had no CR */
    bool ended;         /* the final dot was there */
    bool lone_lf;       /* somewhere a line had no CR */
    uint64_t size; /* octets with CRLF for each line end, dots not stuffed: RFC 1870 section 5 */
};

/*
 * smtpd_convert - convert the next octets from the wire
 *
 *  wire  borrowed
 *  out   gets at most wire.len + CONVERT_ADDS_MAX octets more, with LF line ends
 *
 * Returns how many octets of `wire` were used: all of them, unless convert->ended.
 */
size_t smtpd_convert(struct smtpd_convert *convert, struct span wire, struct buf *out);

/* smtpd_convert_finish - BDAT: there is no more; completes the last line; at most CONVERT_ADDS_MAX octets */
void smtpd_convert_finish(struct smtpd_convert *convert, struct buf *out);

#endif
