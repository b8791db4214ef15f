/*
 * One table: which type it is, opening, and the look-up with what all types share: folding of keys,
 * broken tables, the log line when there is no answer. Lists of tables are in maps.c.
 */
#include "lib/map/map.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/map/map_fold.h"
#include "lib/map/map_type.h"
#include "lib/map/reindex.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <unistd.h>

#define KEY_MAX (1024U * 1024) /* octets; no table has a longer key */

/* A table that could not be opened is "changed" after this time: its process ends, a new one tries. */
#define RETRY_MS 10000

struct map {
    char *specification;
    char *redirected;            /* what is opened instead; NULL: the specification */
    const struct map_type *type; /* NULL: there is no such type */
    void *table;                 /* NULL: broken says why */
    struct error *broken;
    int64_t opened_ms;
    bool is_pattern;
    bool utf8;
    struct buf folded;
};

static const struct map_type *const types[] = {
    &map_type_hash,     &map_type_btree,    &map_type_lmdb,    &map_type_texthash,
    &map_type_inline,   &map_type_regexp,   &map_type_pcre,    &map_type_cidr,
    &map_type_static,   &map_type_environ,  &map_type_fail,    &map_type_unix,
    &map_type_internal, &map_type_unionmap, &map_type_pipemap, &map_type_randmap,
    &map_type_nis,      &map_type_proxy,    &map_type_pgsql,   &map_type_mysql,
    &map_type_sqlite,   &map_type_ldap,     &map_type_tcp,     &map_type_socketmap,
    &map_type_memcache, &map_type_redis,    &map_type_cdb,     &map_type_passwd_quota,
};

const struct map_type *map_type_find(const char *specification, const char **name_r)
{
    struct span name = span_text(specification);
    struct span type = span_take_until(&name, ':');

    *name_r = type.len == strlen(specification) ? "" : name.data;
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (span_equal_text(type, types[i]->name))
            return types[i];
    }
    return NULL;
}

const char *map_type_name(size_t index)
{
    return index < ARRAY_LENGTH(types) ? types[index]->name : NULL;
}

/* A PATTERN or FILES anywhere inside counts for the whole. */
static unsigned traits_of_items(const char *list)
{
    struct strlist items = STRLIST_EMPTY;
    unsigned traits = 0;

    if (map_list_items(list, &items, NULL)) {
        for (size_t i = 0; i < items.count; i++)
            traits |= map_traits(items.items[i]);
    }
    strlist_release(&items);
    return traits;
}

unsigned map_traits(const char *specification)
{
    const char *name;
    const struct map_type *type = map_type_find(specification, &name);

    if (type == NULL)
        return 0;
    if ((type->traits & MAP_REMOTE) != 0)
        return type->traits | map_traits(name);
    if ((type->traits & MAP_COMPOSED) != 0)
        return traits_of_items(name);
    if (name[0] == '{') /* the rules stand right there */
        return type->traits & ~(unsigned)MAP_FILES;
    return type->traits;
}

bool map_is_unauthenticated(const char *specification)
{
    return (map_traits(specification) & MAP_UNAUTHENTICATED) != 0;
}

static bool items_are_readable(const struct config *config, const char *list)
{
    struct strlist items = STRLIST_EMPTY;
    bool readable = true;

    if (map_list_items(list, &items, NULL)) {
        for (size_t i = 0; i < items.count && readable; i++)
            readable = map_is_readable(config, items.items[i]);
    }
    strlist_release(&items);
    return readable;
}

static bool file_is_readable(const char *specification)
{
    const char *name;
    const struct map_type *type = map_type_find(specification, &name);
    char *path;
    bool readable;

    if (type == NULL || type->suffix == NULL || name[0] == '{')
        return true;
    path = mem_printf("%s%s", name, type->suffix);
    readable = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
    /* one that is still to be made (lib/map/reindex.h) will be as readable as its source */
    if (!readable && errno == ENOENT)
        readable = faccessat(AT_FDCWD, name, R_OK, AT_EACCESS) == 0 || errno == ENOENT;
    mem_free(path);
    return readable;
}

