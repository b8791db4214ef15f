/* Threads by subject: ORDEREDSUBJECT, and step 5 of REFERENCES. */
#include "lib/base/base.h"

#include "imapd/thread_private.h"

#include <stdlib.h>

/* --- step 5 of REFERENCES ---------------------------------------------------------------------- */

/* The subject of a thread is that of its head, or of the first child of a dummy. */
static const struct thread_node *subject_node(const struct threads *threads, uint32_t node)
{
    const struct thread_node *head = &threads->nodes[node];

    return head->number != 0 || head->child == THREAD_NONE ? head : &threads->nodes[head->child];
}

static uint32_t find_subject(const struct hash *table, struct span subject)
{
    return (uint32_t)(uintptr_t)hash_get(table, subject);
}

static void put_subject(struct hash *table, struct span subject, uint32_t node)
{
    hash_put(table, subject, (void *)(uintptr_t)node);
}

/* 5.B: of the threads with one subject, a dummy is its head, or else one that is no reply. */
static void note_subject(const struct threads *threads, struct hash *table, uint32_t node)
{
    const struct thread_node *here = subject_node(threads, node);
    uint32_t other = find_subject(table, here->subject);
    bool is_dummy = threads->nodes[node].number == 0;

    if (here->subject.len == 0)
        return;
    if (other == THREAD_NONE || (is_dummy && threads->nodes[other].number != 0) ||
        (threads->nodes[other].number != 0 && subject_node(threads, other)->is_reply &&
         !here->is_reply))
        put_subject(table, here->subject, node);
}

/* The children of a dummy go to another one, which takes its place. */
static void move_children(struct threads *threads, uint32_t from, uint32_t to)
{
    uint32_t child = thread_detach_children(threads, from), next;

    for (; child != THREAD_NONE; child = next) {
        next = threads->nodes[child].next;
        thread_append(threads, to, child);
    }
}

/* 5.C: `node`, which is not under the root for the moment, joins the thread `head`. */
static void join(struct threads *threads, struct hash *table, uint32_t head, uint32_t node)
{
    bool head_is_dummy = threads->nodes[head].number == 0;
    bool is_reply = subject_node(threads, node)->is_reply;
    uint32_t dummy;

    if (head_is_dummy && threads->nodes[node].number == 0) {
        move_children(threads, node, head);
    } else if (head_is_dummy || (is_reply && !subject_node(threads, head)->is_reply)) {
        thread_append(threads, head, node);
    } else { /* two equals: `head` becomes a dummy above itself, so that it keeps its place */
        dummy = thread_new_node(threads);
        threads->nodes[dummy] = threads->nodes[head];
        threads->nodes[head] = (struct thread_node){
            .next = threads->nodes[dummy].next,
            .order = threads->nodes[dummy].order,
            .date = threads->nodes[dummy].date,
            .latest = threads->nodes[dummy].latest,
        };
        thread_append(threads, head, dummy);
        thread_append(threads, head, node);
        put_subject(table, subject_node(threads, head)->subject, head);
    }
}

void thread_join_subjects(struct threads *threads)
{
    struct hash *table = hash_create();
    uint32_t node, next;

    for (node = threads->nodes[0].child; node != THREAD_NONE; node = threads->nodes[node].next)
        note_subject(threads, table, node);
    for (node = thread_detach_children(threads, THREAD_NONE); node != THREAD_NONE; node = next) {
        struct span subject = subject_node(threads, node)->subject;
        uint32_t head = subject.len == 0 ? THREAD_NONE : find_subject(table, subject);
        next = threads->nodes[node].next;
        if (head == THREAD_NONE || head == node)
            thread_append(threads, THREAD_NONE, node);
        else
            join(threads, table, head, node);
    }
    hash_free(&table, NULL);
}

/* --- ORDEREDSUBJECT ---------------------------------------------------------------------------- */

static int compare_subjects(const void *a, const void *b, void *context)
{
    const struct thread_node *nodes = context;
    const struct thread_node *first = &nodes[*(const uint32_t *)a];
    const struct thread_node *second = &nodes[*(const uint32_t *)b];
    size_t len =
        first->subject.len < second->subject.len ? first->subject.len : second->subject.len;
    int order = len == 0 ? 0 : memcmp(first->subject.data, second->subject.data, len);

    if (order != 0)
        return order;
    if (first->subject.len != second->subject.len)
        return first->subject.len < second->subject.len ? -1 : 1;
    if (first->date != second->date)
        return first->date < second->date ? -1 : 1;
    return first->order < second->order ? -1 : first->order > second->order;
}

/* By subject and date; the first of each subject is the head, the others are its children. */
void thread_order_subjects(struct threads *threads)
{
    uint32_t count = threads->count - 1, head = THREAD_NONE;
    uint32_t *order = mem_resize(NULL, count + 1, sizeof(*order));

    for (uint32_t i = 0; i < count; i++)
        order[i] = i + 1;
    qsort_r(order, count, sizeof(*order), compare_subjects, threads->nodes);
    for (uint32_t i = 0; i < count; i++) {
        bool same = head != THREAD_NONE &&
                    span_equal(threads->nodes[head].subject, threads->nodes[order[i]].subject);
        if (!same)
            head = order[i];
        thread_append(threads, same ? head : THREAD_NONE, order[i]);
    }
    mem_free(order);
    thread_sort_children(threads, THREAD_NONE, false);
}
