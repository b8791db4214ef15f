/* FETCH: RFC 3501 section 6.4.5. What its files share. */
#ifndef BUZON_IMAPD_FETCH_H
#define BUZON_IMAPD_FETCH_H

#include "imapd/search_return.h"
#include "imapd/section.h"
#include "imapd/session.h"

#define FETCH_ITEMS_MAX 200

enum fetch_kind {
    FETCH_UID,
    FETCH_FLAGS,
    FETCH_DATE,
    FETCH_SIZE,
    FETCH_ENVELOPE,
    FETCH_BODYSTRUCTURE,
    FETCH_BODY,
    FETCH_MODSEQ,    /* RFC 7162 */
    FETCH_SAVE_DATE, /* RFC 8514 */
    FETCH_EMAIL_ID,  /* RFC 8474 */
    FETCH_THREAD_ID,
    FETCH_PREVIEW,       /* RFC 8970 */
    FETCH_PREVIEW_FUZZY, /* as its drafts had it, with the name of the algorithm; SNIPPET before those */
    FETCH_SNIPPET,
    FETCH_SECTION,
};

struct fetch_item {
    enum fetch_kind kind;
    struct section section; /* of FETCH_SECTION */
};

struct fetch {
    struct fetch_item *items; /* the arena's */
    size_t count;
    unsigned wanted;       /* WANT_..., of all items */
    struct strlist fields; /* header fields that come from the index */
    bool marks_seen;
    unsigned kinds; /* bits 1 << enum fetch_kind: what is among the items */

    /* Which of the messages: modifiers of RFC 7162 and RFC 9394. */
    bool is_conditional, wants_vanished, is_partial;
    uint64_t changed_since; /* of a conditional one */
    struct partial partial;
};

/* fetch_tells - is that among the items? */
static inline bool fetch_tells(const struct fetch *fetch, enum fetch_kind kind)
{
    return (fetch->kinds & 1U << kind) != 0;
}

/* fetch_parse - the items, in an order in which those that read files come last, and modifiers; release
 * it anyway */
bool fetch_parse(struct arena *arena, struct cursor *at, struct fetch *fetch_r) MUST_CHECK;
void fetch_release(struct fetch *fetch);

/* One message whose items are put out. */
struct fetch_message {
    size_t index;
    struct message_metadata metadata;
    struct message_file file; /* fd -1: not open yet */
    bool sent;                /* a part of the response is on the wire */
    bool unknown_encoding;    /* of a part that should be decoded */
};

/* fetch_put_section - label and content of one section. false: the session has ended, or the message
 * is gone: then nothing was put. */
bool fetch_put_section(struct imapd_session *session, struct fetch_message *message,
                       const struct section *section) MUST_CHECK;
/* fetch_put_binary - likewise of a section of BINARY (fetch_binary.c) */
bool fetch_put_binary(struct imapd_session *session, struct fetch_message *message,
                      const struct section *section) MUST_CHECK;
/* fetch_open_file - false: the message is gone, or trouble was logged */
bool fetch_open_file(struct imapd_session *session, struct fetch_message *message) MUST_CHECK;
/* fetch_put_new - UID and items of the messages from that index on, without a mark on them */
void fetch_put_new(struct imapd_session *session, const struct fetch *fetch, size_t first);
/* fetch_flush - as imapd_flush, without holding a transaction of the index while the client is slow.
 * Metadata is void afterwards, but its parts. */
void fetch_flush(struct imapd_session *session);

#endif
