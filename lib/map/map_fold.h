/* Keys without case, as tables compare them. */
#ifndef BUZON_LIB_MAP_MAP_FOLD_H
#define BUZON_LIB_MAP_MAP_FOLD_H

#include "lib/base/buf.h"

/*
 * map_fold - the key in lower case; with `utf8` (smtputf8_enable) any letter, else ASCII only
 *
 * False when `utf8` and the key is no UTF-8: no table then has it. folded_r is cleared first.
 */
bool map_fold(struct span key, bool utf8, struct buf *folded_r) MUST_CHECK;

/* map_is_utf8 - valid UTF-8 (plain ASCII is) */
bool map_is_utf8(struct span text);

#endif
