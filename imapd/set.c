/* Sequence sets. */
#include "lib/base/base.h"

#include "imapd/set.h"

#include "imapd/parse.h"
#include "lib/message/imap_text.h"

#include <stdlib.h>

#define LAST UINT32_MAX /* '*' */

static bool parse_one(struct cursor *at, uint32_t *number_r)
{
    uint64_t number;

    if (cursor_take(at, '*')) {
        *number_r = LAST;
        return true;
    }
    if (!parse_number(at, UINT32_MAX, &number) || number == 0)
        return false;
    /* No message has the last number, which is LAST here: UIDNEXT has to be one more. */
    *number_r = number == LAST ? LAST - 1 : (uint32_t)number;
    return true;
}

bool set_parse(struct arena *arena, struct cursor *at, struct set *set_r)
{
    size_t capacity = 1;
    struct set set = {0};

    if (cursor_take(at, '$')) {
        *set_r = (struct set){.saved = true};
        return true;
    }
    for (const unsigned char *c = at->next;
         c < at->end && (is_digit(*c) || strchr(",:*", *c)) && *c != '\0'; c++)
        capacity += *c == ',';
    set.ranges = arena_array(arena, struct set_range, capacity);
    do {
        struct set_range *range = &set.ranges[set.count++];
        if (!parse_one(at, &range->low))
            return false;
        range->high = range->low;
        if (cursor_take(at, ':') && !parse_one(at, &range->high))
            return false;
    } while (cursor_take(at, ','));
    *set_r = set;
    return true;
}

/* --- the result of a search -------------------------------------------------------------------- */

void saved_set_clear(struct saved_set *saved)
{
    saved->count = 0;
}

void saved_set_release(struct saved_set *saved)
{
    mem_free(saved->ranges);
    *saved = (struct saved_set){0};
}

void saved_set_add(struct saved_set *saved, uint32_t uid)
{
    if (saved->count > 0 && saved->ranges[saved->count - 1].high + 1 == uid) {
        saved->ranges[saved->count - 1].high = uid;
        return;
    }
    if (saved->count == saved->capacity) {
        saved->capacity = saved->capacity == 0 ? 16 : saved->capacity * 2;
        saved->ranges = mem_resize(saved->ranges, saved->capacity, sizeof(*saved->ranges));
    }
    saved->ranges[saved->count++] = (struct set_range){uid, uid};
}

void saved_set_put(struct buf *out, const struct saved_set *saved)
{
    for (size_t i = 0; i < saved->count; i++) {
        if (i > 0)
            buf_put_char(out, ',');
        imap_put_number(out, saved->ranges[i].low);
        if (saved->ranges[i].low == saved->ranges[i].high)
            continue;
        buf_put_char(out, ':');
        imap_put_number(out, saved->ranges[i].high);
    }
}

/* --- which messages are meant ------------------------------------------------------------------ */

static int compare_ranges(const void *a, const void *b)
{
    const struct set_range *first = a, *second = b;

    return first->low < second->low ? -1 : first->low > second->low;
}

/* Ascending, without overlaps: then work is bounded by the number of messages. */
static size_t normalise(struct set_range *ranges, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (ranges[i].low > ranges[i].high) {
            uint32_t low = ranges[i].high;
            ranges[i].high = ranges[i].low;
            ranges[i].low = low;
        }
    }
    qsort(ranges, count, sizeof(*ranges), compare_ranges);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && ranges[i].low <= ranges[kept - 1].high) {
            if (ranges[i].high > ranges[kept - 1].high)
                ranges[kept - 1].high = ranges[i].high;
        } else {
            ranges[kept++] = ranges[i];
        }
    }
    return kept;
}

/* '*' is the last message, whatever its number; in an empty mailbox there is none. */
static struct set_range *resolve_last(struct arena *arena, const struct set *set, uint32_t last)
{
    struct set_range *ranges = arena_array(arena, struct set_range, set->count + 1);