bool map_is_readable(const struct config *config, const char *specification)
{
    const char *name;
    const struct map_type *type;
    char *redirected;
    bool readable;

    specification = map_undisguised(specification);
    type = map_type_find(specification, &name);
    if (type != NULL && (type->traits & MAP_COMPOSED) != 0)
        return items_are_readable(config, name);
    redirected = map_redirect(config, specification);
    readable = file_is_readable(redirected == NULL ? specification : redirected);
    mem_free(redirected);
    return readable;
}

unsigned map_traits_elsewhere(bool through_proxy)
{
    if (through_proxy)
        return MAP_FILES | MAP_SERVER | MAP_REMOTE;
    return service_is_confined() ? MAP_SERVER : 0;
}

/* Which table to open and why not; the type stays NULL when there is none. */
static void choose(struct map *map, bool through_proxy, const char **name_r)
{
    if ((map_traits(map->specification) & map_traits_elsewhere(through_proxy)) != 0) {
        map->type = &map_type_proxy;
        *name_r = map->specification;
        return;
    }
    map->type =
        map_type_find(map->redirected == NULL ? map->specification : map->redirected, name_r);
    if (map->type == &map_type_proxy)
        *name_r = map->specification; /* proxymap has a list of what may be asked by this name */
    if (map->type != NULL && (*name_r)[0] != '\0')
        return;
    if (map->type != NULL || strchr(map->specification, ':') == NULL ||
        map->specification[0] == ':')
        error_set(map->broken, ERROR_TEMPORARY,
                  "open dictionary: expecting \"type:name\" form instead of \"%s\"",
                  map->specification);
    else
        error_set(map->broken, ERROR_TEMPORARY, "unsupported dictionary type: %.*s",
                  (int)strcspn(map->specification, ":"), map->specification);
    map->type = NULL;
}

/* The table that takes the place of the one that was asked for. */
static bool is_made(const struct config *config, const struct map *map)
{
    if (map->redirected == NULL || map->type == &map_type_proxy)
        return true;
    map_redirect_log(config, map->specification, map->redirected);
    return map_reindex(config, map->specification, map->redirected, map->broken);
}

/* Goes on without it, if it may. */
static void note_broken(const struct map *map)
{
    if (service_needs_tables())
        log_fatal("%s is unavailable: %s", map->specification, map->broken->text);
}

struct map *map_open(const struct config *config, const char *specification, bool through_proxy)
{
    struct map *map = mem_new(struct map);
    const char *name = "";

    specification = map_undisguised(specification);
    map->specification = mem_text(specification);
    map->redirected = map_redirect(config, specification);
    map->broken = mem_new(struct error);
    map->folded = BUF(KEY_MAX * 3); /* folding may lengthen */
    map->utf8 = config->smtputf8_enable;
    map->opened_ms = clock_monotonic_ms();
    map->is_pattern = (map_traits(specification) & MAP_PATTERN) != 0;
    choose(map, through_proxy, &name);
    if (map->type != NULL && is_made(config, map))
        map->table = map->type->open(config, name, map->broken);
    if (map->table != NULL) {
        mem_free(map->broken);
        map->broken = NULL;
    } else {
        note_broken(map);
    }
    return map;
}

struct map *map_open_refused(const char *specification)
{
    struct map *map = mem_new(struct map);

    map->specification = mem_text(specification);
    map->broken = mem_new(struct error);
    error_set(map->broken, ERROR_TEMPORARY, "%s map is not allowed for security-sensitive data",
              specification);
    note_broken(map);
    return map;
}

void map_free(struct map **map)
{
    if (*map == NULL)
        return;
    if ((*map)->table != NULL)
        (*map)->type->close((*map)->table);
    buf_release(&(*map)->folded);
    mem_free((*map)->broken);
    mem_free((*map)->redirected);
    mem_free((*map)->specification);
    mem_free(*map);
    *map = NULL;
}

const char *map_name(const struct map *map)
{
    return map->specification;
}

bool map_is_open(const struct map *map, struct error *why)
{
    if (map->table == NULL)
        *why = *map->broken;
    return map->table != NULL;
}

bool map_is_pattern(const struct map *map)
{
    return map->is_pattern;
}

