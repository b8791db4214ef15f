/*
 * What a type of table is, for the files in this folder that implement one, and what they share.
 * Callers of tables see lib/map/map.h only.
 */
#ifndef BUZON_LIB_MAP_MAP_TYPE_H
#define BUZON_LIB_MAP_MAP_TYPE_H

#include "lib/map/map.h"

#include <sys/stat.h>

enum {
    MAP_FILES = 1, /* opens files or asks system databases: asked at proxymap by whoever may not */
    MAP_PATTERN = 2, /* has patterns, not keys: whole keys only, and it decides about case itself */
    MAP_COMPOSED = 4, /* its name is a list of tables, which decide for themselves */
    MAP_REMOTE = 8,   /* proxy: */
    MAP_SERVER = 16,  /* asks servers or opens files when it is asked: not from within a chroot */
    MAP_UNAUTHENTICATED = 32, /* whoever has the port can answer */
    MAP_WAITS = 64,           /* for a server: a look-up may take its time */
    MAP_LIVE = 128,           /* answers of now: they may be others before `changed` says so */
};

struct map_type {
    const char *name; /* "hash" */
    unsigned traits;
    const char *suffix; /* MAP_FILES: the file is NAME and this; NULL: there is no file */
    /* open - the table behind type:name, or NULL and *err */
    void *(*open)(const struct config *config, const char *name, struct error *err);
    /*
     * lookup - as map_lookup
     *
     * The key holds no NUL and has one behind its end; it is folded already, unless the type is a
     * PATTERN or COMPOSED. value_r is empty. *err is filled on UNAVAILABLE; the caller logs it.
     */
    enum map_result (*lookup)(void *table, struct span key, int flags, struct buf *value_r,
                              struct error *err);
    bool (*changed)(const void *table);      /* NULL: it never does */
    unsigned (*hit_line)(const void *table); /* as map_hit_line; NULL: there are no rules */
    /* walk - as map_walk; NULL: it cannot */
    bool (*walk)(void *table, map_visit *visit, void *context, struct error *err);
    void (*close)(void *table);
};

/* map_type_find - the type of "type:name"; *name_r is what follows the colon. NULL: none such. */
const struct map_type *map_type_find(const char *specification, const char **name_r);

/* map_traits - MAP_FILES, MAP_PATTERN and MAP_REMOTE of a specification, for a composed one of all
 * its members; nothing is opened */
unsigned map_traits(const char *specification);

/* map_traits_elsewhere - which of these make a table be asked at proxymap */
unsigned map_traits_elsewhere(bool through_proxy);

/* map_undisguised - a specification without its "proxy:", in the process that is proxymap; else as it is */
const char *map_undisguised(const char *specification);

/* map_redirect - what a hash: or btree: table is served from instead; owned; NULL: from itself */
char *map_redirect(const struct config *config, const char *specification);
/* map_redirect_log - that it is, for who looks for what is still to be changed (non_bdb_migration_log_redirect);
 * `redirected` may be NULL */
void map_redirect_log(const struct config *config, const char *specification,
                      const char *redirected);
/* map_is_legacy - a type of Berkeley DB: hash, btree */
bool map_is_legacy(struct span type);

/* map_is_readable - this process, with the identity that it has now, could open the files of a
 * specification; also when they are not there */
bool map_is_readable(const struct config *config, const char *specification);

/* The types; the list of them is in map.c. */
extern const struct map_type map_type_hash, map_type_btree, map_type_lmdb, map_type_texthash,
    map_type_inline, map_type_regexp, map_type_pcre, map_type_cidr, map_type_static,
    map_type_environ, map_type_fail, map_type_internal, map_type_unix, map_type_unionmap,
    map_type_pipemap, map_type_randmap, map_type_proxy, map_type_nis, map_type_pgsql,
    map_type_mysql, map_type_sqlite, map_type_ldap, map_type_tcp, map_type_socketmap,
    map_type_memcache, map_type_redis, map_type_cdb, map_type_passwd_quota;

/* map_answer - FOUND with this value; UNAVAILABLE when it is past the limit of value_r */
enum map_result map_answer(struct span value, struct buf *value_r, struct error *err);

/*
 * Stored keys may have their terminating NUL or not, all of a table the same: both ways are tried until
 * one has found something.
 */
struct map_nul {
    bool only_with, only_without;
};

/* map_find_either_way - `get` looks a key up octet by octet; the key has a NUL behind its end */
typedef enum map_result map_get(void *table, struct span key, struct buf *value_r,
                                struct error *err);
enum map_result map_find_either_way(struct map_nul *nul, map_get *get, void *table, struct span key,
                                    struct buf *value_r, struct error *err) MUST_CHECK;
/* map_without_nul - a stored text up to its NUL */
struct span map_without_nul(const void *data, size_t len);

/* map_list_items - the items of "{a, b, {c d}}" with the outer braces off; MALFORMED else */
bool map_list_items(const char *text, struct strlist *items, struct error *err) MUST_CHECK;

/*
 * How a file looked when it was opened. A table keeps its file open: what the descriptor says then
 * tells of a replacement (the old file has lost its name) and of a change in place, also where the
 * path cannot be seen any more, after a chroot.
 */
struct map_stamp {
    int fd; /* -1: no file */
    nlink_t links;
    off_t size;
    struct timespec modified, status_changed;
};

#define MAP_STAMP_NONE ((struct map_stamp){.fd = -1})

/* map_stamp_open - open a regular file for reading; *err names it */
bool map_stamp_open(struct map_stamp *stamp, const char *path, struct error *err) MUST_CHECK;
/* map_stamp_open_database - the same; what goes wrong is told as Postfix does of databases */
bool map_stamp_open_database(struct map_stamp *stamp, const char *path,
                             struct error *err) MUST_CHECK;
/* map_stamp_take - of a descriptor that somebody else owns and keeps open */
void map_stamp_take(struct map_stamp *stamp, int fd);
bool map_stamp_changed(const struct map_stamp *stamp);
/* map_stamp_written - in place: what was read of it since need not fit together */
bool map_stamp_written(const struct map_stamp *stamp);

#endif
