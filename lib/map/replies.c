/* Parsers of replies (lib/map/replies.h). */
#include "lib/map/replies.h"

/* A line with its LF, or CR LF, taken off; INCOMPLETE where there is no LF. */
static enum parse_result take_line(struct span *rest, struct span *line_r)
{
    size_t len = span_find(*rest, '\n');

    if (len == rest->len)
        return PARSE_INCOMPLETE;
    *line_r = span_first(*rest, len);
    *rest = span_skip(*rest, len + 1);
    if (line_r->len > 0 && line_r->data[line_r->len - 1] == '\r')
        line_r->len--;
    return PARSE_DONE;
}

/* `len` octets and CR LF. */
static enum parse_result take_octets(struct span *rest, size_t len, struct span *octets_r)
{
    if (rest->len < len + 2)
        return PARSE_INCOMPLETE;
    if (rest->data[len] != '\r' || rest->data[len + 1] != '\n')
        return PARSE_MALFORMED;
    *octets_r = span_first(*rest, len);
    *rest = span_skip(*rest, len + 2);
    return PARSE_DONE;
}

/* --- tcp ----------------------------------------------------------------------------------------- */

enum parse_result tcp_reply_parse(void *context, struct span octets, size_t *used_r)
{
    struct tcp_reply *reply = context;
    struct span rest = octets;
    struct span line;
    uint64_t status;
    enum parse_result result = take_line(&rest, &line);

    if (result != PARSE_DONE)
        return result;
    if (line.len < 4 || !is_space(line.data[3]) || !span_to_u64(span_first(line, 3), 999, &status))
        return PARSE_MALFORMED;
    *reply = (struct tcp_reply){.status = (unsigned)status, .text = span_skip(line, 4)};
    *used_r = octets.len - rest.len;
    return PARSE_DONE;
}

void tcp_text_encode(struct span text, struct buf *encoded_r)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char octet = (unsigned char)text.data[i];

        if (octet <= ' ' || octet >= 0x7f || octet == '%')
            buf_put_printf(encoded_r, "%%%02X", octet);
        else
            buf_put_char(encoded_r, text.data[i]);
    }
}

