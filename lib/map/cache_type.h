/* What a type of changeable table is: one row and one file each (lib/map/cache.h). */
#ifndef BUZON_LIB_MAP_CACHE_TYPE_H
#define BUZON_LIB_MAP_CACHE_TYPE_H

#include "lib/map/cache.h"

struct map_cache_type {
    const char *name;
    /* open - `name` is what stands behind the colon */
    void *(*open)(const struct config *config, const char *name, struct error *err);
    /* Keys and values come with a NUL behind their end, which is not counted. */
    enum map_result (*get)(void *table, struct span key, struct buf *value_r, struct error *err);
    bool (*put)(void *table, struct span key, struct span value, struct error *err);
    enum map_result (*remove)(void *table, struct span key, struct error *err);
    enum map_result (*next)(void *table, struct span after, struct buf *key_r, struct buf *value_r,
                            struct error *err);
    void (*close)(void *table);
};

extern const struct map_cache_type map_cache_hash, map_cache_btree, map_cache_lmdb,
    map_cache_internal, map_cache_proxy;

/* map_cache_own - lock the file of a table for this process; false and *err: another one has it */
bool map_cache_own(int fd, const char *path, struct error *err) MUST_CHECK;

#endif
