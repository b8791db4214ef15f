/*
 * A priority queue whose nodes live inside what they order, so that any of them can be taken out at
 * once: entries by turn, destinations by their first entry, timers, deferred messages by date.
 */
#ifndef BUZON_QMGR_HEAP_H
#define BUZON_QMGR_HEAP_H

#include "lib/base/base.h"

struct heap_node {
    int64_t key;       /* smallest first */
    uint64_t sequence; /* among equal keys, smallest first */
    size_t place;      /* 1 is the front; 0: in no heap */
};

struct heap {
    struct heap_node **nodes; /* nodes[place] */
    size_t count;
    size_t capacity;
};

/* The struct that holds this node as `member`. */
#define HEAP_OWNER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* heap_push - the node, in no heap so far, is borrowed until it is removed */
void heap_push(struct heap *heap, struct heap_node *node);
/* heap_first - the smallest, or NULL */
struct heap_node *heap_first(const struct heap *heap);
/* heap_remove - take a node out; one that is in no heap is left alone */
void heap_remove(struct heap *heap, struct heap_node *node);
/* heap_release - free the heap's own memory, not the nodes */
void heap_release(struct heap *heap);

static inline bool heap_has(const struct heap_node *node)
{
    return node->place != 0;
}

#endif
