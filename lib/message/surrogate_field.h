/* A header field in ASCII as it grows, for lib/message/surrogate.c: folded, and with encoded words (RFC 2047). */
#ifndef BUZON_LIB_MESSAGE_SURROGATE_FIELD_H
#define BUZON_LIB_MESSAGE_SURROGATE_FIELD_H

#include "lib/base/buf.h"

struct surrogate_field {
    struct buf *out;
    size_t column;
};

/* surrogate_begin - its name and the colon */
struct surrogate_field surrogate_begin(struct buf *out, struct span name);
/* surrogate_put_word - what has no white space in it, behind a space or on the next line */
void surrogate_put_word(struct surrogate_field *writer, struct span word);
void surrogate_put_mark(struct surrogate_field *writer, char mark);
/* surrogate_put_text - unfolded text, where encoded words may stand among others */
void surrogate_put_text(struct surrogate_field *writer, struct span text);

#endif
