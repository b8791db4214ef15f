/*
 * What a search is to return: RETURN (...) of RFC 4731, with SAVE (RFC 5182), PARTIAL, UPDATE and
 * CONTEXT (RFC 5267, RFC 9394); and the ESEARCH response.
 */
#ifndef BUZON_IMAPD_SEARCH_RETURN_H
#define BUZON_IMAPD_SEARCH_RETURN_H

#include "imapd/session.h"

enum {
    RETURN_MIN = 1,
    RETURN_MAX = 2,
    RETURN_ALL = 4,
    RETURN_COUNT = 8,
    RETURN_SAVE = 16,
    RETURN_PARTIAL = 32,
    RETURN_UPDATE = 64,
    RETURN_CONTEXT = 128, /* a hint, which we need not */
};

/* "1:100" from the front, "-1:-100" from the end; first <= last in size */
struct partial {
    uint32_t first, last;
    bool from_end;
};

/* partial_parse - partial-range of RFC 9394 */
bool partial_parse(struct cursor *at, struct partial *partial_r) MUST_CHECK;
/* partial_slice - which of `count` things these are: [*first_r, *past_r) */
void partial_slice(const struct partial *partial, size_t count, size_t *first_r, size_t *past_r);

struct search_return {
    bool given; /* else the response is SEARCH or SORT, not ESEARCH */
    unsigned options;
    struct partial partial;
};

/* search_return_parse - [SP "RETURN" SP "(" ... ")"] */
bool search_return_parse(struct cursor *at, struct search_return *return_r) MUST_CHECK;

/* Messages that were found, by their indices in the view, in the order in which they are told. */
struct found {
    uint32_t *indices; /* owned */
    size_t count, capacity;
};

void found_add(struct found *found, uint32_t index);
void found_release(struct found *found);

/* Where they were found, and how they are named. */
struct search_source {
    const struct mailbox *mailbox;
    bool is_selected; /* else the response names the mailbox */
    bool by_uid, is_sorted, with_modseq;
};

/* search_put_response - the untagged ESEARCH, SEARCH or SORT response; nothing where RFC 5182 or RFC
 * 7377 want none */
void search_put_response(struct imapd_session *session, const struct search_return *wanted,
                         const struct search_source *source, const struct found *found);
/* search_save - what is found becomes "$", as the options of the search say */
void search_save(struct imapd_session *session, const struct search_return *wanted,
                 const struct found *found);
/* search_put_tag - `(TAG "a"`, to which the parenthesis is still to come */
void search_put_tag(struct buf *out, struct span tag);
/* search_put_set - of these messages, in this order */
void search_put_set(struct buf *out, const struct mailbox *mailbox, bool by_uid,
                    const uint32_t *indices, size_t count);

#endif
