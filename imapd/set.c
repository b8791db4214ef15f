/* Sequence sets. */
#include "lib/base/base.h"

#include "imapd/set.h"

#include "imapd/parse.h"

#include <stdlib.h>

#define LAST UINT32_MAX /* '*' */

static bool parse_one(struct cursor *at, uint32_t *number_r)
{
    uint64_t number;

    if (cursor_take(at, '*')) {
        *number_r = LAST;
        return true;
    }
    if (!parse_number(at, UINT32_MAX - 1, &number) || number == 0)
        return false;
    *number_r = (uint32_t)number;
    return true;
}

bool set_parse(struct arena *arena, struct cursor *at, struct set *set_r)
{
    size_t capacity = 1;
    struct set set = {0};

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

bool set_resolve(struct arena *arena, const struct set *set, const struct mailbox *mailbox,
                 bool by_uid, struct selection *selection_r)
{
    size_t count = mailbox->count;
    uint32_t last = count == 0 ? 0 : by_uid ? mailbox->messages[count - 1].uid : (uint32_t)count;
    struct set_range *ranges = resolve_last(arena, set, last);
    size_t range_count = normalise(ranges, set->count);

    *selection_r = (struct selection){.indices = arena_array(arena, uint32_t, count + 1)};
    for (size_t i = 0; i < range_count; i++) {
        size_t first = by_uid ? mailbox_find_uid(mailbox, ranges[i].low) : ranges[i].low - 1;

        if (!by_uid && (ranges[i].low == 0 || ranges[i].high > count))
            return false;
        for (size_t at = first; at < count; at++) {
            if ((by_uid ? mailbox->messages[at].uid : (uint32_t)at + 1) > ranges[i].high)
                break;
            selection_r->indices[selection_r->count++] = (uint32_t)at;
        }
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
