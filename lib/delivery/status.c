/* Enhanced status codes at the front of texts: RFC 3463 section 2, class "." subject "." detail. */
#include "lib/base/base.h"

#include "lib/delivery/status.h"

#define NUMBER_DIGITS_MAX 3

/* "." and one to three digits */
static bool take_number(struct cursor *at)
{
    size_t digits = 0;

    if (!cursor_take(at, '.'))
        return false;
    while (!cursor_at_end(*at) && is_digit(*at->next)) {
        at->next++;
        digits++;
    }
    return digits >= 1 && digits <= NUMBER_DIGITS_MAX;
}

struct span delivery_status_take(struct span *text)
{
    struct cursor at = cursor_of(*text);
    struct span code = SPAN_EMPTY;

    if (!cursor_take(&at, '2') && !cursor_take(&at, '4') && !cursor_take(&at, '5'))
        return code;
    if (!take_number(&at) || !take_number(&at) || (!cursor_at_end(at) && !is_space(*at.next)))
        return code;
    code = span_first(*text, text->len - cursor_left(at));
    *text = span_trim(span_skip(*text, code.len));
    return code;
}

struct delivery_status delivery_status_split(struct arena *arena, const char *text,
                                             const char *default_code)
{
    struct span rest = span_text(text);
    struct span code = delivery_status_take(&rest);

    if (code.len == 0)
        return (struct delivery_status){arena_copy(arena, default_code), arena_copy(arena, text)};
    return (struct delivery_status){arena_text(arena, code), arena_text(arena, rest)};
}
