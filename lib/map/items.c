/* The inner syntax of table names: "{a, b, {c d}}" (lib/map/map_type.h). */
#include "lib/map/map_type.h"

/* The text between the braces around all of it, without white space at its ends. */
static bool take_off_braces(struct span *text)
{
    struct span trimmed = span_trim(*text);

    if (trimmed.len < 2 || trimmed.data[0] != '{' || trimmed.data[trimmed.len - 1] != '}')
        return false;
    *text = span_trim(span_of(trimmed.data + 1, trimmed.len - 2));
    return true;
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
