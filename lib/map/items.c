/* The inner syntax of table names: "{a, b, {c d}}" (lib/map/map_type.h). */
#include "lib/map/map_type.h"

/* Where the brace at the front closes; text.len: nowhere. */
static size_t find_closing(struct span text)
{
    size_t depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '{')
            depth++;
        else if (text.data[i] == '}' && --depth == 0)
            return i;
    }
    return text.len;
}

/* The text between the braces around all of it, without white space at its ends. */
static bool take_off_braces(struct span *text)
{
    struct span trimmed = span_trim(*text);

    if (trimmed.len < 2 || trimmed.data[0] != '{' || find_closing(trimmed) != trimmed.len - 1)
        return false;
    *text = span_trim(span_of(trimmed.data + 1, trimmed.len - 2));
    return true;
}

const char *map_braces_fault(const char *item)
{
    struct span text = span_trim(span_text(item));
    size_t closing = find_closing(text);

    if (text.len == 0 || text.data[0] != '{' || closing == text.len - 1)
        return NULL;
    return closing == text.len ? "missing '}'" : "syntax error after '}'";
}

struct span map_unbraced(const char *item)
{
    struct span text = span_text(item);

    (void)take_off_braces(&text);
    return text;
}

bool map_list_items(const char *text, struct strlist *items, struct error *err)
{
    struct span inside = span_text(text);
    char *copy;
    bool done;

    if (!take_off_braces(&inside)) {
        error_set(err, ERROR_MALFORMED, "expected \"{item, item...}\" instead of \"%s\"", text);
        return false;
    }
    copy = mem_span(inside);
    done = strlist_split_config(items, copy, err);
    mem_free(copy);
    return done;
}
