/* Lists of tables: several tables, several keys, the first hit (lib/map/map.h). */
#include "lib/map/map.h"

#include "lib/base/log.h"
#include "lib/map/map_type.h"
#include "lib/map/proxy.h"
#include "lib/service/service.h"

#include <unistd.h>

struct maps {
    struct strlist names;
    struct map **tables; /* NULL: the whole list is asked at proxymap */
    char *list;
    char *service;
    int flags;             /* of every look-up */
    const char *parameter; /* for the watch */
    map_watch *watch;      /* NULL: nobody looks on */
    void *watch_context;
};

static bool needs_proxy(const struct strlist *names, bool through_proxy)
{
    unsigned elsewhere = map_traits_elsewhere(through_proxy);

    for (size_t i = 0; i < names->count; i++) {
        if ((map_traits(names->items[i]) & elsewhere) != 0)
            return true;
    }
    return false;
}

/* Nothing has the empty key; but a table that is broken says so whatever it is asked. */
static void must_answer(struct maps *maps)
{
    struct buf unused = BUF(PROXY_VALUE_MAX);
    struct error err;

    if (maps_find(maps, SPAN_EMPTY, 0, &unused, NULL, &err) == MAP_UNAVAILABLE)
        log_fatal("%s", err.text);
    buf_release(&unused);
}

struct maps *maps_open(const struct config *config, const char *list, bool through_proxy)
{
    struct maps *maps = mem_new(struct maps);
    struct error err;

    maps->list = mem_text(list);
    maps->service = mem_text(config->proxymap_service_name);
    if (!strlist_split_config(&maps->names, list, &err)) {
        strlist_clear(&maps->names);
        strlist_add(&maps->names, list); /* one table that is none: it will never answer */
    }
    if (needs_proxy(&maps->names, through_proxy)) {
        if (service_needs_tables())
            must_answer(maps);
        return maps;
    }
    maps->tables = mem_alloc((maps->names.count + 1) * sizeof(struct map *));
    for (size_t i = 0; i < maps->names.count; i++)
        maps->tables[i] = map_open(config, maps->names.items[i], false);
    return maps;
}

struct maps *maps_open_plain(const struct config *config, const char *list, bool through_proxy)
{
    struct maps *maps = maps_open(config, list, through_proxy);

    maps->flags = MAP_NO_SUBSTITUTION;
    return maps;
}

/* A list of which one table is refused is asked here, so that the others stand before and behind it as they are named. */
static void refuse(const struct config *config, struct maps *maps, size_t refused,
                   bool through_proxy)
{
    if (maps->tables == NULL) {
        maps->tables = mem_alloc((maps->names.count + 1) * sizeof(struct map *));
        for (size_t i = 0; i < maps->names.count; i++)
            maps->tables[i] = map_open(config, maps->names.items[i], through_proxy);
    }
    map_free(&maps->tables[refused]);
    maps->tables[refused] = map_open_refused(maps->names.items[refused]);
}

/* The same tables, each without its "proxy:"; a list that is malformed is left as it is. */
static char *without_proxy(const char *list)
{
    struct strlist names = STRLIST_EMPTY;
    struct buf here = BUF(BUF_UNLIMITED);
    char *text;

    if (strlist_split_config(&names, list, NULL)) {
        for (size_t i = 0; i < names.count; i++) {
            const char *name = names.items[i];

            while (strncmp(name, "proxy:", strlen("proxy:")) == 0)
                name += strlen("proxy:");
            buf_put_text(&here, name);
            buf_put_char(&here, ',');
        }
    } else {
        buf_put_text(&here, list);
    }
    text = mem_text(buf_text(&here));
    buf_release(&here);
    strlist_release(&names);
    return text;
}

struct maps *maps_open_trusted(const struct config *config, const char *list, bool through_proxy)
{
    char *here = through_proxy || geteuid() != 0 ? mem_text(list) : without_proxy(list);
    struct maps *maps = maps_open_plain(config, here, through_proxy);

    mem_free(here);
    for (size_t i = 0; i < maps->names.count; i++) {
        if (map_is_unauthenticated(maps->names.items[i]))
            refuse(config, maps, i, through_proxy);
    }
    return maps;
}

struct maps *maps_open_octets(const struct config *config, const char *list, bool through_proxy)
{
    struct maps *maps = maps_open(config, list, through_proxy);

    maps->flags = MAP_OCTETS;
    return maps;
}

void maps_free(struct maps **maps)
{
    if (*maps == NULL)
        return;
    for (size_t i = 0; (*maps)->tables != NULL && i < (*maps)->names.count; i++)
        map_free(&(*maps)->tables[i]);
    mem_free((*maps)->tables);
    strlist_release(&(*maps)->names);
    mem_free((*maps)->list);
    mem_free((*maps)->service);
    mem_free(*maps);
    *maps = NULL;
}

bool maps_is_empty(const struct maps *maps)
{
    return maps->names.count == 0;
}

bool maps_changed(const struct maps *maps)
{
    for (size_t i = 0; maps->tables != NULL && i < maps->names.count; i++) {
        if (map_changed(maps->tables[i]))
            return true;
    }
    return false;
}

