/* Which UIDs are gone since a client looked last: from the index's record of it, else by elimination. */
#include "lib/base/base.h"

#include "lib/store/driver.h"

#include <stdlib.h>

struct gathering {
    struct uid_range *ranges;
    size_t count, capacity;
    uint64_t modseq;  /* what was expunged after it */
    uint32_t uidnext; /* of the view: what came and went since then is nobody's business */
};

static void add_range(struct gathering *gathering, uint32_t first, uint32_t last)
{
    if (gathering->count == gathering->capacity) {
        gathering->capacity = gathering->capacity == 0 ? 64 : gathering->capacity * 2;
        gathering->ranges =
            mem_resize(gathering->ranges, gathering->capacity, sizeof(*gathering->ranges));
    }
    gathering->ranges[gathering->count++] = (struct uid_range){first, last};
}

static bool gather(void *context, const struct index_gone *gone)
{
    struct gathering *gathering = context;

    if (gone->modseq <= gathering->modseq)
        return false;
    if (gone->first < gathering->uidnext)
        add_range(gathering, gone->first,
                  gone->last < gathering->uidnext ? gone->last : gathering->uidnext - 1);
    return true;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct uid_range *first = a, *second = b;

    return first->first < second->first ? -1 : first->first > second->first;
}

/* Sorted, and those that touch are one. */
static void merge_ranges(struct gathering *gathering)
{
    size_t kept = 0;

    if (gathering->count == 0)
        return;
    qsort(gathering->ranges, gathering->count, sizeof(*gathering->ranges), compare_ranges);
    for (size_t i = 1; i < gathering->count; i++) {
        struct uid_range *last = &gathering->ranges[kept], *next = &gathering->ranges[i];
        if (next->first > last->last + 1)
            gathering->ranges[++kept] = *next;
        else if (next->last > last->last)
            last->last = next->last;
    }
    gathering->count = kept + 1;
}

/* What of a range the view does not show. */
static void add_unshown(struct gathering *out, const struct mailbox *mailbox,
                        struct uid_range range)
{
    size_t at = mailbox_find_uid(mailbox, range.first);
    uint32_t next = range.first;

    for (; at < mailbox->count && mailbox->messages[at].uid <= range.last; at++) {
        uint32_t uid = mailbox->messages[at].uid;
        if (uid > next)
            add_range(out, next, uid - 1);
        next = uid + 1;
    }
    if (next <= range.last)
        add_range(out, next, range.last);
}

/* What is in the index; *exact_r is false when it does not reach back so far. */
static bool read_gone(struct mailbox *mailbox, struct gathering *gathering, bool *exact_r,
                      struct error *err)
{
    struct index *index = mailbox->store->index;
    struct index_mailbox state = {0};
    enum index_result result;
    bool done;

    if (!index_begin_read(index, err))
        return false;
    result = index_get_mailbox(index, mailbox->id, &state, err);
    *exact_r = result == INDEX_FOUND && state.gone_modseq <= gathering->modseq;
    done = result != INDEX_FAILED &&
           (!*exact_r || index_walk_gone(index, &state, gather, gathering, err));
    index_end_read(index);
    return done;
}

bool mailbox_vanished(struct mailbox *mailbox, uint64_t modseq, struct arena *arena,
                      struct uid_range **ranges_r, size_t *count_r, bool *exact_r,
                      struct error *err)
{
    struct gathering gone = {.modseq = modseq, .uidnext = mailbox->uidnext}, unshown = {0};
    bool exact = false;
    bool done = read_gone(mailbox, &gone, &exact, err);

    if (done) {
        if (!exact && mailbox->uidnext > 1)
            add_range(&gone, 1, mailbox->uidnext - 1);
        merge_ranges(&gone);
        for (size_t i = 0; i < gone.count; i++)
            add_unshown(&unshown, mailbox, gone.ranges[i]);
        *ranges_r = arena_array(arena, struct uid_range, unshown.count + 1);
        if (unshown.count > 0)
            memcpy(*ranges_r, unshown.ranges, unshown.count * sizeof(**ranges_r));
        *count_r = unshown.count;
        if (exact_r != NULL)
            *exact_r = exact;
    }
    mem_free(gone.ranges);
    mem_free(unshown.ranges);
    return done;
}
