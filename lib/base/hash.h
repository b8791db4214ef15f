/* Hash table from octet-string keys to pointers, with a per-process random seed (SipHash-like or
 * keyed; hostile keys cannot force long chains). Keys are copied; values are borrowed. */
#ifndef BUZON_LIB_BASE_HASH_H
#define BUZON_LIB_BASE_HASH_H

#include "lib/base/base.h"

struct hash;

struct hash *hash_create(void);
/* hash_free - free_value (may be NULL) is called for each value left */
void hash_free(struct hash **hash, void (*free_value)(void *value));
/* hash_put - set key's value; the old one, or NULL, is returned */
void *hash_put(struct hash *hash, struct span key, void *value);
/* hash_get - value or NULL */
void *hash_get(const struct hash *hash, struct span key);
/* hash_remove - its value, which is the caller's again; NULL: there was none */
void *hash_remove(struct hash *hash, struct span key);
size_t hash_count(const struct hash *hash);
/* hash_next - walk: *position starts at 0; false at the end. No change of the table while walking,
 * except removal of the entry just returned. */
bool hash_next(const struct hash *hash, size_t *position, struct span *key_r, void **value_r);

#endif
