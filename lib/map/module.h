/*
 * Drivers of databases, loaded when a table first needs one: a plain installation needs none of
 * their libraries. A module is a shared object with one symbol, `map_module`. It knows the database's
 * library and nothing else: what is asked, how it is worded and which server comes next is decided by
 * sql_table.c and ldap_table.c. What a module needs of ours it gets as a table of functions, so that
 * it is linked against nothing of buzon.
 *
 * Which file is the module of a type says dynamicmaps.cf in meta_directory, or a file in
 * dynamicmaps.cf.d there ("pgsql  buzon-pgsql.so"), as Postfix on Debian has them; else it is
 * buzon-TYPE.so in shlib_directory.
 */
#ifndef BUZON_LIB_MAP_MODULE_H
#define BUZON_LIB_MAP_MODULE_H

#include "lib/map/table_settings.h"

/* Changed with any change of what stands in this header or of the structs that it hands over. It is
 * the first member of a module for ever. */
#define MAP_MODULE_ABI 3

/* What modules may call; each is the function of that name in lib/. */
struct map_host {
    void (*error_set)(struct error *err, enum error_kind kind, const char *format, ...)
        PRINTF(3, 4);
    void (*log_warning)(const char *format, ...) PRINTF(1, 2);
    bool (*buf_append)(struct buf *buf, const void *data, size_t len);
    char *(*buf_reserve)(struct buf *buf, size_t len);
    void (*buf_commit)(struct buf *buf, size_t len);
    void (*buf_release)(struct buf *buf);
    void *(*mem_alloc)(size_t size);
    char *(*mem_span)(struct span octets);
    void (*mem_free)(const void *memory);
    const char *(*setting)(const struct table_settings *settings, const char *name,
                           const char *fallback);
    bool (*setting_number)(const struct table_settings *settings, const char *name, int fallback,
                           int least, int *number_r, struct error *err);
    bool (*setting_flag)(const struct table_settings *settings, const char *name, bool fallback,
                         bool *flag_r, struct error *err);
};

/* One server at a time: connect - NULL and *err; the settings outlive the connection. */
struct server_driver {
    void *(*connect)(const struct map_host *host, const struct table_settings *settings,
                     const char *server, struct error *err);
    void (*close)(void *connection);
};

/* map_value - one value that a server sent; NULL data: the database's NULL. False: no more, please */
typedef bool map_value(void *context, struct span value, struct error *err);

enum sql_outcome {
    SQL_DONE,
    SQL_REFUSED, /* *err: the server does not like this statement, or `put` was false */
    SQL_LOST,    /* *err: the connection is of no use any more */
};

struct sql_driver {
    struct server_driver server;
    /* quote - the text as it may stand between ' and '; false and *err */
    bool (*quote)(void *connection, struct span text, struct buf *quoted_r, struct error *err);
    /* query - hands over the values of all rows */
    enum sql_outcome (*query)(void *connection, const char *statement, map_value *put,
                              void *context, struct error *err);
};

enum ldap_scope { LDAP_ONE_ENTRY, LDAP_ONE_LEVEL, LDAP_WHOLE_TREE };

struct ldap_search {
    const char *base;
    enum ldap_scope scope;
    const char *filter;
    const char *const *attributes; /* ended by NULL */
    int size_limit;                /* entries; 0: none */
};

/* What is done with the entries found: begin, its values, end, and so on. False: no more, please. */
struct ldap_visit {
    void (*begin)(void *context);
    void (*value)(void *context, const char *attribute, struct span value);
    bool (*end)(void *context, struct error *err);
    void *context;
};

enum ldap_outcome {
    LDAP_VISITED,
    LDAP_NO_OBJECT, /* the base is not there */
    LDAP_REFUSED,   /* *err: this search failed, or a visit did */
    LDAP_LOST,      /* *err: the connection is of no use any more */
};

/* Whether a password is that of an entry. */
enum ldap_proof {
    LDAP_PROVED,
    LDAP_DISPROVED, /* wrong, or there is no such entry, or none that has a password */
    LDAP_UNPROVED,  /* *err: the connection is of no use any more */
};

struct ldap_driver {
    struct server_driver server;
    enum ldap_outcome (*search)(void *connection, const struct ldap_search *search,
                                const struct ldap_visit *visit, struct error *err);
    /* follow - the entry of a DN, or what an LDAP URL says; of `search` the attributes count (an
     * URL may name some of them), and the limit */
    enum ldap_outcome (*follow)(void *connection, const char *reference,
                                const struct ldap_search *search, const struct ldap_visit *visit,
                                struct error *err);
    /* find - the name of the one entry that a search finds, owned; NO_OBJECT: none; REFUSED: more than one */
    enum ldap_outcome (*find)(void *connection, const struct ldap_search *search, char **name_r,
                              struct error *err);
    /* prove - by a simple bind: the connection is that entry's, or nobody's, from then on */
    enum ldap_proof (*prove)(void *connection, const char *name, struct span password,
                             struct error *err);
};

struct map_module {
    unsigned abi;     /* MAP_MODULE_ABI */
    const char *type; /* "pgsql" */
    const struct sql_driver *sql;
    const struct ldap_driver *ldap; /* one of the two */
};

/* How a module defines its one symbol: MAP_MODULE = {.abi = MAP_MODULE_ABI, ...}; */
#define MAP_MODULE                                                                                 \
    extern const struct map_module map_module;                                                     \
    __attribute__((visibility("default"))) const struct map_module map_module
#define MAP_MODULE_SYMBOL "map_module"

/* map_module_load - the module of a type, for ever; NULL and *err: there is none, or it is not ours */
const struct map_module *map_module_load(const struct config *config, const char *type,
                                         struct error *err) MUST_CHECK;

extern const struct map_host map_host;

#endif
