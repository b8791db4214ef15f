/*
 * hash: and btree: where Berkeley DB is being left behind: with non_bdb_migration_level these names
 * mean the types that default_database_type and default_cache_db_type name, for who asks and for who
 * makes tables, so that the names in main.cf and in other software can stay. non_bdb_custom_mapping
 * makes exceptions. Source: Postfix 3.11 postconf(5), postfix-non-bdb(1).
 */
#include "lib/map/map.h"

#include "lib/base/log.h"
#include "lib/map/map_type.h"

#define TYPE_MAX 256

/* A file of its own, and another than those of Berkeley DB. */
static bool is_target(const char *type)
{
    return strcmp(type, "lmdb") == 0 || strcmp(type, "cdb") == 0;
}

bool map_is_legacy(struct span type)
{
    return span_equal_text(type, "hash") || span_equal_text(type, "btree");
}

/*
 * non_bdb_custom_mapping: the type for "hash:/path", else for "hash". FOUND, ABSENT; UNAVAILABLE: it does not say
 * or says what cannot be, and then no table answers rather than the wrong one.
 */
static enum map_result ask_mapping(const struct config *config, const char *specification,
                                   struct buf *target_r)
{
    static bool asking; /* tables that the mapping itself consists of are not redirected */
    const char *mapping = config->non_bdb_custom_mapping;
    struct span key = span_text(specification);
    enum map_result result;
    struct error err;
    struct map *map;

    if (asking || mapping == NULL || mapping[0] == '\0')
        return MAP_ABSENT;
    if (map_is_legacy(span_first(span_text(mapping), span_find(span_text(mapping), ':')))) {
        log_warning("non_bdb_custom_mapping must not use legacy type: %s", mapping);
        return MAP_UNAVAILABLE;
    }
    asking = true;
    map = map_open(config, mapping, false);
    result = map_lookup(map, key, MAP_FOLD_KEY, target_r, &err);
    if (result == MAP_ABSENT)
        result = map_lookup(map, span_take_until(&key, ':'), MAP_FOLD_KEY, target_r, &err);
    map_free(&map);
    asking = false;
    if (result == MAP_FOUND && !is_target(buf_text(target_r))) {
        log_warning("%s: \"%s\" is no type that %s can be mapped to", mapping, buf_text(target_r),
                    specification);
        return MAP_UNAVAILABLE;
    }
    return result;
}

static char *redirect(const struct config *config, const char *specification, struct span type,
                      struct span name)
{
    const char *target = span_equal_text(type, "hash") ? config->default_database_type
                                                       : config->default_cache_db_type;
    struct buf own = BUF(TYPE_MAX);
    char *redirected = NULL;

    switch (ask_mapping(config, specification, &own)) {
    case MAP_FOUND:
        redirected = mem_printf("%s:%.*s", buf_text(&own), SPAN_PRINTF(name));
        break;
    case MAP_ABSENT:
        if (is_target(target))
            redirected = mem_printf("%s:%.*s", target, SPAN_PRINTF(name));
        break;
    case MAP_UNAVAILABLE:
        redirected = mem_printf("fail:%s", specification);
        break;
    }
    buf_release(&own);
    return redirected;
}

char *map_redirect(const struct config *config, const char *specification)
{
    struct span name = span_text(specification);
    struct span type = span_take_until(&name, ':');

    if (config->non_bdb_migration_level == NULL || /* where no main.cf was read */
        strcmp(config->non_bdb_migration_level, "disable") == 0 || !map_is_legacy(type))
        return NULL;
    return redirect(config, specification, type, name);
}

void map_redirect_log(const struct config *config, const char *specification,
                      const char *redirected)
{
    if (redirected != NULL && config->non_bdb_migration_log_redirect &&
        !span_starts_with(span_text(redirected), "fail:"))
        log_info("redirecting %s to %s", specification, redirected);
}
