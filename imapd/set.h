/* Sequence sets: "1:4,7,9:*" of sequence numbers or UIDs (RFC 3501 section 9). */
#ifndef BUZON_IMAPD_SET_H
#define BUZON_IMAPD_SET_H

#include "lib/base/buf.h"
#include "lib/store/store.h"

struct set_range {
    uint32_t low, high; /* low <= high, but for '*', which is UINT32_MAX until it is resolved */
};

struct set {
    struct set_range *ranges; /* the arena's */
    size_t count;
};

bool set_parse(struct arena *arena, struct cursor *at, struct set *set_r) MUST_CHECK;

/* Messages of the view, by their indices, ascending; the arena's. */
struct selection {
    uint32_t *indices;
    size_t count;
};

/*
 * set_resolve - the messages that a set means
 *
 * UIDs that nobody has are passed over. false: a sequence number is past the last message.
 */
bool set_resolve(struct arena *arena, const struct set *set, const struct mailbox *mailbox,
                 bool by_uid, struct selection *selection_r) MUST_CHECK;

/* set_put_uids - "1:4,7" of ascending numbers or not */
void set_put_uids(struct buf *out, const uint32_t *uids, size_t count);

#endif
