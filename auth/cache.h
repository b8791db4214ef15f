/*
 * Answers to the same question, kept for a while so that a mail reader that logs in every minute costs no slow
 * hash and no query. Passwords are kept as keyed digests with a key of this process. Bounded by octets; the
 * entry that was not asked for the longest goes first.
 */
#ifndef BUZON_AUTH_CACHE_H
#define BUZON_AUTH_CACHE_H

#include "auth/passdb.h"

struct auth_cache;

/* auth_cache_create - NULL when auth_cache_size is 0 */
struct auth_cache *auth_cache_create(const struct config *config);

/* auth_cache_find - a PASSWORD question that was answered before: result_r has texts of the arena */
bool auth_cache_find(struct auth_cache *cache, const struct question *question, struct arena *arena,
                     struct check_result *result_r);

/* auth_cache_age - changes with auth_cache_clear; 0 without a cache */
uint64_t auth_cache_age(const struct auth_cache *cache);

/* auth_cache_note - PASSED and FAILED are kept, as the result allows it; not what was asked at another age */
void auth_cache_note(struct auth_cache *cache, uint64_t asked_at, const struct question *question,
                     const struct check_result *result);

void auth_cache_clear(struct auth_cache *cache);

#endif
