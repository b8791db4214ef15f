/* The forest of THREAD: its nodes, their order, and how it is written. */
#include "lib/base/base.h"

#include "imapd/thread_private.h"

#include "lib/message/imap_text.h"

#include <stdlib.h>

/* --- nodes ------------------------------------------------------------------------------------- */

uint32_t thread_new_node(struct threads *threads)
{
    if (threads->count == threads->capacity) {
        threads->capacity = threads->capacity == 0 ? 256 : threads->capacity * 2;
        threads->nodes = mem_resize(threads->nodes, threads->capacity, sizeof(*threads->nodes));
    }
    threads->nodes[threads->count] = (struct thread_node){0};
    return threads->count++;
}

void thread_append(struct threads *threads, uint32_t parent, uint32_t child)
{
    struct thread_node *above = &threads->nodes[parent];

    threads->nodes[child].next = THREAD_NONE;
    if (above->last == THREAD_NONE)
        above->child = child;
    else
        threads->nodes[above->last].next = child;
    above->last = child;
    above->children++;
}

uint32_t thread_detach_children(struct threads *threads, uint32_t parent)
{
    struct thread_node *above = &threads->nodes[parent];
    uint32_t first = above->child;

    above->child = above->last = THREAD_NONE;
    above->children = 0;
    return first;
}

/* --- order ------------------------------------------------------------------------------------- */

uint32_t *thread_preorder(const struct threads *threads, uint32_t *count_r)
{
    uint32_t *order = mem_resize(NULL, threads->count + 1, sizeof(*order));
    uint32_t *waiting = mem_resize(NULL, threads->count + 1, sizeof(*waiting));
    uint32_t count = 0, depth = 0, node = threads->nodes[0].child;

    while (node != THREAD_NONE) {
        order[count++] = node;
        if (threads->nodes[node].next != THREAD_NONE)
            waiting[depth++] = threads->nodes[node].next;
        node = threads->nodes[node].child;
        if (node == THREAD_NONE && depth > 0)
            node = waiting[--depth];
    }
    mem_free(waiting);
    *count_r = count;
    return order;
}

static int compare(const struct thread_node *first, const struct thread_node *second,
                   int64_t first_date, int64_t second_date)
{
    if (first_date != second_date)
        return first_date < second_date ? -1 : 1;
    return first->order < second->order ? -1 : first->order > second->order;
}

static int compare_dates(const void *a, const void *b, void *context)
{
    const struct thread_node *nodes = context;
    const struct thread_node *first = &nodes[*(const uint32_t *)a];
    const struct thread_node *second = &nodes[*(const uint32_t *)b];

    return compare(first, second, first->date, second->date);
}

static int compare_latest(const void *a, const void *b, void *context)
{
    const struct thread_node *nodes = context;
    const struct thread_node *first = &nodes[*(const uint32_t *)a];
    const struct thread_node *second = &nodes[*(const uint32_t *)b];

    return compare(first, second, first->latest, second->latest);
}

/* What a node is to its siblings: a dummy as its first child; everyone as late as the latest below. */
static void sum_up(struct threads *threads, uint32_t parent)
{
    struct thread_node *above = &threads->nodes[parent];

    if (above->number == 0 && above->child != THREAD_NONE) {
        above->date = above->latest = threads->nodes[above->child].date;
        above->order = threads->nodes[above->child].order;
    }
    for (uint32_t node = above->child; node != THREAD_NONE; node = threads->nodes[node].next) {
        if (threads->nodes[node].latest > above->latest)
            above->latest = threads->nodes[node].latest;
    }
}

void thread_sort_children(struct threads *threads, uint32_t parent, bool by_latest)
{
    uint32_t count = threads->nodes[parent].children, at = 0;
    uint32_t *order;

    if (count > 1) {
        order = mem_resize(NULL, count, sizeof(*order));
        for (uint32_t node = thread_detach_children(threads, parent); node != THREAD_NONE;
             node = threads->nodes[node].next)
            order[at++] = node;
        qsort_r(order, count, sizeof(*order), by_latest ? compare_latest : compare_dates,
                threads->nodes);
        for (uint32_t i = 0; i < count; i++)
            thread_append(threads, parent, order[i]);
        mem_free(order);
    }
    sum_up(threads, parent);
}

