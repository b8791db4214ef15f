/* "/pattern/flags", the front of a rule in regexp and pcre tables. */
#ifndef BUZON_LIB_MAP_DELIMITED_H
#define BUZON_LIB_MAP_DELIMITED_H

#include "lib/map/map_type.h"

/*
 * delimited_take - split off a pattern between delimiters and the flags behind it
 *
 *  rest       moved behind the flags: to white space, to `stop` or to the end
 *  stop       an octet that ends the flags as well; ' ' for none
 *  pattern_r  between the delimiters, with backslashes as they are
 */
bool delimited_take(struct span *rest, char stop, struct span *pattern_r, struct span *flags_r,
                    struct error *err) MUST_CHECK;

#endif
