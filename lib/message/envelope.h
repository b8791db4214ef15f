/* The ENVELOPE of a message (RFC 3501 section 7.4.2), read from what imap_put_envelope wrote. */
#ifndef BUZON_LIB_MESSAGE_ENVELOPE_H
#define BUZON_LIB_MESSAGE_ENVELOPE_H

#include "lib/base/base.h"

enum envelope_field {
    ENVELOPE_DATE,
    ENVELOPE_SUBJECT,
    ENVELOPE_FROM,
    ENVELOPE_SENDER,
    ENVELOPE_REPLY_TO,
    ENVELOPE_TO,
    ENVELOPE_CC,
    ENVELOPE_BCC,
    ENVELOPE_IN_REPLY_TO,
    ENVELOPE_MESSAGE_ID,
    ENVELOPE_FIELDS
};

struct envelope {
    /* Texts, unquoted; data NULL: NIL. Of lists of addresses what stands between the parentheses. */
    struct span fields[ENVELOPE_FIELDS];
};

/* envelope_read - the fields up to `last`; texts are the arena's or borrowed. false: this is none. */
bool envelope_read(struct arena *arena, struct span octets, enum envelope_field last,
                   struct envelope *envelope_r) MUST_CHECK;

struct envelope_address {
    struct span name, route, mailbox, host; /* data NULL: NIL; a group's start has no host */
};

/* envelope_next_address - of such a list; false at its end */
bool envelope_next_address(struct arena *arena, struct cursor *list,
                           struct envelope_address *address_r) MUST_CHECK;

#endif
