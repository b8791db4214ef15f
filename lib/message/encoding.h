/*
 * Content as people read it: transfer encodings undone, charsets converted to UTF-8, for SEARCH and
 * SORT. Never fails: what cannot be decoded stays as it is. Sources: RFC 2045 section 6, RFC 2047.
 */
#ifndef BUZON_LIB_MESSAGE_ENCODING_H
#define BUZON_LIB_MESSAGE_ENCODING_H

#include "lib/base/buf.h"

/* What is appended to `out` is at most what its limit leaves room for; the rest is dropped. */

void encoding_put_base64_decoded(struct buf *out, struct span text);
/* `in_word`: the Q encoding of RFC 2047, where '_' is a space */
void encoding_put_quoted_printable_decoded(struct buf *out, struct span text, bool in_word);
/* encoding_put_utf8 - from a charset by name; an unknown charset is taken as it is */
void encoding_put_utf8(struct buf *out, struct span charset, struct span text);
/* encoding_is_known_charset - can it be converted to UTF-8? */
bool encoding_is_known_charset(struct span charset);
/* encoding_put_header - a field's body: unfolded, encoded words decoded, in UTF-8 */
void encoding_put_header(struct buf *out, struct span body);

#endif
