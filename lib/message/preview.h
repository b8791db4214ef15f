/* The first words of a message, as lists of messages show them: RFC 8970. */
#ifndef BUZON_LIB_MESSAGE_PREVIEW_H
#define BUZON_LIB_MESSAGE_PREVIEW_H

#include "lib/base/buf.h"
#include "lib/message/mime.h"

#define PREVIEW_CHARACTERS 200

/*
 * preview_put - append at most PREVIEW_CHARACTERS characters of UTF-8, white space as single spaces
 *
 * From the first part that is text to be read: text/plain or of another subtype, or text/html without its marks; of
 * alternatives the plain one, when it has words. What is
 * quoted ("> ", BLOCKQUOTE) counts only when there is nothing else. Nothing is appended when there is no text.
 * Work is bounded, whatever the message is.
 *
 *  message  of which `parts` were made
 */
void preview_put(struct buf *out, struct arena *arena, struct span message,
                 const struct mime_part *parts, size_t count);

#endif
