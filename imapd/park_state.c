/*
 *   state   = version numbers tag mailbox known recent saved deflate notify
 *   numbers = count *number      those of the table below; missing ones are 0, further ones ignored
 *   tag     = length *octet      likewise mailbox, deflate, notify
 *   known   = count *(gap length)   ranges: UIDs left out before it, UIDs in it less one
 *   number  as in park_codec.h
 */
#include "lib/base/base.h"

#include "imapd/park_state.h"

#include "imapd/park_codec.h"

/* Only ever longer: a new member goes to the end. */
static const size_t numbers[] = {
    offsetof(struct park_state, pid),
    offsetof(struct park_state, octets_in),
    offsetof(struct park_state, octets_out),
    offsetof(struct park_state, counters.deleted),
    offsetof(struct park_state, counters.expunged),
    offsetof(struct park_state, counters.trashed),
    offsetof(struct park_state, counters.header_count),
    offsetof(struct park_state, counters.header_octets),
    offsetof(struct park_state, counters.body_count),
    offsetof(struct park_state, counters.body_octets),
    offsetof(struct park_state, bad_commands),
    offsetof(struct park_state, idling),
    offsetof(struct park_state, selected),
    offsetof(struct park_state, read_only),
    offsetof(struct park_state, told_keywords),
    offsetof(struct park_state, uidvalidity),
    offsetof(struct park_state, modseq),
    offsetof(struct park_state, enabled),
    offsetof(struct park_state, compressed),
};

/* --- writing ----------------------------------------------------------------------------------- */

static bool put_ranges(struct buf *out, const struct uid_range *ranges, size_t count)
{
    uint32_t next = 0;

    if (!park_put_number(out, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!park_put_number(out, ranges[i].first - next) ||
            !park_put_number(out, ranges[i].last - ranges[i].first))
            return false;
        next = ranges[i].last;
    }
    return true;
}

static bool put_numbers(struct buf *out, const struct park_state *state)
{
    if (!park_put_number(out, ARRAY_LENGTH(numbers)))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        if (!park_put_number(out, *(const uint64_t *)((const char *)state + numbers[i])))
            return false;
    }
    return true;
}

bool park_state_write(const struct park_state *state, struct buf *out)
{
    const struct mailbox_memory *memory = &state->memory;
    size_t before = out->len;

    return buf_append_char(out, PARK_STATE_VERSION) && put_numbers(out, state) &&
           park_put_octets(out, state->tag) && park_put_octets(out, state->mailbox) &&
           put_ranges(out, memory->known, memory->known_count) &&
           put_ranges(out, memory->recent, memory->recent_count) &&
           put_ranges(out, state->saved, state->saved_count) &&
           park_put_octets(out, state->deflate) && park_put_octets(out, state->notify) &&
           out->len - before <= PARK_STATE_MAX;
}

/* --- reading ----------------------------------------------------------------------------------- */

static enum parse_result take_range(struct cursor *at, uint32_t *next, struct uid_range *range_r)
{
    uint64_t gap, more;
    enum parse_result result = park_take_number(at, UINT32_MAX - *next, &gap);

    if (result == PARSE_DONE)
        result = park_take_number(at, UINT32_MAX - *next - gap, &more);
    if (result != PARSE_DONE)
        return result;
    range_r->first = *next + (uint32_t)gap;
    range_r->last = range_r->first + (uint32_t)more;
    *next = range_r->last;
    return gap == 0 ? PARSE_MALFORMED : PARSE_DONE; /* UIDs begin at 1, and ranges are apart */
}

static enum parse_result take_ranges(struct arena *arena, struct cursor *at,
                                     const struct uid_range **ranges_r, size_t *count_r)
{
    struct uid_range *ranges;
    uint64_t count;
    uint32_t next = 0;
    enum parse_result result =
        park_take_number(at, cursor_left(*at) / 2, &count); /* 2 octets each */

    if (result != PARSE_DONE)
        return result;
    ranges = arena_array(arena, struct uid_range, (size_t)count + 1);
    for (uint64_t i = 0; i < count && result == PARSE_DONE; i++)
        result = take_range(at, &next, &ranges[i]);
    *ranges_r = ranges;
    *count_r = (size_t)count;
    return result;
}

static enum parse_result take_numbers(struct cursor *at, struct park_state *state)
{
    uint64_t count, number;
    enum parse_result result = park_take_number(at, cursor_left(*at), &count);

    for (uint64_t i = 0; result == PARSE_DONE && i < count; i++) {
        result = park_take_number(at, UINT64_MAX, &number);
        if (result == PARSE_DONE && i < ARRAY_LENGTH(numbers))
            *(uint64_t *)((char *)state + numbers[i]) = number;
    }
    return result;
}

enum parse_result park_state_read(struct arena *arena, struct span octets,
                                  struct park_state *state_r)
{
    struct cursor at = cursor_of(octets);
    struct park_state state = {0};
    struct mailbox_memory *memory = &state.memory;
    bool is_old = cursor_take(&at, PARK_STATE_VERSION - 1);
    enum parse_result result;

    if (!is_old && !cursor_take(&at, PARK_STATE_VERSION))
        return PARSE_MALFORMED;
    result = take_numbers(&at, &state);
    if (result == PARSE_DONE)
        result = park_take_octets(&at, &state.tag);
    if (result == PARSE_DONE)
        result = park_take_octets(&at, &state.mailbox);
    if (result == PARSE_DONE)
        result = take_ranges(arena, &at, &memory->known, &memory->known_count);
    if (result == PARSE_DONE)
        result = take_ranges(arena, &at, &memory->recent, &memory->recent_count);
    if (result == PARSE_DONE)
        result = take_ranges(arena, &at, &state.saved, &state.saved_count);
    if (result == PARSE_DONE && !is_old)
        result = park_take_octets(&at, &state.deflate);
    if (result == PARSE_DONE && !is_old)
        result = park_take_octets(&at, &state.notify);
    if (result == PARSE_DONE &&
        (state.uidvalidity > UINT32_MAX || state.told_keywords > UINT32_MAX))
        result = PARSE_TOO_BIG;
    if (result != PARSE_DONE)
        return result;
    memory->uidvalidity = (uint32_t)state.uidvalidity;
    memory->modseq = state.modseq;
    *state_r = state;
    return PARSE_DONE;
}