static int hex_value(char digit)
{
    if (is_digit(digit))
        return digit - '0';
    digit = to_lower(digit);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool tcp_text_decode(struct span encoded, struct buf *text_r)
{
    while (encoded.len > 0) {
        char octet = encoded.data[0];
        size_t used = 1;

        if (octet == '%') {
            int high = encoded.len < 3 ? -1 : hex_value(encoded.data[1]);
            int low = encoded.len < 3 ? -1 : hex_value(encoded.data[2]);

            if (high < 0 || low < 0)
                return false;
            octet = (char)(high * 16 + low);
            used = 3;
        }
        if (!buf_append_char(text_r, octet))
            return false;
        encoded = span_skip(encoded, used);
    }
    return true;
}

/* --- socketmap ----------------------------------------------------------------------------------- */

#define NETSTRING_DIGITS 10

enum parse_result socketmap_reply_parse(void *context, struct span octets, size_t *used_r)
{
    struct socketmap_reply *reply = context;
    size_t colon = span_find(octets, ':');
    struct span rest = span_skip(octets, colon + 1);
    uint64_t len;

    if (colon > NETSTRING_DIGITS)
        return PARSE_MALFORMED;
    if (colon == octets.len) /* so far, only digits may have come */
        return octets.len == 0 || span_to_u64(octets, UINT64_MAX, &len) ? PARSE_INCOMPLETE
                                                                        : PARSE_MALFORMED;
    if (!span_to_u64(span_first(octets, colon), UINT64_MAX, &len))
        return PARSE_MALFORMED;
    if (len > reply->limit)
        return PARSE_TOO_BIG;
    if (rest.len <= len)
        return PARSE_INCOMPLETE;
    if (rest.data[len] != ',')
        return PARSE_MALFORMED;
    reply->text = span_first(rest, (size_t)len);
    reply->is_bare = span_find(reply->text, ' ') == reply->text.len;
    reply->status = span_take_until(&reply->text, ' ');
    *used_r = colon + 1 + (size_t)len + 1;
    return PARSE_DONE;
}

/* --- memcache ------------------------------------------------------------------------------------ */

enum parse_result memcache_line_parse(void *context, struct span octets, size_t *used_r)
{
    struct memcache_reply *reply = context;
    struct span rest = octets;
    enum parse_result result = take_line(&rest, &reply->line);

    *used_r = octets.len - rest.len;
    return result;
}

enum parse_result memcache_get_parse(void *context, struct span octets, size_t *used_r)
{
    struct memcache_reply *reply = context;
    struct span rest = octets;
    struct span words;
    uint64_t len;
    struct span end;
    enum parse_result result = take_line(&rest, &reply->line);

    reply->found = false;
    if (result != PARSE_DONE)
        return result;
    words = reply->line;
    if (span_equal_text(span_take_word(&words), "VALUE")) {
        (void)span_take_word(&words);
        (void)span_take_word(&words);
        if (!span_to_u64(span_take_word(&words), UINT64_MAX, &len))
            return PARSE_MALFORMED;
        if (len > reply->limit)
            return PARSE_TOO_BIG;
        result = take_octets(&rest, (size_t)len, &reply->value);
        if (result == PARSE_DONE)
            result = take_line(&rest, &end);
        if (result == PARSE_DONE && !span_equal_text(end, "END"))
            result = PARSE_MALFORMED;
        reply->found = true;
    }
    *used_r = octets.len - rest.len;
    return result;
}

/* --- redis --------------------------------------------------------------------------------------- */

/* "$5", "*3", "$-1": SPAN's number; *none_r for -1 */
static bool take_count(struct span digits, uint64_t *count_r, bool *none_r)
{
    *none_r = span_equal_text(digits, "-1");
    *count_r = 0;
    return *none_r || span_to_u64(digits, SIZE_MAX / 2, count_r);
}

/* One value, which is no array. */
static enum parse_result take_value(struct redis_reply *reply, struct span *rest, size_t index)
{
    struct span line;
    struct span value;
    uint64_t len;
    bool none;
    enum parse_result result = take_line(rest, &line);

    if (result != PARSE_DONE)
        return result;
    if (line.len == 0)
        return PARSE_MALFORMED;
    value = span_skip(line, 1);
    switch (line.data[0]) {
    case '-':
        reply->failure = value;
        return PARSE_DONE;
    case '+':
    case ':':
        break;
    case '$':
        if (!take_count(value, &len, &none))
            return PARSE_MALFORMED;
        value = SPAN_EMPTY;
        if (!none)
            result = take_octets(rest, (size_t)len, &value);
        break;
    default:
        return PARSE_MALFORMED;
    }
    if (result == PARSE_DONE)
        reply->value(reply->context, index, value);
    return result;
}

static enum parse_result take_array(struct redis_reply *reply, struct span *rest)
{
    struct span line;
    uint64_t count;
    bool none;
    enum parse_result result = take_line(rest, &line);

    if (result != PARSE_DONE)
        return result;
    if (!take_count(span_skip(line, 1), &count, &none))
        return PARSE_MALFORMED;
    if (count > REDIS_VALUES_MAX)
        return PARSE_TOO_BIG;
    for (uint64_t i = 0; i < count && result == PARSE_DONE; i++)
        result = take_value(reply, rest, (size_t)i);
    reply->count = (size_t)count;
    return result;
}

enum parse_result redis_reply_parse(void *context, struct span octets, size_t *used_r)
{
    struct redis_reply *reply = context;
    struct span rest = octets;
    enum parse_result result;

    reply->failure = SPAN_EMPTY;
    reply->count = 1;
    if (octets.len > 0 && octets.data[0] == '*')
        result = take_array(reply, &rest);
    else
        result = take_value(reply, &rest, 0);
    *used_r = octets.len - rest.len;
    return result;
}
