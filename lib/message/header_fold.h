/* Writing of address fields in lines of a bearable length: RFC 5322 section 2.1.1. */
#ifndef BUZON_LIB_MESSAGE_HEADER_FOLD_H
#define BUZON_LIB_MESSAGE_HEADER_FOLD_H

#include "lib/base/buf.h"

/*
 * header_fold - a field of addresses, laid out as Postfix does it when it has changed one: elements in a line as long
 * as that is short, the lines behind the first with a tab. What is in quotes and comments stays, on one line.
 *
 *  name, body  without colon and line end; the body may have folds
 *  out         gets the field without a line end; room for name, body four times, and two octets is enough
 */
void header_fold(struct span name, struct span body, struct buf *out);

#endif
