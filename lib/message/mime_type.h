/*
 * What Content-Type and Content-Transfer-Encoding say, for those who look into messages on their way
 * (mime_walk.h). Read word by word, as Postfix reads them, so that nobody hides a part from us that he
 * would not hide from others. Source: RFC 2045 sections 5.1 and 6.1.
 */
#ifndef BUZON_LIB_MESSAGE_MIME_TYPE_H
#define BUZON_LIB_MESSAGE_MIME_TYPE_H

#include "lib/base/base.h"

enum mime_type {
    MIME_TYPE_TEXT,
    MIME_TYPE_MULTIPART,
    MIME_TYPE_MESSAGE,        /* rfc822 */
    MIME_TYPE_GLOBAL_MESSAGE, /* global: RFC 6532 */
    MIME_TYPE_CUT_MESSAGE, /* partial, external-body: what looks like a header is not one to trust */
    MIME_TYPE_OTHER,
};

enum mime_encoding { MIME_7BIT, MIME_8BIT, MIME_BINARY, MIME_BASE64, MIME_QUOTED_PRINTABLE };

/* mime_type_read - the type; *in is moved to its parameters. False: there is none, nothing is set. */
bool mime_type_read(struct cursor *in, enum mime_type *type_r, bool *digest_r) MUST_CHECK;

/* mime_type_boundary - the next parameter `boundary`; there may be several, each of which counts. The text is
 * the arena's. False: there are no more. */
bool mime_type_boundary(struct cursor *in, struct arena *arena, struct span *boundary_r) MUST_CHECK;

/* mime_encoding_read - false: it is none that is known */
bool mime_encoding_read(struct span body, enum mime_encoding *encoding_r) MUST_CHECK;

/* mime_encoding_domain - MIME_7BIT, MIME_8BIT or MIME_BINARY: what the encoded octets may be */
enum mime_encoding mime_encoding_domain(enum mime_encoding encoding);

/* mime_encoding_name - "7bit" */
const char *mime_encoding_name(enum mime_encoding encoding);

/* mime_is_about - a field of this name is about MIME, wherever it stands: for mime_header_checks */
bool mime_is_about(struct span name);

#endif
