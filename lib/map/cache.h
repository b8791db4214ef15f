/*
 * Tables that daemons change while they run: the memory of address probes and the like. A file of
 * such a table belongs to one process at a time; daemons that share one name it proxy:, and the
 * service proxywrite owns it for them. What is in it can be lost. Source: Postfix proxymap(8),
 * address_verify_map.
 */
#ifndef BUZON_LIB_MAP_CACHE_H
#define BUZON_LIB_MAP_CACHE_H

#include "lib/map/map.h"

struct map_cache;

/*
 * map_cache_open - open a table to read and change it, or make a new one
 *
 *  specification  "btree:", "hash:", "lmdb:", "internal:" (in memory), "proxy:..."; btree and hash are
 *                 redirected as other tables are (non_bdb_migration_level)
 *  err            TEMPORARY also when another process has it
 */
struct map_cache *map_cache_open(const struct config *config, const char *specification,
                                 struct error *err) MUST_CHECK;
void map_cache_close(struct map_cache **cache);

/* Keys have no NUL and are not folded; values neither have one. On UNAVAILABLE or false, *err. */
enum map_result map_cache_get(struct map_cache *cache, struct span key, struct buf *value_r,
                              struct error *err) MUST_CHECK;
bool map_cache_put(struct map_cache *cache, struct span key, struct span value,
                   struct error *err) MUST_CHECK;
/* map_cache_remove - ABSENT: it was not there */
enum map_result map_cache_remove(struct map_cache *cache, struct span key,
                                 struct error *err) MUST_CHECK;
/* map_cache_next - the entry behind the key `after`, which may be gone meanwhile; empty: the first one.
 * For btree and lmdb. ABSENT: there is no more. */
enum map_result map_cache_next(struct map_cache *cache, struct span after, struct buf *key_r,
                               struct buf *value_r, struct error *err) MUST_CHECK;

#endif
