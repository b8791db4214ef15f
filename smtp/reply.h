/* Replies of SMTP and LMTP servers: RFC 5321 section 4.2, RFC 2034. */
#ifndef BUZON_SMTP_REPLY_H
#define BUZON_SMTP_REPLY_H

#include "lib/base/buf.h"

#define REPLY_TEXT_MAX  4000 /* octets of a reply that are kept */
#define REPLY_LINES_MAX 1000

/* A reply, gathered line by line. */
struct reply {
    int code;        /* of the last line; 0: none yet */
    char status[12]; /* "5.1.1": what the server said, if it fits the code; else "5.0.0" */
    struct buf text; /* the lines as they came, with a space between them; printable */
    unsigned lines;
};

/* reply_clear - ready for the next reply; memory is kept */
void reply_clear(struct reply *reply);
void reply_release(struct reply *reply);

/*
 * reply_add_line - the next line of a reply, without its end
 *
 *  text_r  what follows code and separator, without an enhanced status; borrowed from `line`
 *
 * DONE: that was the last line. INCOMPLETE: more lines follow. MALFORMED: this is no reply; the text
 * is kept for the log. TOO_BIG: more lines than a reply has.
 */
enum parse_result reply_add_line(struct reply *reply, struct span line,
                                 struct span *text_r) MUST_CHECK;

#endif
