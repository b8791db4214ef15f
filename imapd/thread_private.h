/* What the files of threading share; nobody else includes this. */
#ifndef BUZON_IMAPD_THREAD_PRIVATE_H
#define BUZON_IMAPD_THREAD_PRIVATE_H

#include "imapd/thread.h"

#include "lib/base/hash.h"

#define THREAD_NONE 0 /* no node; the root of all, which is nobody's child, has this number */

/* A message, or a dummy: one that was only referred to, or a head for others. */
struct thread_node {
    uint32_t parent, next; /* of siblings */
    uint32_t child, last;  /* of its children, first and last */
    uint32_t children;
    uint32_t number; /* 0: a dummy */
    uint32_t order;  /* among messages; of dummies, of their first child */
    bool is_reply;
    int64_t date, latest;
    struct span subject;
};

struct threads {
    enum thread_kind kind;
    struct arena *arena; /* of texts */
    struct arena *ids;   /* of one message */
    struct hash *by_id;  /* numbers of nodes */
    struct thread_node *nodes;
    uint32_t count, capacity; /* of nodes, with the root */
    uint32_t messages;
    uint64_t steps; /* of the search for loops */
};

uint32_t thread_new_node(struct threads *threads);
/* thread_append - as the last child */
void thread_append(struct threads *threads, uint32_t parent, uint32_t child);
/* thread_detach_children - nobody is its child any more; the first of those that were */
uint32_t thread_detach_children(struct threads *threads, uint32_t parent);

/* thread_preorder - all nodes below the root, parents before children; the caller frees it */
uint32_t *thread_preorder(const struct threads *threads, uint32_t *count_r);
/* thread_sort_children - by date, then by order; a dummy is as its first child */
void thread_sort_children(struct threads *threads, uint32_t parent, bool by_latest);

/* thread_link_references - one more message, and what it refers to (thread_references.c) */
void thread_link_references(struct threads *threads, const struct thread_message *message);
/* thread_join_references - the trees that all links make; dummies are pruned */
void thread_join_references(struct threads *threads);
/* thread_join_subjects - trees of one subject become one: step 5 of REFERENCES (thread_subject.c) */
void thread_join_subjects(struct threads *threads);
/* thread_order_subjects - ORDEREDSUBJECT */
void thread_order_subjects(struct threads *threads);

#endif
