/*
 *   state   = version numbers tag mailbox known recent saved
 *   numbers = count *number      those of the table below; missing ones are 0, further ones ignored
 *   tag     = length *octet
 *   known   = count *(gap length)   ranges: UIDs left out before it, UIDs in it less one
 *   number  = 7 bits an octet, the lowest first, the top bit says that there are more
 */
#include "lib/base/base.h"

#include "imapd/park_state.h"

#define NUMBER_OCTETS_MAX 10

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
};

/* --- writing ----------------------------------------------------------------------------------- */

static bool put_number(struct buf *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7) {
        if (!buf_append_char(out, (char)(number | 0x80)))
            return false;
    }
    return buf_append_char(out, (char)number);
}

static bool put_octets(struct buf *out, struct span octets)
{
    return put_number(out, octets.len) && buf_append_span(out, octets);
}

static bool put_ranges(struct buf *out, const struct uid_range *ranges, size_t count)
{
    uint32_t next = 0;

    if (!put_number(out, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!put_number(out, ranges[i].first - next) ||
            !put_number(out, ranges[i].last - ranges[i].first))
            return false;
        next = ranges[i].last;
    }
    return true;
}

static bool put_numbers(struct buf *out, const struct park_state *state)
{
    if (!put_number(out, ARRAY_LENGTH(numbers)))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        if (!put_number(out, *(const uint64_t *)((const char *)state + numbers[i])))
            return false;
    }
    return true;
}

bool park_state_write(const struct park_state *state, struct buf *out)
{
    const struct mailbox_memory *memory = &state->memory;
    size_t before = out->len;

    return buf_append_char(out, PARK_STATE_VERSION) && put_numbers(out, state) &&
           put_octets(out, state->tag) && put_octets(out, state->mailbox) &&
           put_ranges(out, memory->known, memory->known_count) &&
           put_ranges(out, memory->recent, memory->recent_count) &&
           put_ranges(out, state->saved, state->saved_count) && out->len - before <= PARK_STATE_MAX;
}

/* --- reading ----------------------------------------------------------------------------------- */

/* Nothing is ever incomplete: an end in the middle is malformed. */
static enum parse_result take_number(struct cursor *at, uint64_t limit, uint64_t *number_r)
{
    uint64_t number = 0;

    for (unsigned octets = 0; octets < NUMBER_OCTETS_MAX && !cursor_at_end(*at); octets++) {
        unsigned char octet = *at->next++;
        uint64_t bits = octet & 0x7f;

        if (octets == NUMBER_OCTETS_MAX - 1 && bits > 1)
            return PARSE_TOO_BIG;
        number |= bits << (7 * octets);
        if ((octet & 0x80) == 0) {
            *number_r = number;
            return number > limit ? PARSE_TOO_BIG : PARSE_DONE;
        }
    }
    return cursor_at_end(*at) ? PARSE_MALFORMED : PARSE_TOO_BIG;
}

static enum parse_result take_octets(struct cursor *at, struct span *octets_r)
{
    uint64_t len;
    enum parse_result result = take_number(at, cursor_left(*at), &len);

    if (result == PARSE_DONE && len > cursor_left(*at))
        result = PARSE_MALFORMED;
    if (result != PARSE_DONE)
        return result;
    *octets_r = span_of(at->next, (size_t)len);
    at->next += len;
    return PARSE_DONE;
}

static enum parse_result take_range(struct cursor *at, uint32_t *next, struct uid_range *range_r)
{
    uint64_t gap, more;
    enum parse_result result = take_number(at, UINT32_MAX - *next, &gap);

    if (result == PARSE_DONE)
        result = take_number(at, UINT32_MAX - *next - gap, &more);
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
    enum parse_result result = take_number(at, cursor_left(*at) / 2, &count); /* 2 octets each */

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
    enum parse_result result = take_number(at, cursor_left(*at), &count);

    for (uint64_t i = 0; result == PARSE_DONE && i < count; i++) {
        result = take_number(at, UINT64_MAX, &number);
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
    enum parse_result result;

    if (!cursor_take(&at, PARK_STATE_VERSION))
        return PARSE_MALFORMED;
    result = take_numbers(&at, &state);
    if (result == PARSE_DONE)
        result = take_octets(&at, &state.tag);
    if (result == PARSE_DONE)
        result = take_octets(&at, &state.mailbox);
    if (result == PARSE_DONE)
        result = take_ranges(arena, &at, &memory->known, &memory->known_count);
    if (result == PARSE_DONE)
        result = take_ranges(arena, &at, &memory->recent, &memory->recent_count);
    if (result == PARSE_DONE)
        result = take_ranges(arena, &at, &state.saved, &state.saved_count);
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
