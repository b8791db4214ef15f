/* An entry is found by a digest of name, password and what else a question has: who does not know the password
 * does not find it. */
#include "lib/base/base.h"

#include "auth/cache.h"

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#define KEY_LEN        32
#define ENTRY_OVERHEAD 256 /* octets of an entry beside its arena */

struct entry {
    struct entry *older, *newer;
    struct arena *arena;
    unsigned char key[KEY_LEN];
    int64_t until_ms;
    size_t size;
    struct check_result result;
};

struct auth_cache {
    const struct config *config;
    unsigned char secret[KEY_LEN];
    struct hash *entries;
    struct entry *oldest, *newest;
    size_t size;
    uint64_t age;
};

struct auth_cache *auth_cache_create(const struct config *config)
{
    struct auth_cache *cache;

    if (config->auth_cache_size == 0)
        return NULL;
    cache = mem_new(struct auth_cache);
    cache->config = config;
    cache->entries = hash_create();
    if (getrandom(cache->secret, sizeof(cache->secret), 0) != sizeof(cache->secret))
        log_fatal("no random numbers from the system");
    return cache;
}

/* --- the list --------------------------------------------------------------------------------------------------- */

static void unlink_entry(struct auth_cache *cache, struct entry *entry)
{
    if (entry->older != NULL)
        entry->older->newer = entry->newer;
    else
        cache->oldest = entry->newer;
    if (entry->newer != NULL)
        entry->newer->older = entry->older;
    else
        cache->newest = entry->older;
}

static void link_newest(struct auth_cache *cache, struct entry *entry)
{
    entry->older = cache->newest;
    entry->newer = NULL;
    if (cache->newest != NULL)
        cache->newest->newer = entry;
    else
        cache->oldest = entry;
    cache->newest = entry;
}

static void destroy(struct auth_cache *cache, struct entry *entry)
{
    struct arena *arena = entry->arena;

    hash_remove(cache->entries, span_of(entry->key, KEY_LEN));
    unlink_entry(cache, entry);
    cache->size -= entry->size;
    arena_free(&arena);
}

void auth_cache_clear(struct auth_cache *cache)
{
    if (cache == NULL)
        return;
    cache->age++;
    while (cache->oldest != NULL)
        destroy(cache, cache->oldest);
}

uint64_t auth_cache_age(const struct auth_cache *cache)
{
    return cache == NULL ? 0 : cache->age;
}

/* --- entries ------------------------------------------------------------------------------------------------------ */

/* Texts with their NULs, so that no two questions look the same. */
static void make_key(const struct auth_cache *cache, const struct question *question,
                     unsigned char key_r[KEY_LEN])
{
    const char *texts[] = {question->user, question->act_as, question->protocol};
    struct buf all = BUF(BUF_UNLIMITED);

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        buf_put(&all, span_of(texts[i], strlen(texts[i]) + 1));
    buf_put(&all, question->password);
    HMAC(EVP_sha256(), cache->secret, KEY_LEN, (const unsigned char *)all.data, all.len, key_r,
         NULL);
    OPENSSL_cleanse(all.data, all.len);
    buf_release(&all);
}

static void copy_result(struct arena *arena, const struct check_result *result,
                        struct check_result *copy_r)
{
    *copy_r = *result;
    copy_r->secret = (struct sasl_secret){0};
    copy_r->reason = arena_copy(arena, result->reason == NULL ? "" : result->reason);
    copy_r->explanation = arena_copy(arena, result->explanation);
    copy_r->user = arena_copy(arena, result->user);
    copy_r->place.path = arena_copy(arena, result->place.path);
    copy_r->place.home = arena_copy(arena, result->place.home);
    copy_r->place.user = arena_copy(arena, result->place.user);
}

bool auth_cache_find(struct auth_cache *cache, const struct question *question, struct arena *arena,
                     struct check_result *result_r)
{
    unsigned char key[KEY_LEN];
    struct entry *entry;

    if (cache == NULL || question->kind != ASK_PASSWORD)
        return false;
    make_key(cache, question, key);
    entry = hash_get(cache->entries, span_of(key, KEY_LEN));
    if (entry == NULL)
        return false;
    if (entry->until_ms < clock_monotonic_ms()) {
        destroy(cache, entry);
        return false;
    }
    unlink_entry(cache, entry);
    link_newest(cache, entry);
    copy_result(arena, &entry->result, result_r);
    return true;
}

void auth_cache_note(struct auth_cache *cache, uint64_t asked_at, const struct question *question,
                     const struct check_result *result)
{
    const bool passed = result->outcome == CHECK_PASSED;
    struct arena *arena;
    struct entry *entry, *old;
    int ttl;

    if (cache == NULL || asked_at != cache->age || question->kind != ASK_PASSWORD ||
        !result->may_cache || result->outcome == CHECK_UNAVAILABLE)
        return;
    ttl = passed ? cache->config->auth_cache_ttl : cache->config->auth_cache_negative_ttl;
    if (ttl == 0)
        return;
    arena = arena_create();
    entry = arena_new(arena, struct entry);
    entry->arena = arena;
    entry->until_ms = clock_monotonic_ms() + (int64_t)ttl * 1000;
    make_key(cache, question, entry->key);
    copy_result(arena, result, &entry->result);
    entry->size = arena_size(arena) + ENTRY_OVERHEAD;
    old = hash_get(cache->entries, span_of(entry->key, KEY_LEN));
    if (old != NULL)
        destroy(cache, old);
    cache->size += entry->size;
    link_newest(cache, entry);
    hash_put(cache->entries, span_of(entry->key, KEY_LEN), entry);
    while (cache->size > (size_t)cache->config->auth_cache_size && cache->oldest != NULL)
        destroy(cache, cache->oldest);
}
