/* hash and btree: look-ups in Berkeley DB files, Postfix's or our own. */
#include "lib/map/berkeley_db.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

/* What postmap(1) says of a source that is newer than its index: not within a rebuild's time. */
#define OLDER_TOLERATED_S 100

struct db_table {
    struct berkeley_db db;
    struct map_stamp stamp; /* of the library's descriptor */
    bool try_with_nul;      /* keys may be stored with their NUL */
    bool try_without_nul;
    bool is_damaged;
};

static void warn_if_older(const char *name, const struct map_stamp *stamp)
{
    struct stat source;

    if (stat(name, &source) == 0 && source.st_mtime > stamp->modified.tv_sec &&
        source.st_mtime < clock_wall().tv_sec - OLDER_TOLERATED_S)
        log_warning("database %s.db is older than source file %s", name, name);
}

static void *open_table(const struct config *config, const char *name, DBTYPE type,
                        struct error *err)
{
    struct db_table *table = mem_new(struct db_table);
    char *path = mem_printf("%s.db", name);
    uint64_t cache_size = (uint64_t)config->berkeley_db_read_buffer_size;
    bool opened = berkeley_db_open(&table->db, path, type, DB_RDONLY, cache_size, err);
    int fd;

    mem_free(path);
    if (!opened) {
        mem_free(table);
        return NULL;
    }
    table->stamp = MAP_STAMP_NONE;
    if (table->db.file->fd(table->db.file, &fd) == 0)
        map_stamp_take(&table->stamp, fd);
    table->try_with_nul = table->try_without_nul = true;
    warn_if_older(name, &table->stamp);
    return table;
}

static void *open_hash(const struct config *config, const char *name, struct error *err)
{
    return open_table(config, name, DB_HASH, err);
}

static void *open_btree(const struct config *config, const char *name, struct error *err)
{
    return open_table(config, name, DB_BTREE, err);
}

/* A stored key or value, up to its NUL if it has one. */
static struct span without_nul(const DBT *stored)
{
    return span_of(stored->data, strnlen(stored->data, stored->size));
}

static enum map_result get(struct db_table *table, struct span key, struct buf *value_r,
                           struct error *err)
{
    DB *file = table->db.file;
    union {
        const char *borrowed;
        void *data;
    } name = {key.data};
    DBT stored = {.data = name.data, .size = (uint32_t)key.len};
    DBT value = {0};
    int failure = file->get(file, NULL, &stored, &value, 0);

    if (failure == 0)
        return map_answer(without_nul(&value), value_r, err);
    if (failure == DB_NOTFOUND)
        return MAP_ABSENT;
    table->is_damaged = true;
    berkeley_db_fail(err, failure, "read database");
    return MAP_UNAVAILABLE;
}

/* Keys with or without NUL: whichever is found first settles it for this table. */
static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    struct db_table *table = opened;
    enum map_result result = MAP_ABSENT;

    if (table->try_with_nul) {
        result = get(table, span_of(key.data, key.len + 1), value_r, err);
        if (result == MAP_FOUND)
            table->try_without_nul = false;
    }
    if (result == MAP_ABSENT && table->try_without_nul) {
        result = get(table, key, value_r, err);
        if (result == MAP_FOUND)
            table->try_with_nul = false;
    }
    return result;
}

static bool walk(void *opened, map_visit *visit, void *context, struct error *err)
{
    const struct db_table *table = opened;
    DBC *cursor;
    DBT key = {0};
    DBT value = {0};
    bool goes_on = true;
    int failure = table->db.file->cursor(table->db.file, NULL, &cursor, 0);

    if (failure != 0) {
        berkeley_db_fail(err, failure, "read database");
        return false;
    }
    while (goes_on && (failure = cursor->get(cursor, &key, &value, DB_NEXT)) == 0)
        goes_on = visit(context, without_nul(&key), without_nul(&value));
    if (failure != 0 && failure != DB_NOTFOUND)
        berkeley_db_fail(err, failure, "read database");
    (void)cursor->close(cursor);
    return failure == DB_NOTFOUND;
}

static bool changed(const void *opened)
{
    const struct db_table *table = opened;

    return table->is_damaged || map_stamp_changed(&table->stamp);
}

static void close_table(void *opened)
{
    struct db_table *table = opened;

    berkeley_db_abandon(&table->db);
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
