/* What a kind of file is, for map_writer.c: one row, one file each. */
#ifndef BUZON_LIB_MAP_MAP_FILE_H
#define BUZON_LIB_MAP_MAP_FILE_H

#include "lib/map/map_writer.h"

struct map_file {
    const char *type;   /* "hash" */
    const char *suffix; /* ".db" */
    /* open - a file at `path`, empty (0 octets) or with a table in it; NULL and *err */
    void *(*open)(const char *path, const struct map_writer_settings *settings, bool is_empty,
                  struct error *err);
    /* put, remove - key and value come with their NUL where they are to have one */
    enum map_put (*put)(void *file, struct span key, struct span value, bool replaces,
                        struct error *err);
    enum map_result (*remove)(void *file, struct span key, struct error *err);
    /* close - true: everything is in the file and synced; it is freed either way */
    bool (*close)(void *file, struct error *err);
    void (*abandon)(void *file);
};

extern const struct map_file map_file_hash, map_file_btree, map_file_lmdb, map_file_cdb;

#endif
