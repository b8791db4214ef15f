/* Lists of fixed names in main.cf that switch something each: classes, options, workarounds. */
#ifndef BUZON_LIB_CONFIG_NAME_FLAGS_H
#define BUZON_LIB_CONFIG_NAME_FLAGS_H

#include "lib/base/buf.h"

struct name_flag {
    const char *name;
    unsigned flag; /* 0: a name that is good, and switches nothing */
};

/*
 * name_flags - the flags of the names in `list`, in any case, separated by commas and white space
 *
 *  names   ended by a NULL name
 *  what    the list is one of these, for the log: a name that is none is warned of; NULL: it is ignored
 */
unsigned name_flags(const struct name_flag *names, const char *list, const char *what);

/* name_flags_put - append the names of flags that are set, a blank before each, in the order of `names` */
void name_flags_put(const struct name_flag *names, unsigned flags, struct buf *out);

#endif
