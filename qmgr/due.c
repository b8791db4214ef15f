/* Deferred messages by date. */
#include "qmgr/due.h"

#include <stdio.h>

struct deferred {
    struct heap_node node; /* key: date */
    char queue_id[];
};

static void add(struct heap *heap, int64_t when, const char *queue_id)
{
    size_t size = strlen(queue_id) + 1;
    struct deferred *deferred = mem_alloc(sizeof(*deferred) + size);

    memcpy(deferred->queue_id, queue_id, size);
    deferred->node.key = when;
    heap_push(heap, &deferred->node);
}

void due_add(struct due *due, int64_t when, const char *queue_id)
{
    add(&due->waiting, when, queue_id);
}

void due_add_flushed(struct due *due, const char *queue_id)
{
    add(&due->flushed, 0, queue_id);
}

/* What is flushed keeps its order of dates. The larger heap stays where it is. */
void due_flush(struct due *due)
{
    struct heap_node *node;
    struct heap moving = due->waiting;

    due->waiting = (struct heap){0};
    if (due->flushed.count < moving.count) {
        struct heap larger = moving;
        moving = due->flushed;
        due->flushed = larger;
    }
    while ((node = heap_first(&moving)) != NULL) {
        heap_remove(&moving, node);
        heap_push(&due->flushed, node);
    }
    heap_release(&moving);
}

bool due_take(struct due *due, int64_t now, struct due_message *message_r)
{
    struct heap *heap = due->flushed.count > 0 ? &due->flushed : &due->waiting;
    struct heap_node *node = heap_first(heap);
    struct deferred *deferred;

    if (node == NULL || (heap == &due->waiting && node->key > now))
        return false;
    heap_remove(heap, node);
    deferred = HEAP_OWNER(node, struct deferred, node);
    snprintf(message_r->queue_id, sizeof(message_r->queue_id), "%s", deferred->queue_id);
    message_r->when = node->key;
    message_r->flushed = heap == &due->flushed;
    mem_free(deferred);
    return true;
}

int64_t due_next(const struct due *due, int64_t now)
{
    const struct heap_node *node = heap_first(&due->waiting);

    if (due->flushed.count > 0)
        return 0;
    if (node == NULL)
        return -1;
    return node->key > now ? node->key - now : 0;
}

void due_release(struct due *due)
{
    struct due_message message;

    while (due_take(due, INT64_MAX, &message))
        continue;
    heap_release(&due->waiting);
    heap_release(&due->flushed);
}
