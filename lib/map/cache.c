/* Changeable tables: which type it is, and the one in memory (lib/map/cache.h). */
#include "lib/map/cache.h"

#include "lib/base/hash.h"
#include "lib/map/cache_type.h"
#include "lib/map/map_type.h"

#include <sys/file.h>

struct map_cache {
    const struct map_cache_type *type;
    void *table;
    char *specification;
    struct buf key, value; /* with their NUL */
};

static const struct map_cache_type *const types[] = {
#ifdef HAVE_BERKELEY_DB
    &map_cache_hash, &map_cache_btree,
#endif
    &map_cache_lmdb, &map_cache_internal, &map_cache_proxy,
};

bool map_cache_own(int fd, const char *path, struct error *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    error_errno(err, "lock %s, which another process has", path);
    err->kind = ERROR_TEMPORARY;
    return false;
}

static const struct map_cache_type *find_type(struct span type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (span_equal_text(type, types[i]->name))
            return types[i];
    }
    return NULL;
}

static struct map_cache *open_cache(const struct config *config, const char *specification,
                                    struct error *err)
{
    struct span name = span_text(specification);
    const struct map_cache_type *type = find_type(span_take_until(&name, ':'));
    struct map_cache *cache;
    void *table;

    if (type == NULL) {
        error_set(err, ERROR_TEMPORARY, "%s: this type of table cannot be changed", specification);
        return NULL;
    }
    table = type->open(config, type == &map_cache_proxy ? specification : name.data, err);
    if (table == NULL)
        return NULL;
    cache = mem_new(struct map_cache);
    cache->type = type;
    cache->table = table;
    cache->specification = mem_text(specification);
    cache->key = cache->value = BUF(BUF_UNLIMITED);
    return cache;
}

struct map_cache *map_cache_open(const struct config *config, const char *specification,
                                 struct error *err)
{
    char *redirected = map_redirect(config, specification);
    struct map_cache *cache;

    map_redirect_log(config, specification, redirected);
    cache = open_cache(config, redirected == NULL ? specification : redirected, err);
    mem_free(redirected);
    return cache;
}

void map_cache_close(struct map_cache **cache)
{
    if (*cache == NULL)
        return;
    (*cache)->type->close((*cache)->table);
    buf_release(&(*cache)->key);
    buf_release(&(*cache)->value);
    mem_free((*cache)->specification);
    mem_free(*cache);
    *cache = NULL;
}

static struct span with_nul(struct buf *copy, struct span text)
{
    buf_clear(copy);
    buf_put(copy, text); /* a buffer always has a NUL behind its end */
    return span_of(buf_text(copy), text.len);
}

static enum map_result explain(const struct map_cache *cache, enum map_result result,
                               struct error *err)
{
    if (result == MAP_UNAVAILABLE)
        error_prefix(err, "%s", cache->specification);
    return result;
}

enum map_result map_cache_get(struct map_cache *cache, struct span key, struct buf *value_r,
                              struct error *err)
{
    buf_clear(value_r);
    return explain(cache, cache->type->get(cache->table, with_nul(&cache->key, key), value_r, err),
                   err);
}

bool map_cache_put(struct map_cache *cache, struct span key, struct span value, struct error *err)
{
    bool done = cache->type->put(cache->table, with_nul(&cache->key, key),
                                 with_nul(&cache->value, value), err);

    if (!done)
        error_prefix(err, "%s", cache->specification);
    return done;
}

enum map_result map_cache_remove(struct map_cache *cache, struct span key, struct error *err)
{
    return explain(cache, cache->type->remove(cache->table, with_nul(&cache->key, key), err), err);
}

enum map_result map_cache_next(struct map_cache *cache, struct span after, struct buf *key_r,
                               struct buf *value_r, struct error *err)
{
    enum map_result result = MAP_UNAVAILABLE;
    struct span from = with_nul(&cache->key, after);

    buf_clear(key_r);
    buf_clear(value_r);
    if (cache->type->next == NULL)
        error_set(err, ERROR_PERMANENT, "this type of table cannot be listed");
    else
        result = cache->type->next(cache->table, from, key_r, value_r, err);
    return explain(cache, result, err);
}

/* --- internal ------------------------------------------------------------------------------------ */

static void *open_memory(const struct config *config UNUSED, const char *name UNUSED,
                         struct error *err UNUSED)
{
    return hash_create();
}

static void free_text(void *text)
{
    mem_free(text);
}

static void close_memory(void *table)
{
    struct hash *hash = table;

    hash_free(&hash, free_text);
}

static enum map_result get(void *table, struct span key, struct buf *value_r, struct error *err)
{
    const char *value = hash_get(table, key);

    return value == NULL ? MAP_ABSENT : map_answer(span_text(value), value_r, err);
}

static bool put(void *table, struct span key, struct span value, struct error *err UNUSED)
{
    mem_free(hash_put(table, key, mem_span(value)));
    return true;
}

static enum map_result remove_key(void *table, struct span key, struct error *err UNUSED)
{
    void *value = hash_remove(table, key);

    mem_free(value);
    return value == NULL ? MAP_ABSENT : MAP_FOUND;
}

const struct map_cache_type map_cache_internal = {
    .name = "internal",
    .open = open_memory,
    .get = get,
    .put = put,
    .remove = remove_key,
    .close = close_memory,
};
