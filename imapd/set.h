/* Sequence sets: "1:4,7,9:*" of sequence numbers or UIDs (RFC 3501 section 9), or "$", the messages
 * that the last SEARCH with SAVE found (RFC 5182). */
#ifndef BUZON_IMAPD_SET_H
#define BUZON_IMAPD_SET_H

#include "lib/base/buf.h"
#include "lib/store/store.h"

struct set_range {
    uint32_t low, high; /* low <= high, but for '*', which is UINT32_MAX until it is resolved */
};

struct set {
    struct set_range *ranges; /* the arena's, or as `saved` says */
    size_t count;
    bool saved; /* "$" */
};

bool set_parse(struct arena *arena, struct cursor *at, struct set *set_r) MUST_CHECK;

/* set_normalise - its ranges with '*' as `last`, ascending and without overlaps; the arena's */
struct set_range *set_normalise(struct arena *arena, const struct set *set, uint32_t last,
                                size_t *count_r);

/* A set of UIDs that grows, ascending; as what "$" means. They stay right when messages go: no UID comes twice. */
struct saved_set {
    struct set_range *ranges; /* owned */
    size_t count, capacity;
};

void saved_set_clear(struct saved_set *saved);
void saved_set_release(struct saved_set *saved);
/* saved_set_add - a UID that is higher than all before */
void saved_set_add(struct saved_set *saved, uint32_t uid);

/* saved_set_put - "1:4,7" */
void saved_set_put(struct buf *out, const struct saved_set *saved);

/* Messages of the view as runs of indices [first, past), ascending, not touching; the arena's. */
struct index_run {
    uint32_t first, past;
};
struct index_runs {
    struct index_run *runs;
    size_t count;
};

/*
 * set_resolve_runs - the messages that a set means
 *
 *  saved  what "$" means; NULL: nothing
 *
 * UIDs that nobody has are passed over. false: a sequence number is past the last message; the result has
 * the others. It is as long as the set at most, however many messages it means.
 */
bool set_resolve_runs(struct arena *arena, const struct set *set, const struct mailbox *mailbox,
                      bool by_uid, const struct saved_set *saved,
                      struct index_runs *runs_r) MUST_CHECK;
/* index_runs_have - is that message among them? */
bool index_runs_have(const struct index_runs *runs, size_t index);

/* Messages of the view, by their indices, ascending; the arena's. */
struct selection {
    uint32_t *indices;
    size_t count;
};

/* set_resolve - the same, message by message */
bool set_resolve(struct arena *arena, const struct set *set, const struct mailbox *mailbox,
                 bool by_uid, const struct saved_set *saved,
                 struct selection *selection_r) MUST_CHECK;

/* set_put_uids - "1:4,7" of ascending numbers or not */
void set_put_uids(struct buf *out, const uint32_t *uids, size_t count);

#endif
