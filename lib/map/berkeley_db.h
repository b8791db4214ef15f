/*
 * Writing Berkeley DB files by the library, as Postfix has them: NAME.db, hash or btree. An
 * environment in memory alone, so that nothing lies beside the file. Reading is db_file.h's.
 */
#ifndef BUZON_LIB_MAP_BERKELEY_DB_H
#define BUZON_LIB_MAP_BERKELEY_DB_H

#include "lib/map/map_type.h"

#include <db.h>

struct berkeley_db {
    DB_ENV *environment;
    DB *file;
};

/*
 * berkeley_db_open - open a file
 *
 *  path        names the file; where it is relative, to the working directory
 *  flags       0 to change it, or DB_CREATE | DB_TRUNCATE to fill it anew
 *  cache_size  octets
 *  err         names the file
 */
bool berkeley_db_open(struct berkeley_db *db, const char *path, DBTYPE type, uint32_t flags,
                      uint64_t cache_size, struct error *err) MUST_CHECK;
/* berkeley_db_close - false and *err when what was written could not be synced to the file */
bool berkeley_db_close(struct berkeley_db *db, struct error *err) MUST_CHECK;
/* berkeley_db_abandon - close what is of no use any more */
void berkeley_db_abandon(struct berkeley_db *db);
/* berkeley_db_fail - *err from the library's number: "WHAT: reason" */
void berkeley_db_fail(struct error *err, int failure, const char *what);

#endif
