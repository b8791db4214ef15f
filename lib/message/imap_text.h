/*
 * What IMAP says about a message: strings, ENVELOPE and BODYSTRUCTURE as they go over the wire. Made
 * once for a message and kept in the index. Source: RFC 3501 sections 4.3, 7.4.2 and 9.
 */
#ifndef BUZON_LIB_MESSAGE_IMAP_TEXT_H
#define BUZON_LIB_MESSAGE_IMAP_TEXT_H

#include "lib/base/buf.h"
#include "lib/message/mime.h"

/* imap_put_string - quoted where that can be, else a literal; NULs are left out */
void imap_put_string(struct buf *out, struct span text);
/* imap_put_nstring - the same; NIL when data is NULL */
void imap_put_nstring(struct buf *out, struct span text);

/* imap_put_astring - as it is where it is an atom, else a string */
void imap_put_astring(struct buf *out, struct span text);

/* imap_put_number - decimal digits, without printf's price: there may be hundreds of thousands */
void imap_put_number(struct buf *out, uint64_t number);

/* imap_put_envelope - "(date subject from sender reply-to to cc bcc in-reply-to message-id)" */
void imap_put_envelope(struct buf *out, struct arena *arena, struct span header);

/*
 * imap_put_bodystructure - BODYSTRUCTURE, or BODY when not `extended`
 *
 *  message  of which `parts` were made
 */
void imap_put_bodystructure(struct buf *out, struct arena *arena, struct span message,
                            const struct mime_part *parts, bool extended);

#endif
