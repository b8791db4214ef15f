/* cdb: look-ups in constant databases, NAME.cdb. */
#include "lib/map/cdb_file.h"

struct cdb_table {
    struct cdb_file file;
    struct map_nul nul;
};

static void close_table(void *opened)
{
    struct cdb_table *table = opened;

    cdb_file_close(&table->file);
    mem_free(table);
}

static void *open_table(const struct config *config, const char *name, struct error *err)
{
    struct cdb_table *table = mem_new(struct cdb_table);
    char *path = mem_printf("%s.cdb", name);

    if (!cdb_file_open(&table->file, path, (uint64_t)config->berkeley_db_read_buffer_size, err)) {
        close_table(table);
        table = NULL;
    }
    mem_free(path);
    return table;
}

static enum map_result get(void *opened, struct span key, struct buf *value_r, struct error *err)
{
    const struct cdb_table *table = opened;
    enum map_result result = cdb_file_find(&table->file, key, value_r, err);

    if (result == MAP_FOUND)
        buf_truncate(value_r, map_without_nul(value_r->data, value_r->len).len);
    return result;
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    struct cdb_table *table = opened;

    return map_find_either_way(&table->nul, get, table, key, value_r, err);
}

static bool walk(void *opened, map_visit *visit, void *context, struct error *err)
{
    const struct cdb_table *table = opened;

    return cdb_file_walk(&table->file, visit, context, err);
}

static bool changed(const void *opened)
{
    const struct cdb_table *table = opened;

    return map_stamp_changed(&table->file.stamp);
}

const struct map_type map_type_cdb = {
    .name = "cdb",
    .traits = MAP_FILES,
    .suffix = ".cdb",
    .open = open_table,
    .lookup = lookup,
    .changed = changed,
    .walk = walk,
    .close = close_table,
};
