/*
 * Making and changing tables that are files of their own: hash, btree, lmdb and cdb, for buzonmap and
 * buzonalias. A table is written beside the old one and takes its name when it is whole and on stable
 * storage: readers see the old one or the new one, and a writer that fails leaves the old one.
 */
#ifndef BUZON_LIB_MAP_MAP_WRITER_H
#define BUZON_LIB_MAP_MAP_WRITER_H

#include "lib/map/map.h"

#include <sys/types.h>

struct map_writer;

struct map_writer_settings {
    const struct config *config;
    bool from_present;    /* start with what the table has now; else empty */
    bool must_exist;      /* there is no table to begin with: an error */
    bool without_nul;     /* keys and values are stored without their terminating NUL */
    bool replaces;        /* a key that is there gets the new value; else it is a DUPLICATE */
    uint64_t source_size; /* octets that will be written, about; 0: not known */
    mode_t mode;          /* of a new file; an existing one keeps its own */
    uid_t uid;            /* whose a new file is, where we are allowed to say so */
    gid_t gid;
};

enum map_put { MAP_PUT_DONE, MAP_PUT_DUPLICATE, MAP_PUT_FAILED };

/*
 * map_writer_open - start to write type:name
 *
 * Waits for other writers of the same table (flock, as Postfix's tools use it). NULL and *err: a type
 * that cannot be written, no permission, no space.
 */
struct map_writer *map_writer_open(const char *specification,
                                   const struct map_writer_settings *settings,
                                   struct error *err) MUST_CHECK;
/* map_writer_put - the key as it shall be found (folded already) */
enum map_put map_writer_put(struct map_writer *writer, struct span key, struct span value,
                            struct error *err) MUST_CHECK;
/* map_writer_remove - FOUND: it was there and is gone */
enum map_result map_writer_remove(struct map_writer *writer, struct span key,
                                  struct error *err) MUST_CHECK;
/* map_writer_commit - after true, the new table is there and durable; the writer is freed */
bool map_writer_commit(struct map_writer **writer, struct error *err) MUST_CHECK;
/* map_writer_abandon - nothing has happened; NULL is fine */
void map_writer_abandon(struct map_writer **writer);

#endif
