/*
 * hash: and btree: where Berkeley DB is being left behind: with non_bdb_migration_level these names
 * mean the types that default_database_type and default_cache_db_type name, for who asks and for who
 * makes tables, so that the names in main.cf and in other software can stay. Source: Postfix 3.11
 * postconf(5), postfix-non-bdb(1).
 */
#include "lib/map/map_type.h"

/* A file of its own, and another than those of Berkeley DB. */
static bool is_target(const char *type)
{
    return strcmp(type, "lmdb") == 0 || strcmp(type, "cdb") == 0;
}

char *map_redirect(const struct config *config, const char *specification)
{
    struct span name = span_text(specification);
    struct span type = span_take_until(&name, ':');
    const char *target;

    if (span_equal_text(type, "hash"))
        target = config->default_database_type;
    else if (span_equal_text(type, "btree"))
        target = config->default_cache_db_type;
    else
        return NULL;
    if (config->non_bdb_migration_level == NULL || /* where no main.cf was read */
        strcmp(config->non_bdb_migration_level, "disable") == 0 || !is_target(target))
        return NULL;
    return mem_printf("%s:%.*s", target, SPAN_PRINTF(name));
}
