/* Making the table: with the rights that the process has, in its working directory. */
#ifndef BUZON_NBDB_REINDEXD_TABLE_H
#define BUZON_NBDB_REINDEXD_TABLE_H

#include "nbdb_reindexd/place.h"
#include "nbdb_reindexd/syntax.h"

/* table_make - `type` (lmdb or cdb) from the source; all of it or nothing. Not longer than time_limit_s seconds. */
bool table_make(const struct place *place, const struct syntax *syntax, const char *type,
                const struct config *config, int time_limit_s, struct error *err) MUST_CHECK;

#endif
