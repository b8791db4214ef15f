/* Links by Message-ID, References and In-Reply-To: steps 1 to 3 of RFC 5256's REFERENCES. */
#include "lib/base/base.h"

#include "imapd/thread_private.h"

#define REFERENCES_MAX 65536    /* octets of a References field that count: the last ones */
#define STEPS_MAX      50000000 /* upwards in search of loops, of one command */
#define DUMMIES_MAX    100000   /* and four for each message */

/* --- message ids ------------------------------------------------------------------------------- */

/* "a\b"@c is a b@c: only what quotes is left out. */
static struct span unquote(struct arena *arena, struct span id)
{
    char *copy;
    size_t len = 0;

    if (memchr(id.data, '"', id.len) == NULL && memchr(id.data, '\\', id.len) == NULL)
        return id;
    copy = arena_text(arena, id);
    for (size_t i = 0; i < id.len; i++) {
        if (copy[i] != '"' && (copy[i] != '\\' || i + 1 == id.len))
            copy[len++] = copy[i];
        else if (copy[i] == '\\')
            copy[len++] = copy[++i];
    }
    return span_of(copy, len);
}

bool thread_next_id(struct arena *arena, struct span *rest, struct span *id_r)
{
    for (;;) {
        size_t open = span_find(*rest, '<'), end;

        *rest = span_skip(*rest, open + 1);
        end = span_find(*rest, '>');
        if (end == rest->len)
            return false;
        *id_r = span_first(*rest, end);
        open = span_find_last(*id_r, '<'); /* one that was cut off */
        if (open < id_r->len)
            *id_r = span_skip(*id_r, open + 1);
        *rest = span_skip(*rest, end + 1);
        if (memchr(id_r->data, '@', id_r->len) != NULL) {
            *id_r = unquote(arena, *id_r);
            return true;
        }
    }
}

/* --- links ------------------------------------------------------------------------------------- */

/* Is `node` above `from`, or the same? Only who has children can be. */
static bool is_above(struct threads *threads, uint32_t node, uint32_t from)
{
    if (node == from)
        return true;
    if (threads->nodes[node].children == 0)
        return false;
    for (; from != THREAD_NONE; from = threads->nodes[from].parent) {
        if (from == node || ++threads->steps > STEPS_MAX)
            return true;
    }
    return false;
}

static void unlink_from_parent(struct threads *threads, uint32_t child)
{
    struct thread_node *node = &threads->nodes[child];

    if (node->parent != THREAD_NONE)
        threads->nodes[node->parent].children--;
    node->parent = THREAD_NONE;
}

static void link_child(struct threads *threads, uint32_t parent, uint32_t child)
{
    if (parent == THREAD_NONE || is_above(threads, child, parent))
        return;
    threads->nodes[child].parent = parent;
    threads->nodes[parent].children++;
}

static uint32_t find_id(const struct threads *threads, struct span id)
{
    return (uint32_t)(uintptr_t)hash_get(threads->by_id, id);
}

static uint32_t add_id(struct threads *threads, struct span id)
{
    uint32_t node = thread_new_node(threads);

    hash_put(threads->by_id, id, (void *)(uintptr_t)node);
    return node;
}

/* The node of an id that is referred to; THREAD_NONE when there are too many dummies already. */
static uint32_t refer_to(struct threads *threads, struct span id)
{
    uint32_t node = find_id(threads, id);

    if (node == THREAD_NONE && threads->count < DUMMIES_MAX + 5 * (uint64_t)threads->messages)
        node = add_id(threads, id);
    return node;
}

/* Step 1.A: each reference is the parent of the next, where that has none yet. The last one. */
static uint32_t link_chain(struct threads *threads, const struct thread_message *message)
{
    struct span rest = message->references, id;
    uint32_t previous = THREAD_NONE;

    if (rest.len > REFERENCES_MAX)
        rest = span_skip(rest, rest.len - REFERENCES_MAX);
    while (thread_next_id(threads->ids, &rest, &id)) {
        uint32_t node = refer_to(threads, id);
        if (node == THREAD_NONE)
            continue;
        if (threads->nodes[node].parent == THREAD_NONE)
            link_child(threads, previous, node);
        previous = node;
    }
    rest = message->in_reply_to;
    if (previous == THREAD_NONE && thread_next_id(threads->ids, &rest, &id))
        previous = refer_to(threads, id);
    return previous;
}

/* A message without an id, or with one that another message has, is one of its own. */
static uint32_t claim_node(struct threads *threads, struct span field)
{
    uint32_t node;
    struct span id;

    if (!thread_next_id(threads->ids, &field, &id))
        return thread_new_node(threads);
    node = find_id(threads, id);
    if (node == THREAD_NONE)
        return add_id(threads, id);
    return threads->nodes[node].number == 0 ? node : thread_new_node(threads);
}

void thread_link_references(struct threads *threads, const struct thread_message *message)
{
    uint32_t node = claim_node(threads, message->message_id), parent;

    threads->nodes[node].number = message->number; /* what refers to itself must find it taken */
    parent = link_chain(threads, message);
    unlink_from_parent(threads, node); /* step 1.B */
    link_child(threads, parent, node);
    threads->nodes[node].order = ++threads->messages;
    threads->nodes[node].date = threads->nodes[node].latest = message->date;
    threads->nodes[node].is_reply = message->is_reply;
    threads->nodes[node].subject =
        span_of(arena_text(threads->arena, message->subject), message->subject.len);
}

/* --- trees ------------------------------------------------------------------------------------- */

/* Step 3, bottom up: dummies without children go, the children of others move up to their place; but
 * under the root a dummy stays as the head of several. */
static void prune(struct threads *threads, uint32_t parent)
{
    uint32_t child = thread_detach_children(threads, parent), next;

    for (; child != THREAD_NONE; child = next) {
        const struct thread_node *node = &threads->nodes[child];
        next = node->next;
        if (node->number != 0 || (parent == THREAD_NONE && node->children > 1)) {
            thread_append(threads, parent, child);
        } else if (node->children > 0) {
            struct thread_node *above = &threads->nodes[parent];
            if (above->last == THREAD_NONE)
                above->child = node->child;
            else
                threads->nodes[above->last].next = node->child;
            above->last = node->last;
            above->children += node->children;
        }
    }
}

void thread_join_references(struct threads *threads)
{
    uint32_t *order, count;

    for (uint32_t i = 0; i < threads->count; i++) {
        threads->nodes[i].children = 0;
        threads->nodes[i].child = threads->nodes[i].last = threads->nodes[i].next = THREAD_NONE;
    }
    for (uint32_t i = 1; i < threads->count; i++)
        thread_append(threads, threads->nodes[i].parent, i);
    order = thread_preorder(threads, &count);
    for (uint32_t i = count; i > 0; i--)
        prune(threads, order[i - 1]);
    prune(threads, THREAD_NONE);
    mem_free(order);
}
