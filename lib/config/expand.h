/* Expansion with names as spans, for the configuration itself; others use config_expand. */
#ifndef BUZON_LIB_CONFIG_EXPAND_H
#define BUZON_LIB_CONFIG_EXPAND_H

#include "lib/base/buf.h"

/* The value of a name, borrowed; NULL when it has none. False and *err end the expansion. */
typedef bool expand_lookup(void *context, struct span name, const char **value_r,
                           struct error *err);

/*
 * expand - append `text` with its references replaced to `out`
 *
 *  filter  octets that values may have, others become '_'; NULL for all
 *  out     NULL: nothing is put anywhere, and `lookup` sees every name, also those in choices that
 *          do not count
 *  err     PERMANENT: what is malformed and where; or what `lookup` says. What was appended until
 *          then stays.
 */
bool expand(struct span text, expand_lookup *lookup, void *context, const char *filter,
            struct buf *out, struct error *err) MUST_CHECK;

#endif
