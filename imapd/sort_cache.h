/*
 * What SORT compared of the messages of the selected mailbox, so that the next SORT need not make it
 * again: what a UID stands for never changes. It lives as long as the mailbox is selected, and is no
 * part of a parked session.
 */
#ifndef BUZON_IMAPD_SORT_CACHE_H
#define BUZON_IMAPD_SORT_CACHE_H

#include "imapd/sort.h"

#define SORT_CACHE_MAX (8 * 1024 * 1024) /* octets that are kept between two SORTs of a session */

/* A number; or a text, of which the first eight octets are in the number. */
struct sort_value {
    uint64_t number;
    const char *rest;
    uint32_t rest_len;
    uint32_t uid; /* whose it is; 0: nobody's yet */
};

struct sort_cache;

struct sort_cache *sort_cache_create(void) __attribute__((returns_nonnull));
void sort_cache_free(struct sort_cache **cache);

/* sort_cache_arena - where the texts of values live that go into the cache */
struct arena *sort_cache_arena(struct sort_cache *cache) __attribute__((returns_nonnull));

/* sort_cache_find - NULL: it is not there. Within one SORT a criterion is looked up in ascending order of
 * UIDs. Borrowed until the next sort_cache_add. */
const struct sort_value *sort_cache_find(struct sort_cache *cache, enum sort_kind kind,
                                         uint32_t uid);
/* sort_cache_add - a value of value->uid that was not found, in ascending order as well. A size is not kept:
 * it may be known better the next time. */
void sort_cache_add(struct sort_cache *cache, enum sort_kind kind, const struct sort_value *value);
/* sort_cache_settle - the SORT is done, and none of the texts is needed any more: what was added will be
 * found, unless the cache has become too big; then it is empty */
void sort_cache_settle(struct sort_cache *cache);

#endif
