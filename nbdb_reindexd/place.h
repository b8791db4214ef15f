/*
 * Where a table is made: its directory and its source as descriptors, so that what was found safe is what is used.
 * No symbolic link is followed on the way.
 */
#ifndef BUZON_NBDB_REINDEXD_PLACE_H
#define BUZON_NBDB_REINDEXD_PLACE_H

#include "lib/config/config.h"

#include <sys/stat.h>

struct place {
    const char *path;      /* of the source, plain (policy_is_plain); borrowed */
    const char *name;      /* the source in its directory */
    int directory, source; /* -1: not open */
    struct stat directory_status, source_status;
    uid_t uid; /* whose the file of Berkeley DB is: it is his table */
    gid_t gid;
};

/* place_open - the directory, and whose table it is. False, and *err; place_close either way. */
bool place_open(struct place *place_r, const char *path, struct error *err) MUST_CHECK;
void place_close(struct place *place);

/* place_has - a file of the source's name and this suffix, with something in it */
bool place_has(const struct place *place, const char *suffix);

/* place_is_permitted - what can be said before the source is opened: directories of main.cf, and rights */
bool place_is_permitted(const struct place *place, const struct config *config,
                        struct error *err) MUST_CHECK;

/* place_open_source - with the rights that this process has now */
bool place_open_source(struct place *place, struct error *err) MUST_CHECK;

/* place_source_is_permitted - nobody but root and the table's owner can have written it */
bool place_source_is_permitted(const struct place *place, struct error *err) MUST_CHECK;

#endif
