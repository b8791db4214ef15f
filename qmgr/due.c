/* Deferred messages by date: binary heaps whose entries lie in one block, because there may be very many. */
#include "qmgr/due.h"

/* --- entries ----------------------------------------------------------------------------------------------- */

static void set_id(struct due_entry *entry, const char *queue_id)
{
    size_t len = strlen(queue_id);
    char *outside;

    memset(entry->id, 0, sizeof(entry->id));
    if (len <= sizeof(entry->id)) {
        memcpy(entry->id, queue_id, len);
        return;
    }
    outside = mem_text(queue_id);
    memcpy(entry->id + sizeof(entry->id) - sizeof(outside), &outside, sizeof(outside));
}

/* The id is the caller's now. */
static void take_id(const struct due_entry *entry, char queue_id_r[QUEUE_ID_MAX])
{
    char *outside;

    memset(queue_id_r, 0, QUEUE_ID_MAX);
    if (entry->id[0] != '\0') {
        memcpy(queue_id_r, entry->id, sizeof(entry->id));
        return;
    }
    memcpy(&outside, entry->id + sizeof(entry->id) - sizeof(outside), sizeof(outside));
    memcpy(queue_id_r, outside, strnlen(outside, QUEUE_ID_MAX - 1));
    mem_free(outside);
}

static bool is_before(const struct due_entry *a, const struct due_entry *b)
{
    return a->when != b->when ? a->when < b->when : a->sequence < b->sequence;
}

/* --- heaps: the children of place n are at 2n + 1 and 2n + 2 --------------------------------------------- */

static void push(struct due_heap *heap, const struct due_entry *entry)
{
    size_t place = heap->count++;

    if (heap->count > heap->capacity) {
        heap->capacity = heap->capacity == 0 ? 8 : heap->capacity + heap->capacity / 2;
        heap->entries = mem_resize(heap->entries, heap->capacity, sizeof(*heap->entries));
    }
    for (; place > 0 && is_before(entry, &heap->entries[(place - 1) / 2]); place = (place - 1) / 2)
        heap->entries[place] = heap->entries[(place - 1) / 2];
    heap->entries[place] = *entry;
}

static struct due_entry pop(struct due_heap *heap)
{
    const struct due_entry first = heap->entries[0];
    const struct due_entry last = heap->entries[--heap->count];
    size_t place = 0;

    while (2 * place + 1 < heap->count) {
        size_t child = 2 * place + 1;
        if (child + 1 < heap->count && is_before(&heap->entries[child + 1], &heap->entries[child]))
            child++;
        if (!is_before(&heap->entries[child], &last))
            break;
        heap->entries[place] = heap->entries[child];
        place = child;
    }
    heap->entries[place] = last;
    return first;
}

static void release(struct due_heap *heap)
{
    mem_free(heap->entries);
    *heap = (struct due_heap){0};
}

/* --- messages ---------------------------------------------------------------------------------------------- */

static void add(struct due *due, struct due_heap *heap, int64_t when, const char *queue_id)
{
    struct due_entry entry = {.sequence = due->sequence++};

    if (when > 0)
        entry.when = when > UINT32_MAX ? UINT32_MAX : (uint32_t)when;
    set_id(&entry, queue_id);
    push(heap, &entry);
}

void due_add(struct due *due, int64_t when, const char *queue_id)
{
    add(due, &due->waiting, when, queue_id);
}

void due_add_flushed(struct due *due, const char *queue_id)
{
    add(due, &due->flushed, 0, queue_id);
}

/* What is flushed keeps its order of dates. The larger heap stays where it is. */
void due_flush(struct due *due)
{
    struct due_heap moving = due->waiting;

    due->waiting = (struct due_heap){0};
    if (due->flushed.count < moving.count) {
        struct due_heap larger = moving;
        moving = due->flushed;
        due->flushed = larger;
    }
    for (size_t i = 0; i < moving.count; i++)
        push(&due->flushed, &moving.entries[i]);
    release(&moving);
}

bool due_take(struct due *due, int64_t now, struct due_message *message_r)
{
    struct due_heap *heap = due->flushed.count > 0 ? &due->flushed : &due->waiting;
    struct due_entry entry;

    if (heap->count == 0 || (heap == &due->waiting && heap->entries[0].when > now))
        return false;
    entry = pop(heap);
    take_id(&entry, message_r->queue_id);
    message_r->when = entry.when;
    message_r->flushed = heap == &due->flushed;
    if (heap->count == 0)
        release(heap);
    return true;
}

int64_t due_next(const struct due *due, int64_t now)
{
    if (due->flushed.count > 0)
        return 0;
    if (due->waiting.count == 0)
        return -1;
    return due->waiting.entries[0].when > now ? due->waiting.entries[0].when - now : 0;
}

void due_release(struct due *due)
{
    struct due_message message;

    while (due_take(due, INT64_MAX, &message))
        continue;
}
