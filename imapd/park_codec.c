/* Numbers and octets in states. */
#include "lib/base/base.h"

#include "imapd/park_codec.h"

#define NUMBER_OCTETS_MAX 10

bool park_put_number(struct buf *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7) {
        if (!buf_append_char(out, (char)(number | 0x80)))
            return false;
    }
    return buf_append_char(out, (char)number);
}

bool park_put_octets(struct buf *out, struct span octets)
{
    return park_put_number(out, octets.len) && buf_append_span(out, octets);
}

enum parse_result park_take_number(struct cursor *at, uint64_t limit, uint64_t *number_r)
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

enum parse_result park_take_octets(struct cursor *at, struct span *octets_r)
{
    uint64_t len;
    enum parse_result result = park_take_number(at, cursor_left(*at), &len);

    if (result == PARSE_DONE && len > cursor_left(*at))
        result = PARSE_MALFORMED;
    if (result != PARSE_DONE)
        return result;
    *octets_r = span_of(at->next, (size_t)len);
    at->next += len;
    return PARSE_DONE;
}
