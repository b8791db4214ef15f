/*
 * The collation i;unicode-casemap (RFC 5051), by which SEARCH, SORT and THREAD compare text: each
 * character becomes its titlecase form, which is decomposed as far as it goes. Octets that are no
 * UTF-8 stay as they are.
 */
#ifndef BUZON_LIB_MESSAGE_CASEMAP_H
#define BUZON_LIB_MESSAGE_CASEMAP_H

#include "lib/base/buf.h"

/* What was found out about characters so far: a page for each block that occurred. */
struct casemap;

struct casemap *casemap_create(void) __attribute__((returns_nonnull));
void casemap_free(struct casemap **map);

/* casemap_version - of the characters' data: with another one text may be mapped to other octets */
uint32_t casemap_version(void);

/* casemap_put - append the mapped text; what the buffer's limit has no room for is dropped */
void casemap_put(struct casemap *map, struct buf *out, struct span text);

#endif