unsigned map_hit_line(const struct map *map)
{
    return map->table == NULL || map->type->hit_line == NULL ? 0 : map->type->hit_line(map->table);
}

bool map_changed(const struct map *map)
{
    if (map->table == NULL)
        return map->type != NULL && clock_monotonic_ms() - map->opened_ms > RETRY_MS;
    return map->type->changed != NULL && map->type->changed(map->table);
}

bool map_walk(struct map *map, map_visit *visit, void *context, struct error *err)
{
    if (map->table == NULL) {
        *err = *map->broken;
        error_prefix(err, "%s is unavailable", map->specification);
        return false;
    }
    if (map->type->walk == NULL) {
        error_set(err, ERROR_PERMANENT, "table %s: sequence operation is not supported",
                  map->specification);
        return false;
    }
    error_clear(err);
    return map->type->walk(map->table, visit, context, err);
}

enum map_result map_answer(struct span value, struct buf *value_r, struct error *err)
{
    if (buf_append_span(value_r, value))
        return MAP_FOUND;
    error_set(err, ERROR_TEMPORARY, "a value of %zu octets is too long", value.len);
    return MAP_UNAVAILABLE;
}

/* Must what it is asked and answers be UTF-8? Other tables see to that behind this one. */
static bool wants_utf8(const struct map *map, int flags)
{
    return map->utf8 && (flags & MAP_OCTETS) == 0 &&
           (map->type->traits & (MAP_COMPOSED | MAP_REMOTE)) == 0;
}

static bool takes_empty_key(const struct map *map, int flags)
{
    return (flags & MAP_EMPTY_KEY) != 0 &&
           (map->type == &map_type_static ||
            (map->type->traits & (MAP_PATTERN | MAP_SERVER)) == MAP_PATTERN);
}

/* The key as the table wants it: NUL behind its end, folded where that is ours to do. */
static bool prepare_key(struct map *map, struct span key, int flags)
{
    if (key.len == 0 && !takes_empty_key(map, flags))
        return false;
    if (key.len > KEY_MAX || memchr(key.data, '\0', key.len) != NULL)
        return false;
    if ((flags & MAP_FOLD_KEY) != 0 &&
        (map->type->traits & (MAP_PATTERN | MAP_COMPOSED | MAP_REMOTE)) == 0)
        return map_fold(key, map->utf8 && (wants_utf8(map, flags) || map_is_utf8(key)),
                        &map->folded);
    if (wants_utf8(map, flags) && !map_is_utf8(key))
        return false;
    buf_clear(&map->folded);
    return buf_append_span(&map->folded, key);
}

enum map_result map_lookup(struct map *map, struct span key, int flags, struct buf *value_r,
                           struct error *err)
{
    enum map_result result;

    buf_clear(value_r);
    if (map->table == NULL) {
        *err = *map->broken;
        error_prefix(err, "%s is unavailable", map->specification);
        err->kind = ERROR_TEMPORARY;
        log_warning("%s", err->text);
        return MAP_UNAVAILABLE;
    }
    if (!prepare_key(map, key, flags))
        return MAP_ABSENT;
    result = map->type->lookup(map->table, buf_span(&map->folded), flags, value_r, err);
    /* A value is text, whoever gives it. */
    buf_truncate(value_r, strnlen(buf_text(value_r), value_r->len));
    if (result == MAP_FOUND && wants_utf8(map, flags) && !map_is_utf8(buf_span(value_r))) {
        error_set(err, ERROR_TEMPORARY, "non-UTF-8 value \"%.*s\"", SPAN_PRINTF(buf_span(value_r)));
        result = MAP_UNAVAILABLE;
    }
    if (result == MAP_UNAVAILABLE)
        err->kind = ERROR_TEMPORARY; /* whatever it is, an administrator can mend it */
    if (result == MAP_UNAVAILABLE && (map->type->traits & (MAP_COMPOSED | MAP_REMOTE)) == 0) {
        error_prefix(err, "%s lookup error for \"%.*s\"", map->specification, SPAN_PRINTF(key));
        log_warning("%s", err->text);
    }
    return result;
}
