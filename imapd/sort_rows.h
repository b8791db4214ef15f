/*
 * Rows of keys in an order. A key is octets, of which the first that differ tell; one that is the beginning of
 * another comes before it.
 */
#ifndef BUZON_IMAPD_SORT_ROWS_H
#define BUZON_IMAPD_SORT_ROWS_H

#include "lib/base/base.h"

struct sort_rows {
    const struct span *keys; /* `width` of each row, the most important first */
    const bool *reverse;     /* of each key: the other way round */
    size_t width;
};

/* sort_rows - *order_r gets the numbers of `count` rows in their order, those that are equal as they stood; the
 * caller frees it. The time it takes is that of reading the keys, more or less. */
void sort_rows(const struct sort_rows *rows, size_t count, uint32_t **order_r);

#endif
