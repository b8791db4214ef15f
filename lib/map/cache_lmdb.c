/* Changeable lmdb tables, NAME.lmdb. A change is one transaction; the map grows when it is full. */
#include "lib/map/cache_type.h"
#include "lib/map/map_type.h"

#include <lmdb.h>

struct lmdb_cache {
    MDB_env *environment;
    MDB_dbi dbi;
    size_t size;
};

static void fail(struct error *err, int failure, const char *what)
{
    error_set(err, ERROR_TEMPORARY, "%s: %s", what, mdb_strerror(failure));
    err->number = failure > 0 ? failure : 0;
}

static void close_table(void *opened)
{
    struct lmdb_cache *cache = opened;

    mdb_env_close(cache->environment);
    mem_free(cache);
}

/* The lock is ours, not LMDB's: there is one process only. */
static bool open_environment(struct lmdb_cache *cache, const char *path, struct error *err)
{
    MDB_txn *transaction = NULL;
    mdb_filehandle_t fd;
    int failure = mdb_env_create(&cache->environment);

    if (failure == 0)
        failure = mdb_env_set_mapsize(cache->environment, cache->size);
    if (failure == 0)
        failure = mdb_env_open(cache->environment, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOMETASYNC,
                               0600);
    if (failure == 0)
        failure = mdb_env_get_fd(cache->environment, &fd);
    if (failure == 0 && !map_cache_own(fd, path, err))
        return false;
    if (failure == 0)
        failure = mdb_txn_begin(cache->environment, NULL, 0, &transaction);
    if (failure == 0)
        failure = mdb_dbi_open(transaction, NULL, 0, &cache->dbi);
    if (failure == 0)
        failure = mdb_txn_commit(transaction);
    else
        mdb_txn_abort(transaction);
    if (failure != 0)
        fail(err, failure, path);
    return failure == 0;
}

static void *open_table(const struct config *config, const char *name, struct error *err)
{
    struct lmdb_cache *cache = mem_new(struct lmdb_cache);
    char *path = mem_printf("%s.lmdb", name);

    cache->size = (size_t)config->lmdb_map_size;
    if (!open_environment(cache, path, err)) {
        close_table(cache);
        cache = NULL;
    }
    mem_free(path);
    return cache;
}

/* As it is stored: with its NUL. */
static MDB_val stored(struct span text)
{
    union {
        const char *borrowed;
        void *data;
    } octets = {text.data};

    return (MDB_val){text.len + 1, octets.data};
}

static enum map_result get(void *opened, struct span key, struct buf *value_r, struct error *err)
{
    struct lmdb_cache *cache = opened;
    MDB_val name = stored(key);
    MDB_val value;
    MDB_txn *transaction;
    enum map_result result = MAP_UNAVAILABLE;
    int failure = mdb_txn_begin(cache->environment, NULL, MDB_RDONLY, &transaction);

    if (failure != 0) {
        fail(err, failure, "read");
        return MAP_UNAVAILABLE;
    }
    failure = mdb_get(transaction, cache->dbi, &name, &value);
    if (failure == 0)
        result = map_answer(map_without_nul(value.mv_data, value.mv_size), value_r, err);
    else if (failure == MDB_NOTFOUND || failure == MDB_BAD_VALSIZE)
        result = MAP_ABSENT;
    else
        fail(err, failure, "read");
    mdb_txn_abort(transaction);
    return result;
}

/* One change; value NULL: the key is removed. */
static int change_once(struct lmdb_cache *cache, struct span key, const struct span *value)
{
    MDB_val name = stored(key);
    MDB_txn *transaction;
    int failure = mdb_txn_begin(cache->environment, NULL, 0, &transaction);

    if (failure != 0)
        return failure;
    if (value == NULL) {
        failure = mdb_del(transaction, cache->dbi, &name, NULL);
    } else {
        MDB_val content = stored(*value);

        failure = mdb_put(transaction, cache->dbi, &name, &content, 0);
    }
    if (failure == 0)
        return mdb_txn_commit(transaction);
    mdb_txn_abort(transaction);
    return failure;
}

static int change(struct lmdb_cache *cache, struct span key, const struct span *value)
{
    int failure;

    while ((failure = change_once(cache, key, value)) == MDB_MAP_FULL &&
           cache->size < SIZE_MAX / 4) {
        cache->size *= 2;
        failure = mdb_env_set_mapsize(cache->environment, cache->size);
        if (failure != 0)
            break;
    }
    return failure;
}

static bool put(void *opened, struct span key, struct span value, struct error *err)
{
    int failure = change(opened, key, &value);

    if (failure != 0)
        fail(err, failure, "write");
    return failure == 0;
}

static enum map_result remove_key(void *opened, struct span key, struct error *err)
{
    int failure = change(opened, key, NULL);

    if (failure == 0)
        return MAP_FOUND;
    if (failure == MDB_NOTFOUND || failure == MDB_BAD_VALSIZE)
        return MAP_ABSENT;
    fail(err, failure, "write");
    return MAP_UNAVAILABLE;
}

/* The first entry at or behind the key; one step more when it is the key itself. */
static int seek(MDB_cursor *cursor, struct span after, MDB_val *key_r, MDB_val *value_r)
{
    int failure;

    if (after.len == 0)
        return mdb_cursor_get(cursor, key_r, value_r, MDB_FIRST);
    *key_r = stored(after);
    failure = mdb_cursor_get(cursor, key_r, value_r, MDB_SET_RANGE);
    if (failure == 0 && key_r->mv_size == after.len + 1 &&
        memcmp(key_r->mv_data, after.data, after.len) == 0)
        failure = mdb_cursor_get(cursor, key_r, value_r, MDB_NEXT);
    return failure;
}

static enum map_result next(void *opened, struct span after, struct buf *key_r, struct buf *value_r,
                            struct error *err)
{
    struct lmdb_cache *cache = opened;
    MDB_txn *transaction = NULL;
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val value;
    enum map_result result = MAP_ABSENT;
    int failure = mdb_txn_begin(cache->environment, NULL, MDB_RDONLY, &transaction);

    if (failure == 0)
        failure = mdb_cursor_open(transaction, cache->dbi, &cursor);
    if (failure == 0)
        failure = seek(cursor, after, &key, &value);
    if (failure == 0)
        result = map_answer(map_without_nul(key.mv_data, key.mv_size), key_r, err);
    if (failure == 0 && result == MAP_FOUND)
        result = map_answer(map_without_nul(value.mv_data, value.mv_size), value_r, err);
    if (failure != 0 && failure != MDB_NOTFOUND) {
        fail(err, failure, "read");
        result = MAP_UNAVAILABLE;
    }
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    mdb_txn_abort(transaction);
    return result;
}

const struct map_cache_type map_cache_lmdb = {
    .name = "lmdb",
    .open = open_table,
    .get = get,
    .put = put,
    .remove = remove_key,
    .next = next,
    .close = close_table,
};