/* An empty value is a mistake in the table: taken for an answer, it would make mail vanish. */
static enum map_result refuse_empty(const char *name, struct span key, struct error *err)
{
    error_set(err, ERROR_TEMPORARY,
              "%s lookup of %.*s returns an empty string result; it should return NO RESULT in "
              "case of NOT FOUND",
              name, SPAN_PRINTF(key));
    log_warning("%s", err->text);
    return MAP_UNAVAILABLE;
}

void maps_watch(struct maps *maps, const char *parameter, map_watch *watch, void *context)
{
    maps->parameter = parameter;
    maps->watch = watch;
    maps->watch_context = context;
}

static void tell(const struct maps *maps, size_t table, struct span key, enum map_result result,
                 struct span value)
{
    const struct map_event event = {
        .parameter = maps->parameter,
        .table = maps->names.items[table],
        .key = key,
        .result = result,
        .value = value,
        .line = result == MAP_FOUND ? map_hit_line(maps->tables[table]) : 0,
    };

    maps->watch(maps->watch_context, &event);
}

static enum map_result find_one(struct maps *maps, struct span key, bool partial, int flags,
                                struct buf *value_r, size_t *table_r, struct error *err)
{
    for (size_t i = 0; i < maps->names.count; i++) {
        enum map_result result;

        if (partial && map_is_pattern(maps->tables[i]))
            continue;
        result = map_lookup(maps->tables[i], key, flags, value_r, err);
        if (maps->watch != NULL)
            tell(maps, i, key, result, buf_span(value_r));
        if (result == MAP_ABSENT)
            continue;
        *table_r = i;
        if (result == MAP_FOUND && value_r->len == 0)
            return refuse_empty(maps->names.items[i], key, err);
        return result;
    }
    return MAP_ABSENT;
}

static enum map_result find_here(struct maps *maps, const struct proxy_question *question,
                                 struct proxy_answer *answer_r, struct buf *value_r,
                                 struct error *err)
{
    for (size_t i = 0; i < question->key_count; i++) {
        const struct proxy_key *key = &question->keys[i];
        size_t table = 0;
        enum map_result result = find_one(maps, key->octets, key->is_partial, (int)question->flags,
                                          value_r, &table, err);

        answer_r->key = i;
        answer_r->table = table;
        if (result != MAP_ABSENT)
            return result;
    }
    return MAP_ABSENT;
}

enum map_result maps_answer(struct maps *maps, const struct proxy_question *question,
                            struct proxy_answer *answer_r, struct buf *value_r, struct error *err)
{
    *answer_r = (struct proxy_answer){0};
    buf_clear(value_r);
    if (maps->names.count == 0)
        return MAP_ABSENT;
    if (maps->tables == NULL)
        return proxy_ask(maps->service, question, answer_r, value_r, err);
    return find_here(maps, question, answer_r, value_r, err);
}

enum map_result maps_find(struct maps *maps, struct span key, int flags, struct buf *value_r,
                          const char **where_r, struct error *err)
{
    struct proxy_key only = {.octets = key, .is_partial = (flags & MAP_PARTIAL_ONLY) != 0};
    const struct proxy_question question = {
        .list = maps->list,
        .flags = (uint64_t)((flags & MAP_FOLD_KEY) | maps->flags),
        .keys = &only,
        .key_count = 1,
    };
    struct proxy_answer answer;
    enum map_result result = maps_answer(maps, &question, &answer, value_r, err);

    if (where_r != NULL)
        *where_r = answer.table < maps->names.count ? maps->names.items[answer.table] : "";
    return result;
}

/* At most PROXY_KEYS_MAX of them. */
static enum map_result find_some(struct maps *maps, const struct span *keys, const bool *partial,
                                 size_t count, int flags, struct buf *value_r, size_t *key_r,
                                 struct error *err)
{
    struct proxy_key copies[PROXY_KEYS_MAX];
    const struct proxy_question question = {
        .list = maps->list,
        .flags = (uint64_t)((flags & MAP_FOLD_KEY) | maps->flags),
        .keys = copies,
        .key_count = count,
    };
    struct proxy_answer answer;
    enum map_result result;

    for (size_t i = 0; i < count; i++)
        copies[i] = (struct proxy_key){keys[i], partial != NULL && partial[i]};
    result = maps_answer(maps, &question, &answer, value_r, err);
    *key_r = answer.key < count ? (size_t)answer.key : 0;
    return result;
}

enum map_result maps_find_keys(struct maps *maps, const struct span *keys, const bool *partial,
                               size_t count, int flags, struct buf *value_r, size_t *key_r,
                               struct error *err)
{
    enum map_result result = MAP_ABSENT;
    size_t hit = 0;
    size_t done = 0;

    buf_clear(value_r);
    for (; done < count && result == MAP_ABSENT; done += PROXY_KEYS_MAX) {
        size_t some = count - done < PROXY_KEYS_MAX ? count - done : PROXY_KEYS_MAX;

        result = find_some(maps, keys + done, partial == NULL ? NULL : partial + done, some, flags,
                           value_r, &hit, err);
        hit += done;
    }
    if (key_r != NULL)
        *key_r = hit;
    return result;
}
