/*
 * Look-up tables, `type:name`. A table answers found, absent or unavailable, and never confuses the
 * last two. Sources: Postfix DATABASE_README and the *_table(5) pages.
 */
#ifndef BUZON_LIB_MAP_MAP_H
#define BUZON_LIB_MAP_MAP_H

#include "lib/base/buf.h"
#include "lib/config/config.h"
#include "lib/message/address.h"

enum map_result { MAP_FOUND, MAP_ABSENT, MAP_UNAVAILABLE };

enum {
    MAP_FOLD_KEY = 1, /* keys are compared in lower case (hash, btree, ...; regexp has its own i) */
    MAP_PARTIAL_ONLY = 2,    /* the key is a part of an address: pattern tables are not asked */
    MAP_NO_SUBSTITUTION = 4, /* rules with $1 do not count: see maps_open_plain */
    MAP_OCTETS = 8,          /* key and value may be any octets, whatever smtputf8_enable says */
    MAP_EMPTY_KEY =
        16, /* patterns are asked for the empty key, too (postmap -q ''); no mail does so */
};

struct map;

/*
 * map_open - open one table
 *
 * A table that cannot be opened is still a table: every look-up answers MAP_UNAVAILABLE and logs the
 * reason, as Postfix does (mail is deferred, nothing starts or bounces wrongly).
 *
 *  specification  "hash:/etc/aliases", "inline:{a=b}", "proxy:..."; borrowed
 *  through_proxy  this process may open no files: the types of file and database tables are asked
 *                 at proxymap ("private/proxymap"); static, inline, environ, fail are not
 */
struct map *map_open(const struct config *config, const char *specification, bool through_proxy)
    __attribute__((returns_nonnull));
void map_free(struct map **map);
const char *map_name(const struct map *map); /* "type:name" */
/* map_is_open - false: it could not be opened, and *why says why */
bool map_is_open(const struct map *map, struct error *why) MUST_CHECK;
/* map_is_pattern - regexp, pcre, cidr, tcp...: asked with the whole key only, never with parts */
bool map_is_pattern(const struct map *map);

/* map_is_unauthenticated - tcp, socketmap, memcache, also as a part of another table: anybody who gets
 * hold of the port could answer; not for aliases, which run commands */
bool map_is_unauthenticated(const char *specification);
/* map_open_refused - a table that is not asked where it is named: every look-up answers UNAVAILABLE, and why */
struct map *map_open_refused(const char *specification) __attribute__((returns_nonnull));

/*
 * map_lookup - value_r is cleared first; on FOUND it holds the value, on UNAVAILABLE the reason is
 * in *err and has been logged
 *
 * With smtputf8_enable texts are UTF-8: a key that is not is ABSENT, a value that is not makes the
 * table UNAVAILABLE, as in Postfix.
 */
enum map_result map_lookup(struct map *map, struct span key, int flags, struct buf *value_r,
                           struct error *err) MUST_CHECK;
/* map_hit_line - of the rule that gave the last answer, 0 where there are no rules */
unsigned map_hit_line(const struct map *map);
/* map_changed - the file behind it was replaced or changed since it was opened, or it could not be
 * opened some seconds ago (a daemon then exits when idle); also right after a chroot */
bool map_changed(const struct map *map);

/* map_type_name - the types that this build has, one after the other; NULL past the last */
const char *map_type_name(size_t index);

/* map_walk - visit every entry, in the table's own order; false and *err when the type cannot tell, when
 * reading failed, or when a visit was false (ERROR_NONE) */
typedef bool map_visit(void *context, struct span key, struct span value);
bool map_walk(struct map *map, map_visit *visit, void *context, struct error *err) MUST_CHECK;

/* A list of tables as a parameter names them ("hash:/a, pcre:/b"), asked in order. */
struct maps;
struct maps *maps_open(const struct config *config, const char *list, bool through_proxy)
    __attribute__((returns_nonnull));
