/* Octets written with escapes as in C, as some settings have them. */
#ifndef BUZON_LIB_BASE_ESCAPE_H
#define BUZON_LIB_BASE_ESCAPE_H

#include "lib/base/buf.h"

/*
 * escape_decode - append what `text` stands for: \a \b \f \n \r \t \v, and one to three octal digits; a
 * backslash before anything else stands for that
 *
 *  out  has room for as many octets as the text has
 */
void escape_decode(struct span text, struct buf *out);
/*
 * escape_encode - append the octets so that all of them can be printed: letters where there are such, three
 * octal digits for the rest, a backslash twice
 *
 *  out  has room for four times as many octets
 */
void escape_encode(struct span octets, struct buf *out);

#endif
