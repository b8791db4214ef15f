/* Where an entry of a table stands in the text file that the table was made of. */
#ifndef BUZON_TOOLS_CONF_SOURCE_LINE_H
#define BUZON_TOOLS_CONF_SOURCE_LINE_H

#include "lib/base/base.h"

struct source_line {
    const char
        *path;       /* borrowed from the specification; NULL: it has no source, or none is there */
    unsigned number; /* 0: the source has no such key */
};

/*
 * source_line_find - the line of a key
 *
 *  specification  "hash:/etc/aliases": the source is /etc/aliases, whether of buzonmap or of buzonalias
 *  rule           the line where it is known already; 0 where it must be looked for
 */
struct source_line source_line_find(const char *specification, struct span key, unsigned rule);

#endif
