/*
 * lmdb: look-ups in LMDB files as Postfix lays them out: one file NAME.lmdb, its main database,
 * without LMDB's own lock file. Ours are replaced as a whole, so a reader needs no lock.
 */
#include "lib/map/map_type.h"

#include <lmdb.h>

struct lmdb_table {
    MDB_env *environment;
    MDB_txn *reading; /* reset between look-ups */
    MDB_dbi dbi;
    struct map_stamp stamp;
    off_t least; /* octets of its two first pages, which tell how long it is; 0: not known yet */
    struct map_nul nul;
};

static void close_table(void *opened)
{
    struct lmdb_table *table = opened;

    mdb_txn_abort(table->reading);
    mdb_env_close(table->environment);
    mem_free(table);
}

/* The file is mapped into memory: reading behind the end of one that was cut short would kill us. */
static bool is_whole(struct lmdb_table *table)
{
    MDB_envinfo info;
    MDB_stat pages;
    struct stat status;

    if (fstat(table->stamp.fd, &status) != 0 || status.st_size < table->least ||
        mdb_env_info(table->environment, &info) != 0 ||
        mdb_env_stat(table->environment, &pages) != 0)
        return false;
    table->least = (off_t)pages.ms_psize * 2;
    return (uint64_t)status.st_size / pages.ms_psize > info.me_last_pgno;
}

/* The first failing step's number. */
static int open_environment(struct lmdb_table *table, const char *path)
{
    int failure = mdb_env_create(&table->environment);
    mdb_filehandle_t fd;
    struct stat status;

    if (failure == 0 && stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        failure = MDB_INVALID; /* the library would wait at a FIFO */
    if (failure == 0)
        failure =
            mdb_env_open(table->environment, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_RDONLY, 0600);
    if (failure == 0)
        failure = mdb_txn_begin(table->environment, NULL, MDB_RDONLY, &table->reading);
    if (failure == 0)
        failure = mdb_dbi_open(table->reading, NULL, 0, &table->dbi);
    if (failure != 0)
        return failure;
    mdb_txn_reset(table->reading);
    failure = mdb_env_get_fd(table->environment, &fd);
    if (failure != 0)
        return failure;
    map_stamp_take(&table->stamp, fd);
    return is_whole(table) ? 0 : MDB_CORRUPTED;
}

static void fail(struct error *err, int failure, const char *what)
{
    error_set(err, ERROR_TEMPORARY, "%s: %s", what, mdb_strerror(failure));
    err->number = failure > 0 ? failure : 0;
}

static void *open_table(const struct config *config UNUSED, const char *name, struct error *err)
{
    struct lmdb_table *table = mem_new(struct lmdb_table);
    char *path = mem_printf("%s.lmdb", name);
    char *what = mem_printf("open database %s", path);
    int failure;

    table->stamp = MAP_STAMP_NONE;
    failure = open_environment(table, path);
    if (failure != 0) {
        fail(err, failure, what);
        close_table(table);
        table = NULL;
    }
    mem_free(what);
    mem_free(path);
    return table;
}

static struct span without_nul(const MDB_val *stored)
{
    return map_without_nul(stored->mv_data, stored->mv_size);
}

static enum map_result get(void *opened, struct span key, struct buf *value_r, struct error *err)
{
    const struct lmdb_table *table = opened;
    union {
        const char *borrowed;
        void *data;
    } name = {key.data};
    MDB_val stored = {key.len, name.data};
    MDB_val value;
    int failure = mdb_get(table->reading, table->dbi, &stored, &value);

    if (failure == 0)
        return map_answer(without_nul(&value), value_r, err);
    if (failure == MDB_NOTFOUND || failure == MDB_BAD_VALSIZE) /* a key too long to be there */
        return MAP_ABSENT;
    fail(err, failure, "read database");
    return MAP_UNAVAILABLE;
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    struct lmdb_table *table = opened;
    enum map_result result;
    int failure = is_whole(table) ? mdb_txn_renew(table->reading) : MDB_CORRUPTED;

    if (failure != 0) {
        fail(err, failure, "read database");
        return MAP_UNAVAILABLE;
    }
    result = map_find_either_way(&table->nul, get, table, key, value_r, err);
    mdb_txn_reset(table->reading);
    return result;
}

static bool walk(void *opened, map_visit *visit, void *context, struct error *err)
{
    struct lmdb_table *table = opened;
    MDB_cursor *cursor = NULL;
    MDB_val key;
    MDB_val value;
    bool goes_on = true;
    int failure = is_whole(table) ? mdb_txn_renew(table->reading) : MDB_CORRUPTED;

    if (failure == 0)
        failure = mdb_cursor_open(table->reading, table->dbi, &cursor);
    while (failure == 0 && goes_on &&
           (failure = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
        goes_on = visit(context, without_nul(&key), without_nul(&value));
    if (failure != 0 && failure != MDB_NOTFOUND)
        fail(err, failure, "read database");
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    mdb_txn_reset(table->reading);
    return failure == MDB_NOTFOUND;
}

static bool changed(const void *opened)
{
    const struct lmdb_table *table = opened;

    return map_stamp_changed(&table->stamp);
}

const struct map_type map_type_lmdb = {
    .name = "lmdb",
    .traits = MAP_FILES | MAP_LIVE,
    .suffix = ".lmdb",
    .open = open_table,
    .lookup = lookup,
    .changed = changed,
    .walk = walk,
    .close = close_table,
};