/* At all levels. */
static void sort_all(struct threads *threads)
{
    uint32_t count;
    uint32_t *order = thread_preorder(threads, &count);

    for (uint32_t i = count; i > 0; i--)
        thread_sort_children(threads, order[i - 1], false);
    thread_sort_children(threads, THREAD_NONE, threads->kind == THREAD_REFS);
    mem_free(order);
}

/* --- how it is written ------------------------------------------------------------------------- */

/* A chain goes on in its parentheses; where it branches, each branch gets its own. `waiting` has, for
 * each pair that is open but the innermost, the branch that was written last. */
static void put_thread(const struct threads *threads, uint32_t node, uint32_t *waiting,
                       struct buf *out)
{
    size_t depth = 0;

    buf_put_char(out, '(');
    for (;;) {
        const struct thread_node *here = &threads->nodes[node];
        if (here->number != 0)
            imap_put_number(out, here->number);
        if (here->child != THREAD_NONE) {
            if (here->number != 0)
                buf_put_char(out, ' ');
            if (here->children > 1) {
                waiting[depth++] = here->child;
                buf_put_char(out, '(');
            }
            node = here->child;
            continue;
        }
        buf_put_char(out, ')');
        while (depth > 0 && threads->nodes[waiting[depth - 1]].next == THREAD_NONE) {
            buf_put_char(out, ')');
            depth--;
        }
        if (depth == 0)
            return;
        node = waiting[depth - 1] = threads->nodes[waiting[depth - 1]].next;
        buf_put_char(out, '(');
    }
}

void threads_put(struct threads *threads, struct buf *out)
{
    uint32_t *waiting;

    switch (threads->kind) {
    case THREAD_ORDERED_SUBJECT:
        thread_order_subjects(threads);
        break;
    case THREAD_REFERENCES:
        thread_join_references(threads);
        sort_all(threads);
        thread_join_subjects(threads);
        sort_all(threads);
        break;
    case THREAD_REFS:
        thread_join_references(threads);
        sort_all(threads);
        break;
    }
    if (threads->nodes[0].child != THREAD_NONE)
        buf_put_char(out, ' ');
    waiting = mem_resize(NULL, threads->count + 1, sizeof(*waiting));
    for (uint32_t node = threads->nodes[0].child; node != THREAD_NONE;
         node = threads->nodes[node].next)
        put_thread(threads, node, waiting, out);
    mem_free(waiting);
}

/* --- messages ---------------------------------------------------------------------------------- */

struct threads *threads_create(enum thread_kind kind)
{
    struct threads *threads = mem_new(struct threads);

    threads->kind = kind;
    threads->arena = arena_create();
    threads->ids = arena_create();
    threads->by_id = hash_create();
    (void)thread_new_node(threads); /* the root */
    return threads;
}

void threads_free(struct threads **threads)
{
    if (*threads == NULL)
        return;
    arena_free(&(*threads)->arena);
    arena_free(&(*threads)->ids);
    hash_free(&(*threads)->by_id, NULL);
    mem_free((*threads)->nodes);
    mem_free(*threads);
    *threads = NULL;
}

void threads_add(struct threads *threads, const struct thread_message *message)
{
    uint32_t node;

    arena_reset(threads->ids);
    if (threads->kind != THREAD_ORDERED_SUBJECT) {
        thread_link_references(threads, message);
        return;
    }
    node = thread_new_node(threads);
    threads->nodes[node].number = message->number;
    threads->nodes[node].order = node;
    threads->nodes[node].date = threads->nodes[node].latest = message->date;
    threads->nodes[node].subject =
        span_of(arena_text(threads->arena, message->subject), message->subject.len);
}
