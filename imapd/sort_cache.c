/* Columns of values, one for each criterion, in the order of UIDs. */
#include "lib/base/base.h"

#include "imapd/sort_cache.h"

struct column {
    struct sort_value *values;
    size_t settled; /* in the order of UIDs; behind them what was added, in that order too */
    size_t count, capacity;
    size_t next; /* of the settled ones: where the next UID is looked for */
};

struct sort_cache {
    struct column columns[SORT_KINDS];
    struct arena *texts;
};

struct sort_cache *sort_cache_create(void)
{
    struct sort_cache *cache = mem_new(struct sort_cache);

    cache->texts = arena_create();
    return cache;
}

static void empty(struct sort_cache *cache)
{
    for (size_t i = 0; i < SORT_KINDS; i++) {
        mem_free(cache->columns[i].values);
        cache->columns[i] = (struct column){0};
    }
    arena_free(&cache->texts);
}

void sort_cache_free(struct sort_cache **cache)
{
    if (*cache == NULL)
        return;
    empty(*cache);
    mem_free(*cache);
    *cache = NULL;
}

struct arena *sort_cache_arena(struct sort_cache *cache)
{
    return cache->texts;
}

const struct sort_value *sort_cache_find(struct sort_cache *cache, enum sort_kind kind,
                                         uint32_t uid)
{
    struct column *column = &cache->columns[kind];

    while (column->next < column->settled && column->values[column->next].uid < uid)
        column->next++;
    if (column->next == column->settled || column->values[column->next].uid != uid)
        return NULL;
    return &column->values[column->next];
}

void sort_cache_add(struct sort_cache *cache, enum sort_kind kind, const struct sort_value *value)
{
    struct column *column = &cache->columns[kind];

    if (kind == SORT_SIZE)
        return;
    if (column->count == column->capacity) {
        column->capacity = column->capacity == 0 ? 64 : column->capacity * 2;
        column->values = mem_resize(column->values, column->capacity, sizeof(*column->values));
    }
    column->values[column->count++] = *value;
}

/* Mostly what was added is new mail, which stands behind all the others anyway. */
static bool is_in_order(const struct column *column)
{
    return column->settled == 0 || column->settled == column->count ||
           column->values[column->settled - 1].uid < column->values[column->settled].uid;
}

static void merge(struct column *column)
{
    const struct sort_value *values = column->values;
    struct sort_value *merged = mem_resize(NULL, column->count, sizeof(*merged));
    size_t old = 0, added = column->settled;

    for (size_t i = 0; i < column->count; i++) {
        bool is_old = added == column->count ||
                      (old < column->settled && values[old].uid < values[added].uid);
        merged[i] = values[is_old ? old++ : added++];
    }
    mem_free(column->values);
    column->values = merged;
    column->capacity = column->count;
}

void sort_cache_settle(struct sort_cache *cache)
{
    size_t octets = arena_size(cache->texts);

    for (size_t i = 0; i < SORT_KINDS; i++) {
        struct column *column = &cache->columns[i];
        if (!is_in_order(column))
            merge(column);
        column->settled = column->count;
        column->next = 0;
        octets += column->capacity * sizeof(*column->values);
    }
    if (octets > SORT_CACHE_MAX) {
        empty(cache);
        cache->texts = arena_create();
    }
}