/* maps_open_plain - the same, but rules of pattern tables with $1 do not count: a key that a stranger
 * chose would become part of a command, of a file's name, of an account or of a next hop */
struct maps *maps_open_plain(const struct config *config, const char *list, bool through_proxy)
    __attribute__((returns_nonnull));
/* maps_open_trusted - as maps_open_plain, and tables that anybody could answer (map_is_unauthenticated) are not asked: they
 * are UNAVAILABLE; root opens them itself, whatever "proxy:" stands before. For what says whose a mailbox is,
 * where it is, and which command is run: no process with fewer rights has a say in that. */
struct maps *maps_open_trusted(const struct config *config, const char *list, bool through_proxy)
    __attribute__((returns_nonnull));
/* maps_open_octets - as maps_open, for what looks at content and at what peers say: keys and values are
 * octets, of whatever encoding */
struct maps *maps_open_octets(const struct config *config, const char *list, bool through_proxy)
    __attribute__((returns_nonnull));
void maps_free(struct maps **maps);
bool maps_is_empty(const struct maps *maps);
/* maps_find - the first table that has the key; one that is UNAVAILABLE ends the search.
 * `where_r` may be NULL; else the table that answered. */
enum map_result maps_find(struct maps *maps, struct span key, int flags, struct buf *value_r,
                          const char **where_r, struct error *err) MUST_CHECK;
/*
 * maps_find_keys - the first hit of several keys in order; each key is asked in all tables before
 * the next key (one round trip where proxymap answers)
 *
 *  partial     may be NULL: all keys are whole
 *  partial[i]  key i is a part of an address (user, @domain): pattern tables are not asked for it
 *  key_r       may be NULL; else the index of the key that hit
 */
enum map_result maps_find_keys(struct maps *maps, const struct span *keys, const bool *partial,
                               size_t count, int flags, struct buf *value_r, size_t *key_r,
                               struct error *err) MUST_CHECK;
/*
 * maps_watch - from now on call `watch` after every look-up in one of the tables; for tools that explain
 *
 *  parameter  the name in main.cf that these tables come from; borrowed for as long
 *  watch      NULL: no longer
 *
 * A list that is asked at proxymap cannot be watched.
 */
struct map_event {
    const char *parameter;
    const char *table; /* "hash:/etc/aliases"; or the item of a match list that matched */
    struct span key;
    enum map_result result;
    struct span value;
    unsigned line; /* of the rule that hit; 0: this type of table cannot tell */
};
typedef void map_watch(void *context, const struct map_event *event);
void maps_watch(struct maps *maps, const char *parameter, map_watch *watch, void *context);
/* maps_changed - see map_changed */
bool maps_changed(const struct maps *maps);

/* The look-up keys of an address (Postfix ADDRESS_REWRITING, virtual(5)): user+ext@domain,
 * user@domain, user+ext, user, @domain. */
enum {
    ADDRESS_KEY_FULL = 1,      /* user+ext@domain */
    ADDRESS_KEY_NO_EXT = 2,    /* user@domain; the extension is handed back for appending */
    ADDRESS_KEY_LOCALPART = 4, /* user+ext, user: only for domains that `is_local` says so */
    ADDRESS_KEY_DOMAIN = 8,    /* @domain */
    ADDRESS_KEY_ALL = 15,
};
/*
 * maps_find_address - look an address up
 *
 *  is_local      the domain is myorigin, mydestination or an own interface: bare localparts count
 *  rule          extension_rule_of() the configuration
 *  extension_r   may be NULL; with a hit without extension: the extension with its delimiter, else
 *                empty. A span into `address`.
 */
enum map_result maps_find_address(struct maps *maps, struct span address, int keys, bool is_local,
                                  struct extension_rule rule, struct buf *value_r,
                                  struct span *extension_r, struct error *err) MUST_CHECK;
/* extension_rule_of - how this configuration splits user+ext; borrowed from it */
struct extension_rule extension_rule_of(const struct config *config);

#endif
