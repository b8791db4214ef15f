/*
 * Modified UTF-7. Only one spelling of a name is right, so that two names never mean the same mailbox:
 * decoding refuses what encoding would not have written.
 */
#include "lib/base/base.h"

#include "lib/store/mutf7.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool is_direct(uint32_t c)
{
    return c >= 0x20 && c <= 0x7e;
}

/* --- UTF-8 ------------------------------------------------------------------------------------- */

static bool put_utf8(struct buf *out, uint32_t c)
{
    char octets[4];
    size_t len;

    if (c < 0x80) {
        octets[0] = (char)c;
        len = 1;
    } else if (c < 0x800) {
        octets[0] = (char)(0xc0 | c >> 6);
        octets[1] = (char)(0x80 | (c & 0x3f));
        len = 2;
    } else if (c < 0x10000) {
        octets[0] = (char)(0xe0 | c >> 12);
        octets[1] = (char)(0x80 | (c >> 6 & 0x3f));
        octets[2] = (char)(0x80 | (c & 0x3f));
        len = 3;
    } else {
        octets[0] = (char)(0xf0 | c >> 18);
        octets[1] = (char)(0x80 | (c >> 12 & 0x3f));
        octets[2] = (char)(0x80 | (c >> 6 & 0x3f));
        octets[3] = (char)(0x80 | (c & 0x3f));
        len = 4;
    }
    return buf_append(out, octets, len);
}

static bool take_utf8(struct cursor *in, uint32_t *c_r)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = *in->next;
    size_t more = first < 0x80 ? 0 : first < 0xc0 ? 9 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t c;

    if (more == 9 || first > 0xf4 || cursor_left(*in) <= more)
        return false;
    c = more == 0 ? first : first & (0x3fU >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((in->next[i] & 0xc0) != 0x80)
            return false;
        c = c << 6 | (in->next[i] & 0x3fU);
    }
    if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return false;
    in->next += more + 1;
    *c_r = c;
    return true;
}

/* --- decoding ---------------------------------------------------------------------------------- */

/* UTF-16 units on their way to UTF-8. */
struct units {
    struct buf *out;
    uint32_t high; /* a high surrogate that waits for its other half, or 0 */
    bool failed;
};

static void add_unit(struct units *units, uint32_t unit)
{
    if (units->high != 0) {
        units->failed |= unit < 0xdc00 || unit > 0xdfff;
        unit = 0x10000 + ((units->high - 0xd800) << 10) + (unit - 0xdc00);
        units->high = 0;
    } else if (unit >= 0xd800 && unit < 0xdc00) {
        units->high = unit;
        return;
    }
    if (units->failed || unit < 0x80 || (unit >= 0xdc00 && unit < 0xe000) ||
        !put_utf8(units->out, unit))
        units->failed = true;
}

/* Base64 between '&' and '-'; the '&' is taken already. */
static bool decode_shifted(struct cursor *in, struct buf *utf8)
{
    struct units units = {.out = utf8};
    uint32_t bits = 0;
    unsigned count = 0;

    if (cursor_take(in, '-'))
        return buf_append_char(utf8, '&');
    for (; !cursor_at_end(*in) && *in->next != '-'; in->next++) {
        const char *digit = *in->next == '\0' ? NULL : strchr(digits, *in->next);
        if (digit == NULL || units.failed)
            return false;
        bits = bits << 6 | (uint32_t)(digit - digits);
        count += 6;
        if (count >= 16) {
            count -= 16;
            add_unit(&units, bits >> count & 0xffff);
            bits &= (1U << count) - 1;
        }
    }
    /* Two shifted runs side by side have a shorter spelling. */
    if (!cursor_take(in, '-') || (cursor_left(*in) > 1 && in->next[0] == '&' && in->next[1] != '-'))
        return false;
    return !units.failed && units.high == 0 && bits == 0 && count < 6;
}

bool mutf7_decode(struct span name, struct buf *utf8)
{
    struct cursor in = cursor_of(name);

    while (!cursor_at_end(in)) {
        unsigned char c = *in.next++;
        if (!is_direct(c))
            return false;
        if (c == '&' ? !decode_shifted(&in, utf8) : !buf_append_char(utf8, (char)c))
            return false;
    }
    return true;
}

/* --- encoding ---------------------------------------------------------------------------------- */

static bool encode_shifted(struct cursor *in, struct buf *name)
{
    uint32_t bits = 0, c = 0;
    unsigned count = 0;
    bool room = buf_append_char(name, '&');

    while (room && !cursor_at_end(*in) && !is_direct(*in->next)) {
        uint32_t units[2];
        size_t unit_count = 1;

        if (!take_utf8(in, &c) || c < 0x20 || c == 0x7f)
            return false;
        units[0] = c;
        if (c >= 0x10000) {
            units[0] = 0xd800 + ((c - 0x10000) >> 10);
            units[1] = 0xdc00 + ((c - 0x10000) & 0x3ff);
            unit_count = 2;
        }
        for (size_t i = 0; i < unit_count; i++) {
            bits = bits << 16 | units[i];
            for (count += 16; count >= 6; count -= 6)
                room = room && buf_append_char(name, digits[bits >> (count - 6) & 0x3f]);
            bits &= (1U << count) - 1;
        }
    }
    if (count > 0)
        room = room && buf_append_char(name, digits[bits << (6 - count) & 0x3f]);
    return room && buf_append_char(name, '-');
}

bool mutf7_encode(struct span utf8, struct buf *name)
{
    struct cursor in = cursor_of(utf8);

    while (!cursor_at_end(in)) {
        if (*in.next == '&') {
            in.next++;
            if (!buf_append_text(name, "&-"))
                return false;
        } else if (is_direct(*in.next)) {
            if (!buf_append_char(name, (char)*in.next++))
                return false;
        } else if (!encode_shifted(&in, name)) {
            return false;
        }
    }
    return true;
}
