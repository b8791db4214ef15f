/* The inner syntax of table names: "{a, b, {c d}}" (lib/map/map_type.h). */
#include "lib/map/map_type.h"

#include "lib/config/lines.h"

bool map_list_items(const char *text, struct strlist *items, struct error *err)
{
    struct span braced = span_text(text);
    struct span inside = braces_strip(braced);
    char *copy;
    bool done;

    if (inside.data == braced.data) {
        error_set(err, ERROR_MALFORMED, "expected \"{item, item...}\" instead of \"%s\"", text);
        return false;
    }
    copy = mem_span(inside);
    done = strlist_split_config(items, copy, err);
    mem_free(copy);
    return done;
}