    for (size_t i = 0; i < set->count; i++) {
        ranges[i] = set->ranges[i];
        if (ranges[i].low == LAST)
            ranges[i].low = last;
        if (ranges[i].high == LAST)
            ranges[i].high = last;
    }
    return ranges;
}

struct set_range *set_normalise(struct arena *arena, const struct set *set, uint32_t last,
                                size_t *count_r)
{
    struct set_range *ranges = resolve_last(arena, set, last);

    *count_r = normalise(ranges, set->count);
    return ranges;
}

static void add_run(struct index_runs *runs, size_t first, size_t past)
{
    if (first >= past)
        return;
    if (runs->count > 0 && runs->runs[runs->count - 1].past == first)
        runs->runs[runs->count - 1].past = (uint32_t)past;
    else
        runs->runs[runs->count++] = (struct index_run){(uint32_t)first, (uint32_t)past};
}

static void resolve_uids(const struct mailbox *mailbox, const struct set_range *ranges,
                         size_t count, struct index_runs *runs)
{
    for (size_t i = 0; i < count; i++)
        add_run(runs, mailbox_find_uid(mailbox, ranges[i].low),
                ranges[i].high == UINT32_MAX ? mailbox->count
                                             : mailbox_find_uid(mailbox, ranges[i].high + 1));
}

static bool resolve_numbers(const struct mailbox *mailbox, const struct set_range *ranges,
                            size_t count, struct index_runs *runs)
{
    bool all = true;

    for (size_t i = 0; i < count; i++) {
        bool there = ranges[i].low > 0 && ranges[i].high <= mailbox->count;
        if (there || ranges[i].low > 0)
            add_run(runs, ranges[i].low - 1, there ? ranges[i].high : mailbox->count);
        all = all && there;
    }
    return all;
}

bool set_resolve_runs(struct arena *arena, const struct set *set, const struct mailbox *mailbox,
                      bool by_uid, const struct saved_set *saved, struct index_runs *runs_r)
{
    size_t count = mailbox->count, range_count = set->count;
    uint32_t last = count == 0 ? 0 : by_uid ? mailbox->messages[count - 1].uid : (uint32_t)count;
    const struct set_range *ranges;

    if (set->saved) {
        range_count = saved == NULL ? 0 : saved->count;
        ranges = range_count == 0 ? NULL : saved->ranges;
        by_uid = true;
    } else {
        ranges = set_normalise(arena, set, last, &range_count);
    }
    *runs_r = (struct index_runs){arena_array(arena, struct index_run, range_count + 1), 0};
    if (!by_uid)
        return resolve_numbers(mailbox, ranges, range_count, runs_r);
    resolve_uids(mailbox, ranges, range_count, runs_r);
    return true;
}

bool index_runs_have(const struct index_runs *runs, size_t index)
{
    size_t low = 0, high = runs->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (runs->runs[middle].past <= index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < runs->count && runs->runs[low].first <= index;
}

bool set_resolve(struct arena *arena, const struct set *set, const struct mailbox *mailbox,
                 bool by_uid, const struct saved_set *saved, struct selection *selection_r)
{
    struct index_runs runs;
    size_t count = 0;

    if (!set_resolve_runs(arena, set, mailbox, by_uid, saved, &runs))
        return false;
    for (size_t i = 0; i < runs.count; i++)
        count += runs.runs[i].past - runs.runs[i].first;
    *selection_r = (struct selection){.indices = arena_array(arena, uint32_t, count + 1)};
    for (size_t i = 0; i < runs.count; i++) {
        for (uint32_t at = runs.runs[i].first; at < runs.runs[i].past; at++)
            selection_r->indices[selection_r->count++] = at;
    }
    return true;
}

void set_put_uids(struct buf *out, const uint32_t *uids, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;

        while (end < count && uids[end] == uids[end - 1] + 1)
            end++;
        buf_put_printf(out, i == 0 ? "%" PRIu32 : ",%" PRIu32, uids[i]);
        if (end - i > 1)
            buf_put_printf(out, ":%" PRIu32, uids[end - 1]);
        i = end;
    }
}
