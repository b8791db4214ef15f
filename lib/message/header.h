/* Header fields of a message (RFC 5322 section 2.2), in content with LF or CRLF line ends. */
#ifndef BUZON_LIB_MESSAGE_HEADER_H
#define BUZON_LIB_MESSAGE_HEADER_H

#include "lib/base/base.h"

struct header_field {
    struct span name;  /* without the colon and white space before it */
    struct span body;  /* after the colon, folds included, last line end not */
    struct span whole; /* name to last line end, inclusive */
};

/*
 * header_next - the next field of a header block
 *
 * PARSE_DONE: *at is behind the field. PARSE_MALFORMED: what comes is no field: the header ends here
 * (an empty line, which is not consumed, or body text). PARSE_INCOMPLETE: the field may go on beyond
 * what is here (only when !at_eof).
 */
enum parse_result header_next(struct cursor *at, bool at_eof,
                              struct header_field *field_r) MUST_CHECK;

/* header_is_mailbox_line - "From somebody date", as mailboxes have it before a message, quoted any number of times
 * (">From "): it is no field, and in front of a header would make a body of it */
bool header_is_mailbox_line(struct span line);

/* header_unfold - the body with folds removed, trimmed; arena's */
struct span header_unfold(struct arena *arena, struct span body);

#endif
