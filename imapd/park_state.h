/*
 * The state of a parked session as octets. It goes to login and comes back, perhaps to an imapd of
 * another version; login cannot be trusted with it, so it says nothing of whose session it is, and is
 * read like anything from outside.
 *
 * What a session remembers between two commands is here, or keeps it from being parked
 * (imapd_may_park): a new member of struct imapd_session belongs to one or the other.
 */
#ifndef BUZON_IMAPD_PARK_STATE_H
#define BUZON_IMAPD_PARK_STATE_H

#include "imapd/session.h"

#define PARK_STATE_VERSION 2     /* 1, without notify and deflate, is read too */
#define PARK_STATE_MAX     49152 /* octets */

struct park_state {
    uint64_t pid; /* of the process in which it began: for the log */
    uint64_t octets_in, octets_out;
    struct imapd_counters counters;
    uint64_t bad_commands;
    uint64_t idling, selected, read_only; /* 0 or 1 */
    uint64_t told_keywords;
    uint64_t uidvalidity, modseq;
    uint64_t enabled;    /* enum imapd_enabled */
    struct span tag;     /* of IDLE */
    struct span mailbox; /* its name */
    uint64_t compressed; /* 0 or 1 */
    struct span deflate; /* stream_save_deflate */
    struct span notify;  /* notify_state.h; empty: nothing */
    struct mailbox_memory memory;
    const struct uid_range *saved; /* "$" */
    size_t saved_count;
};

/* park_state_write - false: longer than PARK_STATE_MAX, the session cannot be parked */
bool park_state_write(const struct park_state *state, struct buf *out) MUST_CHECK;
/* park_state_read - MALFORMED also for a version that we do not know; spans are borrowed, ranges the
 * arena's. TOO_BIG: more ranges than octets, or a number past its bound. */
enum parse_result park_state_read(struct arena *arena, struct span octets,
                                  struct park_state *state_r);

#endif
