/* See environment.h. */
#include "lib/config/environment.h"

#include <stdlib.h>

/* The inside of "{ NAME = value }": blanks around either count for nothing. */
static bool add_braced(struct strlist *pairs, struct span inside, struct error *err)
{
    struct span value = inside;
    struct span name = span_trim(span_take_until(&value, '='));
    char *pair;

    if (name.len == 0 || span_find(inside, '=') == inside.len) {
        error_set(err, ERROR_PERMANENT, "\"{%.*s}\" is no { NAME = value }", SPAN_PRINTF(inside));
        return false;
    }
    value = span_trim(value);
    pair = mem_printf("%.*s=%.*s", SPAN_PRINTF(name), SPAN_PRINTF(value));
    strlist_add(pairs, pair);
    mem_free(pair);
    return true;
}

static bool add_item(struct strlist *pairs, const char *item, struct error *err)
{
    const char *value = strchr(item, '=');
    const size_t len = strlen(item);
    char *pair;

    if (item[0] == '{' && item[len - 1] == '}')
        return add_braced(pairs, span_of(item + 1, len - 2), err);
    if (value != NULL) {
        strlist_add(pairs, item);
    } else if ((value = getenv(item)) != NULL) {
        pair = mem_printf("%s=%s", item, value);
        strlist_add(pairs, pair);
        mem_free(pair);
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
