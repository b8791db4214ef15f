/* Changeable hash and btree tables, NAME.db, by the library. */
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/map/berkeley_db.h"
#include "lib/map/cache_type.h"

#include <fcntl.h>

#define SYNC_MS 1000 /* what was changed is in the file after this time, or with the next change */

struct db_cache {
    struct berkeley_db db;
    int lock; /* the file, locked as long as it is open */
    bool is_sorted;
    int64_t synced_ms;
};

static void close_table(void *opened)
{
    struct db_cache *cache = opened;
    struct error err;

    if (cache->db.file != NULL && !berkeley_db_close(&cache->db, &err))
        log_warning("%s", err.text);
    fd_close(&cache->lock);
    mem_free(cache);
}

static bool open_file(struct db_cache *cache, const struct config *config, const char *path,
                      struct error *err)
{
    struct stat status;

    cache->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (cache->lock < 0 || fstat(cache->lock, &status) != 0) {
        error_errno(err, "open %s", path);
        return false;
    }
    return map_cache_own(cache->lock, path, err) &&
           berkeley_db_open(&cache->db, path, cache->is_sorted ? DB_BTREE : DB_HASH,
                            status.st_size == 0 ? DB_CREATE | DB_TRUNCATE : 0,
                            (uint64_t)config->berkeley_db_read_buffer_size, err);
}

static void *open_table(const struct config *config, const char *name, bool is_sorted,
                        struct error *err)
{
    struct db_cache *cache = mem_new(struct db_cache);
    char *path = mem_printf("%s.db", name);

    cache->is_sorted = is_sorted;
    cache->lock = -1;
    if (!open_file(cache, config, path, err)) {
        close_table(cache);
        cache = NULL;
    }
    mem_free(path);
    return cache;
}

static void *open_hash(const struct config *config, const char *name, struct error *err)
{
    return open_table(config, name, false, err);
}

static void *open_btree(const struct config *config, const char *name, struct error *err)
{
    return open_table(config, name, true, err);
}

/* As it is stored: with its NUL. */
static DBT stored(struct span text)
{
    union {
        const char *borrowed;
        void *data;
    } octets = {text.data};

    return (DBT){.data = octets.data, .size = (uint32_t)text.len + 1};
}

static enum map_result get(void *opened, struct span key, struct buf *value_r, struct error *err)
{
    struct db_cache *cache = opened;
    DBT name = stored(key);
    DBT value = {0};
    int failure = cache->db.file->get(cache->db.file, NULL, &name, &value, 0);

    if (failure == 0)
        return map_answer(map_without_nul(value.data, value.size), value_r, err);
    if (failure == DB_NOTFOUND)
        return MAP_ABSENT;
    berkeley_db_fail(err, failure, "read");
    return MAP_UNAVAILABLE;
}

static int sync_in_time(struct db_cache *cache)
{
    int64_t now_ms = clock_monotonic_ms();

    if (now_ms - cache->synced_ms < SYNC_MS)
        return 0;
    cache->synced_ms = now_ms;
    return cache->db.file->sync(cache->db.file, 0);
}

static bool put(void *opened, struct span key, struct span value, struct error *err)
{
    struct db_cache *cache = opened;
    DBT name = stored(key);
    DBT content = stored(value);
    int failure = cache->db.file->put(cache->db.file, NULL, &name, &content, 0);

    if (failure == 0)
        failure = sync_in_time(cache);
    if (failure != 0)
        berkeley_db_fail(err, failure, "write");
    return failure == 0;
}

static enum map_result remove_key(void *opened, struct span key, struct error *err)
{
    struct db_cache *cache = opened;
    DBT name = stored(key);
    int failure = cache->db.file->del(cache->db.file, NULL, &name, 0);

    if (failure == DB_NOTFOUND)
        return MAP_ABSENT;
    if (failure == 0)
        failure = sync_in_time(cache);
    if (failure == 0)
        return MAP_FOUND;
    berkeley_db_fail(err, failure, "write");
    return MAP_UNAVAILABLE;
}

static int seek(DBC *cursor, struct span after, DBT *key_r, DBT *value_r)
{
    int failure;

    if (after.len == 0)
        return cursor->get(cursor, key_r, value_r, DB_FIRST);
    *key_r = stored(after);
    failure = cursor->get(cursor, key_r, value_r, DB_SET_RANGE);
    if (failure == 0 && key_r->size == after.len + 1 &&
        memcmp(key_r->data, after.data, after.len) == 0)
        failure = cursor->get(cursor, key_r, value_r, DB_NEXT);
    return failure;
}

static enum map_result next(void *opened, struct span after, struct buf *key_r, struct buf *value_r,
                            struct error *err)
{
    struct db_cache *cache = opened;
    DBC *cursor = NULL;
    DBT key = {0};
    DBT value = {0};
    enum map_result result = MAP_ABSENT;
    int failure = cache->db.file->cursor(cache->db.file, NULL, &cursor, 0);

    if (failure == 0)
        failure = seek(cursor, after, &key, &value);
    if (failure == 0)
        result = map_answer(map_without_nul(key.data, key.size), key_r, err);
    if (failure == 0 && result == MAP_FOUND)
        result = map_answer(map_without_nul(value.data, value.size), value_r, err);
    if (failure != 0 && failure != DB_NOTFOUND) {
        berkeley_db_fail(err, failure, "read");
        result = MAP_UNAVAILABLE;
    }
    if (cursor != NULL)
        (void)cursor->close(cursor);
    return result;
}

const struct map_cache_type map_cache_hash = {
    .name = "hash",
    .open = open_hash,
    .get = get,
    .put = put,
    .remove = remove_key,
    .close = close_table,
};

const struct map_cache_type map_cache_btree = {
    .name = "btree",
    .open = open_btree,
    .get = get,
    .put = put,
    .remove = remove_key,
    .next = next,
    .close = close_table,
};
