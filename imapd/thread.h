/*
 * THREAD: RFC 5256 section 3, ORDEREDSUBJECT and REFERENCES; REFS of draft-ietf-morg-inthread. Messages
 * are given one after the other; then there is a forest, whose trees may be as deep as they are many:
 * nothing here is recursive, and everything is bounded by n log n.
 */
#ifndef BUZON_IMAPD_THREAD_H
#define BUZON_IMAPD_THREAD_H

#include "lib/base/buf.h"

enum thread_kind {
    THREAD_ORDERED_SUBJECT,
    THREAD_REFERENCES,
    THREAD_REFS, /* as REFERENCES, but subjects join nothing, and threads are ordered by their latest */
};

struct thread_message {
    uint32_t number;                                 /* how the client calls it */
    int64_t date;                                    /* sent; of REFS: when it arrived */
    struct span message_id, references, in_reply_to; /* bodies of these fields; borrowed */
    struct span subject;                             /* the base subject, mapped; borrowed */
    bool is_reply;                                   /* by its subject */
};

struct threads;

struct threads *threads_create(enum thread_kind kind) __attribute__((returns_nonnull));
void threads_free(struct threads **threads);
/* threads_add - the next message of the mailbox */
void threads_add(struct threads *threads, const struct thread_message *message);
/* threads_put - " (2)(3 6 (4 23)(44 7 96))", nothing when there is none; once, after the last message */
void threads_put(struct threads *threads, struct buf *out);

/* thread_next_id - the next message id in the body of a field, without its brackets, quotes undone; the
 * arena's or borrowed. false: there is no more. */
bool thread_next_id(struct arena *arena, struct span *rest, struct span *id_r) MUST_CHECK;

#endif
