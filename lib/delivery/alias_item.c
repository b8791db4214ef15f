/* The items of alias values and .forward files. */
#include "lib/base/base.h"

#include "lib/delivery/alias_item.h"

struct span alias_line_take(struct span *rest)
{
    struct span line = span_trim(span_take_until(rest, '\n'));

    return span_starts_with(line, "#") ? SPAN_EMPTY : line;
}

struct span alias_item_take(struct span *rest)
{
    size_t at = 0, depth = 0;
    bool quoted = false;
    struct span item;

    for (; at < rest->len; at++) {
        char c = rest->data[at];
        if (c == '\\' && at + 1 < rest->len)
            at++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && c == '(')
            depth++;
        else if (!quoted && c == ')' && depth > 0)
            depth--;
        else if (!quoted && depth == 0 && c == ',')
            break;
    }
    item = span_trim(span_first(*rest, at));
    *rest = span_skip(*rest, at + 1);
    return item;
}

/* How much of it stands before its quotes: nothing, or the bar of a command; item.len: it does not begin with any. */
static size_t opening_quote(struct span item)
{
    size_t at = 0;

    if (item.len > 0 && item.data[0] == '|') {
        do
            at++;
        while (at < item.len && is_space(item.data[at]));
    }
    return at < item.len && item.data[at] == '"' ? at : item.len;
}

/* Where the quote that opens there ends; item.len: nowhere. */
static size_t closing_quote(struct span item, size_t open)
{
    for (size_t at = open + 1; at < item.len; at++) {
        if (item.data[at] == '"')
            return at;
        if (item.data[at] == '\\')
            at++;
    }
    return item.len;
}

const char *alias_item_text(struct arena *arena, struct span item)
{
    size_t open = opening_quote(item);
    size_t end = closing_quote(item, open);
    char *text, *to;

    if (open == item.len || end + 1 < item.len)
        return arena_text(arena, item);
    text = arena_printf(arena, "%s%.*s", open == 0 ? "" : "|",
                        SPAN_PRINTF(span_skip(span_first(item, end), open + 1)));
    to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0')
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return text;
}
