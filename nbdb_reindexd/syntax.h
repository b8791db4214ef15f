/* Which of the two syntaxes a source has, that of buzonmap(1) or that of buzonalias(1). */
#ifndef BUZON_NBDB_REINDEXD_SYNTAX_H
#define BUZON_NBDB_REINDEXD_SYNTAX_H

#include "lib/map/table_source.h"

struct syntax {
    const char *tool; /* who makes such tables: "buzonmap" */
    table_parse *parse;
    const char *signature; /* of a complete table; NULL: none */
};

extern const struct syntax syntax_map, syntax_alias;

/* syntax_of - judged by the first lines of a regular file, which is read from its start and left there; `name` is
 * for warnings. In doubt, syntax_map, as also when it cannot be read. */
const struct syntax *syntax_of(int source, const char *name);

#endif
