/*
 * Files in maildrop/: what sendmail(1) tells buzondrop(1) on its standard input, which checks it and
 * writes it down as it is, for pickup(8), which believes nothing of it.
 *
 * Records: one octet type, four octets length (little-endian), the value. In this order:
 * version, sender, then what there is of full name, envelope id, return, body, gateway, verify, trace, VERP; recipients;
 * content with LF line ends in pieces; end. A file without its end is no message.
 */
#ifndef BUZON_LIB_QUEUE_MAILDROP_H
#define BUZON_LIB_QUEUE_MAILDROP_H

#include "lib/base/buf.h"

#define MAILDROP_VERSION     "1"
#define MAILDROP_CONTENT_MAX ((size_t)64 * 1024) /* octets of one piece; no record is longer */
#define MAILDROP_RECORD_MAX  (MAILDROP_CONTENT_MAX + 5)

enum maildrop_type {
    MAILDROP_IS_VERSION = 'V',
    MAILDROP_SENDER = 'S',      /* "" is the null sender */
    MAILDROP_FULL_NAME = 'N',   /* for a From: that must be made */
    MAILDROP_ENVELOPE_ID = 'I', /* DSN ENVID */
    MAILDROP_RETURN = 'T',      /* DSN RET: "F" or "H" */
    MAILDROP_BODY = 'B',        /* "8BITMIME" or "7BIT" */
    MAILDROP_GATEWAY = 'G',     /* no mail of our own users: headers are not completed */
    MAILDROP_VERIFY = 'Y',      /* what would become of it? nothing is delivered */
    MAILDROP_TRACE = 'F',       /* what came of the first attempt? */
    MAILDROP_VERP = 'X',        /* the delimiters of variable envelope return paths */
    MAILDROP_ORCPT = 'O',       /* DSN ORCPT of the next recipient, "rfc822;bob@x" */
    MAILDROP_RECIPIENT = 'R',   /* one octet '@' + DSN NOTIFY flags, then the address */
    MAILDROP_CONTENT = 'C',
    MAILDROP_END = 'E',
};

struct maildrop_record {
    enum maildrop_type type;
    struct span value; /* where it lies in the input; but for content, without control characters */
};

/* What has been read so far, for the order of records; starts as {0}. */
struct maildrop_reader {
    unsigned seen;
    size_t phase;
    size_t recipients;
};

/*
 * maildrop_next - the next record, with its bounds and its place in the order checked
 *
 * PARSE_INCOMPLETE: it goes on beyond what is here. MALFORMED and TOO_BIG (also of the number of
 * recipients) are the end. Behind MAILDROP_END nothing may follow: MALFORMED.
 */
enum parse_result maildrop_next(struct maildrop_reader *reader, struct cursor *at,
                                struct maildrop_record *record_r) MUST_CHECK;

/* maildrop_put - append a record to a buffer of our own */
void maildrop_put(struct buf *to, enum maildrop_type type, struct span value);

#endif
