/* hash and btree: look-ups in Berkeley DB files, Postfix's or our own. */
#include "lib/map/db_file.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

/* What postmap(1) says of a source that is newer than its index: not within a rebuild's time. */
#define OLDER_TOLERATED_S 100

struct db_table {
    struct db_file *file;
    enum map_result (*find)(struct db_file *file, struct span key, struct buf *value_r,
                            struct error *err);
    bool (*walk)(struct db_file *file, map_visit *visit, void *context, struct error *err);
    struct map_nul nul;
    bool is_damaged;
};

static void warn_if_older(const char *name, const struct map_stamp *stamp)
{
    struct stat source;

    if (stat(name, &source) == 0 && source.st_mtime > stamp->modified.tv_sec &&
        source.st_mtime < clock_wall().tv_sec - OLDER_TOLERATED_S)
        log_warning("database %s.db is older than source file %s", name, name);
}

static void *open_table(const struct config *config, const char *name, enum db_file_type type,
                        struct error *err)
{
    char *path = mem_printf("%s.db", name);
    uint64_t cache_size = (uint64_t)config->berkeley_db_read_buffer_size;
    struct db_file *file = db_file_open(path, type, cache_size, err);
    struct db_table *table;

    mem_free(path);
    if (file == NULL)
        return NULL;
    table = mem_new(struct db_table);
    table->file = file;
    table->find = type == DB_FILE_HASH ? db_hash_find : db_btree_find;
    table->walk = type == DB_FILE_HASH ? db_hash_walk : db_btree_walk;
    warn_if_older(name, &file->stamp);
    return table;
}

static void *open_hash(const struct config *config, const char *name, struct error *err)
{
    return open_table(config, name, DB_FILE_HASH, err);
}

static void *open_btree(const struct config *config, const char *name, struct error *err)
{
    return open_table(config, name, DB_FILE_BTREE, err);
}

/* A value ends at its NUL, if it has one. */
static enum map_result get(void *opened, struct span key, struct buf *value_r, struct error *err)
{
    struct db_table *table = opened;
    enum map_result result = table->find(table->file, key, value_r, err);

    if (result == MAP_FOUND)
        buf_truncate(value_r, strnlen(buf_text(value_r), value_r->len));
    else
        buf_clear(value_r);
    table->is_damaged = table->is_damaged || result == MAP_UNAVAILABLE;
    return result;
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    struct db_table *table = opened;
    enum map_result result = map_find_either_way(&table->nul, get, table, key, value_r, err);

    /* Whoever writes it in place, as Postfix's tools do, begins with pages in which there is nothing. */
    if (result == MAP_ABSENT && map_stamp_written(&table->file->stamp)) {
        error_set(err, ERROR_TEMPORARY, "the file was changed while it was open");
        return MAP_UNAVAILABLE;
    }
    return result;
}

/* Who lists a table wants texts without their NULs. */
struct walk {
    map_visit *visit;
    void *context;
};

static bool visit_texts(void *context, struct span key, struct span value)
{
    const struct walk *walk = context;

    return walk->visit(walk->context, map_without_nul(key.data, key.len),
                       map_without_nul(value.data, value.len));
}

static bool walk(void *opened, map_visit *visit, void *context, struct error *err)
{
    const struct db_table *table = opened;
    struct walk texts = {visit, context};

    return table->walk(table->file, visit_texts, &texts, err);
}

static bool changed(const void *opened)
{
    const struct db_table *table = opened;

    return table->is_damaged || map_stamp_changed(&table->file->stamp);
}

static void close_table(void *opened)
{
    struct db_table *table = opened;

    db_file_free(&table->file);
    mem_free(table);
}

const struct map_type map_type_hash = {
    .name = "hash",
    .traits = MAP_FILES,
    .suffix = ".db",
    .open = open_hash,
    .lookup = lookup,
    .changed = changed,
    .walk = walk,
    .close = close_table,
};

const struct map_type map_type_btree = {
    .name = "btree",
    .traits = MAP_FILES,
    .suffix = ".db",
    .open = open_btree,
    .lookup = lookup,
    .changed = changed,
    .walk = walk,
    .close = close_table,
};
