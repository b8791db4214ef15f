/*
 * Tables made of other tables: unionmap (all answers, joined by commas), pipemap (each answer is the
 * next one's key) and randmap (one of the given values). Source: Postfix DATABASE_README.
 */
#include "lib/map/map_type.h"

#include <sys/random.h>

#define ANSWER_MAX (16U * 1024 * 1024)

struct composed {
    struct map **members;
    size_t count;
};

static void close_members(void *table)
{
    struct composed *composed = table;

    for (size_t i = 0; i < composed->count; i++)
        map_free(&composed->members[i]);
    mem_free(composed->members);
    mem_free(composed);
}

static bool members_changed(const void *table)
{
    const struct composed *composed = table;

    for (size_t i = 0; i < composed->count; i++) {
        if (map_changed(composed->members[i]))
            return true;
    }
    return false;
}

static void *open_members(const struct config *config, const char *type, const char *name,
                          struct error *err)
{
    struct strlist items = STRLIST_EMPTY;
    struct composed *composed = NULL;

    if (!map_list_items(name, &items, err) || items.count == 0) {
        error_set(err, ERROR_MALFORMED, "bad syntax: \"%s:%s\"; need \"%s:{type:name...}\"", type,
                  name, type);
        strlist_release(&items);
        return NULL;
    }
    composed = mem_new(struct composed);
    composed->members = mem_alloc((items.count + 1) * sizeof(struct map *));
    for (composed->count = 0; composed->count < items.count; composed->count++)
        composed->members[composed->count] = map_open(config, items.items[composed->count], false);
    strlist_release(&items);
    return composed;
}

static void *open_union(const struct config *config, const char *name, struct error *err)
{
    return open_members(config, "unionmap", name, err);
}

static void *open_pipe(const struct config *config, const char *name, struct error *err)
{
    return open_members(config, "pipemap", name, err);
}

/* Empty answers are none. */
static enum map_result find_union(void *table, struct span key, int flags, struct buf *value_r,
                                  struct error *err)
{
    const struct composed *composed = table;
    struct buf one = BUF(ANSWER_MAX);
    enum map_result result = MAP_ABSENT;

    for (size_t i = 0; i < composed->count && result != MAP_UNAVAILABLE; i++) {
        result = map_lookup(composed->members[i], key, flags, &one, err);
        if (result != MAP_FOUND)
            continue;
        if (value_r->len > 0)
            result = map_answer(SPAN_LITERAL(","), value_r, err);
        if (result == MAP_FOUND)
            result = map_answer(buf_span(&one), value_r, err);
    }
    buf_release(&one);
    if (result == MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    return value_r->len > 0 ? MAP_FOUND : MAP_ABSENT;
}

static enum map_result find_pipe(void *table, struct span key, int flags, struct buf *value_r,
                                 struct error *err)
{
    const struct composed *composed = table;
    struct buf query = BUF(ANSWER_MAX);
    enum map_result result = composed->count == 0 ? MAP_ABSENT : map_answer(key, value_r, err);

    for (size_t i = 0; i < composed->count && result == MAP_FOUND; i++) {
        struct buf answered = *value_r;

        *value_r = query;
        query = answered;
        value_r->limit = answered.limit;
        result = map_lookup(composed->members[i], buf_span(&query), flags, value_r, err);
    }
    buf_release(&query);
    return result;
}

const struct map_type map_type_unionmap = {
    .name = "unionmap",
    .traits = MAP_COMPOSED,
    .open = open_union,
    .lookup = find_union,
    .changed = members_changed,
    .close = close_members,
};

const struct map_type map_type_pipemap = {
    .name = "pipemap",
    .traits = MAP_COMPOSED,
    .open = open_pipe,
    .lookup = find_pipe,
    .changed = members_changed,
    .close = close_members,
};

static void *open_values(const struct config *config UNUSED, const char *name, struct error *err)
{
    struct strlist *values = mem_new(struct strlist);

    if (map_list_items(name, values, err) && values->count > 0)
        return values;
    error_set(err, ERROR_MALFORMED, "bad syntax: \"randmap:%s\"; need \"randmap:{value...}\"",
              name);
    strlist_release(values);
    mem_free(values);
    return NULL;
}

static void close_values(void *table)
{
    strlist_release(table);
    mem_free(table);
}

static enum map_result pick_value(void *table, struct span key UNUSED, int flags UNUSED,
                                  struct buf *value_r, struct error *err)
{
    const struct strlist *values = table;
    uint64_t random;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        error_errno(err, "getrandom");
        return MAP_UNAVAILABLE;
    }
    return map_answer(span_text(values->items[random % values->count]), value_r, err);
}

const struct map_type map_type_randmap = {
    .name = "randmap",
    .traits = MAP_PATTERN | MAP_LIVE,
    .open = open_values,
    .lookup = pick_value,
    .close = close_values,
};
