/*
 * Header fields for readers that know nothing but ASCII: what RFC 6858 lets a server show of an
 * internationalized message ("simplified downgrading"). Content stays as it is: it has its own
 * encodings.
 */
#ifndef BUZON_LIB_MESSAGE_SURROGATE_H
#define BUZON_LIB_MESSAGE_SURROGATE_H

#include "lib/base/buf.h"

/* surrogate_is_needed - there are octets in the header that are not ASCII */
bool surrogate_is_needed(struct span header);
/*
 * surrogate_is_due - the header is that of an internationalized message (RFC 6532): UTF-8, with an address that is not
 * ASCII. Mere 8-bit text is none: programs have sent it at all times, readers know what to do with it, and signatures
 * are of the octets that came.
 */
bool surrogate_is_due(struct span header);

/*
 * surrogate_put_header - append a header in ASCII, with LF line ends where it is not as it was
 *
 *  header  of a message or of a part, with the empty line that ends it; borrowed
 *  out     gets at most some forty times as much: the caller bounds the header
 *
 * Fields that are ASCII stay, octet for octet. Of the others, texts become encoded words (RFC 2047; of the
 * charset unknown-8bit where they are not UTF-8); an address that cannot be shown becomes one that reaches
 * nobody, under the name it had; parameters of MIME fields that cannot be shown are left out, and so is
 * every other field.
 */
void surrogate_put_header(struct buf *out, struct span header);

#endif
