/* The header block: what it says, what goes, what is rewritten, what is missing. */
#ifndef BUZON_CLEANUP_HEADER_H
#define BUZON_CLEANUP_HEADER_H

#include "cleanup/message.h"

#include "lib/message/header.h"

/* message.fields: what the header has */
enum {
    HAS_FROM = 1,
    HAS_DATE = 2,
    HAS_MESSAGE_ID = 4,
    HAS_RESENT_FROM = 8,
    HAS_RESENT_DATE = 16,
    HAS_RESENT_MESSAGE_ID = 32,
    HAS_RESENT = 64,             /* any Resent- field: RFC 5322 section 3.6.6 */
    HAS_VISIBLE_RECIPIENT = 128, /* To, Cc, or theirs when resent */
};

/* header_field - one field: into the file, changed or not, or dropped. Its octets must stay where
 * they are until message_flush. */
void header_field(struct message *message, const struct header_field *field);
/* header_complete - the fields that are missing, behind those that are there */
void header_complete(struct message *message);

#endif
