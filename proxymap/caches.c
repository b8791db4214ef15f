/* What may be changed by others, and the tables behind it (proxymap/caches.h). */
#include "proxymap/caches.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"

#define PROXY "proxy:"

struct owned {
    char *name;              /* without "proxy:" */
    struct map_cache *cache; /* NULL: not opened yet */
};

struct caches {
    const struct config *config;
    struct hash *approved; /* of struct owned, by the name that is asked */
    struct buf key, value;
    struct error reason;
};

static void approve(struct caches *caches, const char *item)
{
    struct owned *owned;

    if (strncmp(item, PROXY, strlen(PROXY)) != 0 ||
        hash_get(caches->approved, span_text(item)) != NULL)
        return;
    owned = mem_new(struct owned);
    owned->name = mem_text(item + strlen(PROXY));
    (void)hash_put(caches->approved, span_text(item), owned);
}

struct caches *caches_create(const struct config *config)
{
    struct caches *caches = mem_new(struct caches);
    struct strlist items = STRLIST_EMPTY;

    caches->config = config;
    caches->approved = hash_create();
    caches->key = caches->value = BUF(CACHE_TEXT_MAX);
    if (!strlist_split_config(&items, config->proxy_write_maps, &caches->reason))
        log_warning("proxy_write_maps: %s", caches->reason.text);
    for (size_t i = 0; i < items.count; i++)
        approve(caches, items.items[i]);
    strlist_release(&items);
    return caches;
}

static void free_owned(void *value)
{
    struct owned *owned = value;

    map_cache_close(&owned->cache);
    mem_free(owned->name);
    mem_free(owned);
}

void caches_free(struct caches **caches)
{
    if (*caches == NULL)
        return;
    hash_free(&(*caches)->approved, free_owned);
    buf_release(&(*caches)->key);
    buf_release(&(*caches)->value);
    mem_free(*caches);
    *caches = NULL;
}

static enum map_result ask(struct caches *caches, struct map_cache *cache,
                           const struct cache_question *question)
{
    switch ((enum cache_verb)question->verb) { /* bounded by the message's table */
    case CACHE_GET:
        return map_cache_get(cache, question->key, &caches->value, &caches->reason);
    case CACHE_PUT:
        return map_cache_put(cache, question->key, question->value, &caches->reason)
                   ? MAP_FOUND
                   : MAP_UNAVAILABLE;
    case CACHE_REMOVE:
        return map_cache_remove(cache, question->key, &caches->reason);
    case CACHE_NEXT:
        return map_cache_next(cache, question->key, &caches->key, &caches->value, &caches->reason);
    }
    return MAP_UNAVAILABLE;
}

/* The approved table, open; or NULL and the reason. */
static struct map_cache *find(struct caches *caches, const char *table)
{
    struct owned *owned = hash_get(caches->approved, span_text(table));

    if (owned == NULL) {
        error_set(&caches->reason, ERROR_TEMPORARY, "request for unapproved table: \"%s\"", table);
        log_warning("to approve this table for read-write access, list %s in "
                    "main.cf:proxy_write_maps",
                    table);
        return NULL;
    }
    if (owned->cache == NULL)
        owned->cache = map_cache_open(caches->config, owned->name, &caches->reason);
    return owned->cache;
}

/* Nothing that a client sends may have a NUL in it: keys and values end with one. */
static bool is_text(struct span text)
{
    return text.len == 0 || memchr(text.data, '\0', text.len) == NULL;
}

void caches_answer(struct caches *caches, const struct cache_question *question,
                   struct cache_answer *answer_r)
{
    struct map_cache *cache = NULL;

    *answer_r = (struct cache_answer){.result = MAP_UNAVAILABLE};
    buf_clear(&caches->key);
    buf_clear(&caches->value);
    if (!is_text(question->key) || !is_text(question->value))
        error_set(&caches->reason, ERROR_TEMPORARY, "a key or value with a NUL in it");
    else
        cache = find(caches, question->table);
    if (cache != NULL)
        answer_r->result = ask(caches, cache, question);
    if (answer_r->result == MAP_UNAVAILABLE) {
        log_warning("%s", caches->reason.text);
        answer_r->reason = caches->reason.text;
        return;
    }
    answer_r->key = buf_span(&caches->key);
    answer_r->value = buf_span(&caches->value);
}
