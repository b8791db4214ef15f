/* Reading restrictions: text from main.cf or out of a table becomes a list of steps, once. */
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "smtpd/access_rules.h"

/* A table that makes restrictions out of what clients say would fill our memory. */
#define LISTS_MAX 1000

/* Tables are opened once, however many restrictions name them. */
static struct maps *open_table(struct access *access, const char *name)
{
    struct maps *maps = hash_get(access->tables, span_text(name));

    if (maps == NULL) {
        maps = maps_open(access->config, name, true);
        (void)hash_put(access->tables, span_text(name), maps);
    }
    return maps;
}

/* The name of a restriction, and its argument where it takes one. */
static void read_step(struct access *access, const struct strlist *items, size_t *at,
                      struct access_step *step)
{
    const char *name = items->items[(*at)++];

    step->rule = access_find_rule(access, name);
    switch (step->rule->argument) {
    case RULE_PLAIN:
        break;
    case RULE_NAME:
    case RULE_NAME_TABLE:
        step->argument = arena_copy(access->arena, name);
        break;
    case RULE_TEXT:
    case RULE_TABLE:
        if (*at < items->count)
            step->argument = arena_copy(access->arena, items->items[(*at)++]);
        break;
    }
    if ((step->rule->argument == RULE_TABLE || step->rule->argument == RULE_NAME_TABLE) &&
        step->argument != NULL && strchr(step->argument, ':') != NULL)
        step->maps = open_table(access, step->argument);
}

static struct access_list *read_list(struct access *access, const char *restrictions)
{
    struct access_list *list = arena_new(access->arena, struct access_list);
    struct strlist items = STRLIST_EMPTY;
    struct error err = {0};
    bool warn = false;

    if (!strlist_split_config(&items, restrictions, &err)) {
        log_warning("restrictions \"%s\": %s", restrictions, err.text);
        strlist_clear(&items);
        strlist_add(&items, restrictions);
    }
    list->steps = arena_array(access->arena, struct access_step, items.count + 1);
    for (size_t i = 0; i < items.count;) {
        if (strcasecmp(items.items[i], "warn_if_reject") == 0) {
            warn = true;
            i++;
            continue;
        }
        list->steps[list->count].warn = warn;
        read_step(access, &items, &i, &list->steps[list->count++]);
        warn = false;
    }
    strlist_release(&items);
    return list;
}

static struct access_list *find_list(struct access *access, const char *restrictions)
{
    struct access_list *list = hash_get(access->lists, span_text(restrictions));

    if (list == NULL && hash_count(access->lists) < LISTS_MAX) {
        list = read_list(access, restrictions);
        (void)hash_put(access->lists, span_text(restrictions), list);
    }
    return list;
}

const struct access_list *access_list_of(struct access *access, const char *restrictions)
{
    return find_list(access, restrictions);
}

/* Classes may name each other, and themselves: each is looked at once. */
static bool guards_relay(struct access *access, struct access_list *list)
{
    if (list == NULL || list->was_looked_at)
        return false;
    list->was_looked_at = true;
    for (size_t i = 0; i < list->count; i++) {
        const struct access_step *step = &list->steps[i];
        const char *class_value;

        if (step->warn)
            continue;
        if (step->rule->guards_relay)
            return true;
        if (strcasecmp(step->rule->name, "permit") == 0)
            return false;
        class_value = access_class_value(access, step);
        if (class_value != NULL && guards_relay(access, find_list(access, class_value)))
            return true;
    }
    return false;
}

bool access_list_guards_relay(struct access *access, const char *restrictions)
{
    return guards_relay(access, find_list(access, restrictions));
}
