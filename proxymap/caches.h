/*
 * The changeable tables that the service proxywrite owns for others: those that proxy_write_maps
 * lists with proxy:, and no other.
 */
#ifndef BUZON_PROXYMAP_CACHES_H
#define BUZON_PROXYMAP_CACHES_H

#include "lib/map/cache_proxy.h"

struct caches;

/* caches_create - `config` is borrowed; tables are opened when they are first asked */
struct caches *caches_create(const struct config *config) __attribute__((returns_nonnull));
void caches_free(struct caches **caches);

/* caches_answer - a table that is not approved is UNAVAILABLE and logged; *answer_r borrows its texts
 * until the next call */
void caches_answer(struct caches *caches, const struct cache_question *question,
                   struct cache_answer *answer_r);

#endif
