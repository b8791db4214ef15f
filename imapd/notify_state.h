/*
 * What NOTIFY of a parked session wants and was told, as octets: part of the session's state, and not to be
 * trusted when it comes back (park_state.h).
 */
#ifndef BUZON_IMAPD_NOTIFY_STATE_H
#define BUZON_IMAPD_NOTIFY_STATE_H

#include "imapd/notify_watch.h"

struct notify_annotation {
    const char *entry;
    uint64_t digest; /* of its value */
};

/* Of a mailbox, or of the account: then name is NULL. */
struct notify_annotated {
    const char *name;
    const struct notify_annotation *annotations;
    size_t count;
};

struct notify_state {
    struct notify_request request;    /* names as they are inside */
    struct notify_mailbox *mailboxes; /* of `told` what NOTIFY tells, and guid */
    size_t mailbox_count;
    struct notify_annotated *annotated;
    size_t annotated_count;
};

/* notify_state_write - false: past the limit of the buffer */
bool notify_state_write(const struct notify_state *state, struct buf *out) MUST_CHECK;
/* notify_state_read - as park_state_read; all of it is the arena's */
enum parse_result notify_state_read(struct arena *arena, struct span octets,
                                    struct notify_state *state_r) MUST_CHECK;

#endif
