/* See environment.h. */
#include "lib/config/environment.h"

#include "lib/config/lines.h"

#include <stdlib.h>

static void add_pair(struct strlist *pairs, struct span name, struct span value)
{
    char *pair = mem_printf("%.*s=%.*s", SPAN_PRINTF(name), SPAN_PRINTF(value));

    strlist_add(pairs, pair);
    mem_free(pair);
}

/* Blanks around a name or a value count for nothing; a name alone is that of the environment, in braces or not. */
static bool add_item(struct strlist *pairs, const char *item, struct error *err)
{
    const char *fault = braces_fault(span_text(item));
    struct span value = braces_strip(span_text(item));
    const struct span inside = value;
    struct span name = span_trim(span_take_until(&value, '='));
    bool has_value = span_find(inside, '=') < inside.len;

    if (fault != NULL || (has_value && name.len == 0)) {
        error_set(err, ERROR_PERMANENT, "%s in \"%s\"",
                  fault != NULL ? fault : "missing attribute name", item);
        return false;
    }
    if (has_value) {
        add_pair(pairs, name, span_trim(value));
    } else {
        char *text = mem_span(name);
        const char *set = name.len == 0 ? NULL : getenv(text);

        if (set != NULL)
            add_pair(pairs, name, span_text(set));
        mem_free(text);
    }
    return true;
}

bool environment_list(const char *list, struct strlist *pairs_r, struct error *err)
{
    struct strlist items = STRLIST_EMPTY;
    bool done = strlist_split_config(&items, list, err);

    for (size_t i = 0; done && i < items.count; i++)
        done = add_item(pairs_r, items.items[i], err);
    strlist_release(&items);
    return done;
}

static bool set_pair(char *pair)
{
    char *value = strchr(pair, '=');

    *value = '\0';
    return setenv(pair, value + 1, 1) == 0;
}

bool environment_reduce(const char *list, struct error *err)
{
    struct strlist kept = STRLIST_EMPTY;
    bool done = environment_list(list, &kept, err);

    if (!done) {
        error_prefix(err, "import_environment");
    } else {
        done = clearenv() == 0 && setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) == 0;
        for (size_t i = 0; done && i < kept.count; i++)
            done = set_pair(kept.items[i]);
        if (!done)
            error_errno(err, "clean the environment");
    }
    strlist_release(&kept);
    return done;
}
