/* Writing hash and btree files. */
#include "lib/map/berkeley_db.h"
#include "lib/map/map_file.h"

#include <unistd.h>

/* Of the octets of a source: what its pages take, with room for half-full ones. */
#define CACHE_FACTOR 3

/* The whole table stays in memory while it is written, as long as a quarter of all memory is enough:
 * a page that leaves too early is read and written again for each of its keys. */
static uint64_t cache_size(const struct map_writer_settings *settings)
{
    uint64_t least = (uint64_t)settings->config->berkeley_db_create_buffer_size;
    uint64_t wanted = settings->source_size * CACHE_FACTOR;
    long pages = sysconf(_SC_PHYS_PAGES);
    long page_size = sysconf(_SC_PAGESIZE);
    uint64_t most = pages > 0 && page_size > 0 ? (uint64_t)pages * (uint64_t)page_size / 4 : least;

    if (wanted > most)
        wanted = most;
    return wanted > least ? wanted : least;
}

static void *open_table(const char *path, const struct map_writer_settings *settings, DBTYPE type,
                        bool is_empty, struct error *err)
{
    struct berkeley_db *db = mem_new(struct berkeley_db);
    uint32_t flags = is_empty ? DB_CREATE | DB_TRUNCATE : 0;

    if (berkeley_db_open(db, path, type, flags, cache_size(settings), err))
        return db;
    mem_free(db);
    return NULL;
}

static void *open_hash(const char *path, const struct map_writer_settings *settings, bool is_empty,
                       struct error *err)
{
    return open_table(path, settings, DB_HASH, is_empty, err);
}

static void *open_btree(const char *path, const struct map_writer_settings *settings, bool is_empty,
                        struct error *err)
{
    return open_table(path, settings, DB_BTREE, is_empty, err);
}

/* The library does not change what it is given, but does not say so. */
static DBT dbt_of(struct span text)
{
    union {
        const char *borrowed;
        void *data;
    } octets = {text.data};

    return (DBT){.data = octets.data, .size = (uint32_t)text.len};
}

static enum map_put put(void *file, struct span key, struct span value, bool replaces,
                        struct error *err)
{
    struct berkeley_db *db = file;
    DBT name = dbt_of(key);
    DBT content = dbt_of(value);
    int failure = db->file->put(db->file, NULL, &name, &content, replaces ? 0 : DB_NOOVERWRITE);

    if (failure == 0)
        return MAP_PUT_DONE;
    if (failure == DB_KEYEXIST)
        return MAP_PUT_DUPLICATE;
    berkeley_db_fail(err, failure, "write database");
    return MAP_PUT_FAILED;
}

static enum map_result remove_key(void *file, struct span key, struct error *err)
{
    struct berkeley_db *db = file;
    DBT name = dbt_of(key);
    int failure = db->file->del(db->file, NULL, &name, 0);

    if (failure == 0)
        return MAP_FOUND;
    if (failure == DB_NOTFOUND)
        return MAP_ABSENT;
    berkeley_db_fail(err, failure, "change database");
    return MAP_UNAVAILABLE;
}

static bool close_table(void *file, struct error *err)
{
    bool done = berkeley_db_close(file, err);

    mem_free(file);
    return done;
}

static void abandon(void *file)
{
    berkeley_db_abandon(file);
    mem_free(file);
}

const struct map_file map_file_hash = {
    .type = "hash",
    .suffix = ".db",
    .open = open_hash,
    .put = put,
    .remove = remove_key,
    .close = close_table,
    .abandon = abandon,
};

const struct map_file map_file_btree = {
    .type = "btree",
    .suffix = ".db",
    .open = open_btree,
    .put = put,
    .remove = remove_key,
    .close = close_table,
    .abandon = abandon,
};
