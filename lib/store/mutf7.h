/* IMAP's modified UTF-7 for mailbox names: RFC 3501 section 5.1.3. */
#ifndef BUZON_LIB_STORE_MUTF7_H
#define BUZON_LIB_STORE_MUTF7_H

#include "lib/base/buf.h"

/* mutf7_decode - to UTF-8; false when it is not modified UTF-7 in its one right form (printable ASCII
 * stands for itself, no surrogate alone, no padding bits) */
bool mutf7_decode(struct span name, struct buf *utf8) MUST_CHECK;
/* mutf7_encode - false when it is not UTF-8, or holds control characters */
bool mutf7_encode(struct span utf8, struct buf *name) MUST_CHECK;

#endif
