/* A binary heap; the children of place n are at 2n and 2n + 1. */
#include "qmgr/heap.h"

static bool is_before(const struct heap_node *a, const struct heap_node *b)
{
    return a->key != b->key ? a->key < b->key : a->sequence < b->sequence;
}

static void put(struct heap *heap, size_t place, struct heap_node *node)
{
    heap->nodes[place] = node;
    node->place = place;
}

static void move_up(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;

    for (; place > 1 && is_before(node, heap->nodes[place / 2]); place /= 2)
        put(heap, place, heap->nodes[place / 2]);
    put(heap, place, node);
}

static void move_down(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;

    while (2 * place <= heap->count) {
        size_t child = 2 * place;
        if (child < heap->count && is_before(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (!is_before(heap->nodes[child], node))
            break;
        put(heap, place, heap->nodes[child]);
        place = child;
    }
    put(heap, place, node);
}

void heap_push(struct heap *heap, struct heap_node *node)
{
    ASSERT(node->place == 0);
    if (heap->count + 1 >= heap->capacity) {
        heap->capacity = heap->capacity == 0 ? 8 : heap->capacity + heap->capacity / 2;
        heap->nodes = mem_resize(heap->nodes, heap->capacity, sizeof(*heap->nodes));
    }
    put(heap, ++heap->count, node);
    move_up(heap, node);
}

struct heap_node *heap_first(const struct heap *heap)
{
    return heap->count == 0 ? NULL : heap->nodes[1];
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;
    struct heap_node *last;

    if (place == 0)
        return;
    ASSERT(place <= heap->count && heap->nodes[place] == node);
    last = heap->nodes[heap->count--];
    node->place = 0;
    if (last == node)
        return;
    put(heap, place, last);
    move_up(heap, last);
    move_down(heap, last);
}

void heap_release(struct heap *heap)
{
    mem_free(heap->nodes);
    *heap = (struct heap){0};
}
