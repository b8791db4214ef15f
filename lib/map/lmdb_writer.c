/* Writing lmdb files, in one transaction. */
#include "lib/map/map_file.h"

#include <lmdb.h>

/* Address space for a table of unknown size: it costs nothing but the numbers. */
#define MAP_SIZE_UNKNOWN (UINT64_C(16) << 30)
#define MAP_SIZE_FACTOR  16

struct lmdb_file {
    MDB_env *environment;
    MDB_txn *writing; /* NULL: committed */
    MDB_dbi dbi;
    uint64_t final_size; /* lmdb_map_size: what readers and later writers reserve at the least */
};

static void fail(struct error *err, int failure, const char *what)
{
    if (failure > 0) {
        errno = failure;
        error_errno(err, "%s", what);
    } else {
        error_set(err, ERROR_TEMPORARY, "%s: %s", what, mdb_strerror(failure));
    }
}

static void abandon(void *opened)
{
    struct lmdb_file *file = opened;

    mdb_txn_abort(file->writing);
    mdb_env_close(file->environment);
    mem_free(file);
}

static uint64_t reserve(const struct map_writer_settings *settings)
{
    uint64_t least = (uint64_t)settings->config->lmdb_map_size;
    uint64_t wanted = settings->source_size * MAP_SIZE_FACTOR;

    if (settings->source_size == 0 || settings->from_present)
        wanted = MAP_SIZE_UNKNOWN;
    return wanted > least ? wanted : least;
}

/* Synced by hand when it is closed: before that, nobody knows the file. */
static int open_environment(struct lmdb_file *file, const char *path, uint64_t size)
{
    int failure = mdb_env_create(&file->environment);

    if (failure == 0)
        failure = mdb_env_set_mapsize(file->environment, size);
    if (failure == 0)
        failure =
            mdb_env_open(file->environment, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600);
    if (failure == 0)
        failure = mdb_txn_begin(file->environment, NULL, 0, &file->writing);
    if (failure == 0)
        failure = mdb_dbi_open(file->writing, NULL, 0, &file->dbi);
    return failure;
}

static void *open_file(const char *path, const struct map_writer_settings *settings,
                       bool is_empty UNUSED, struct error *err)
{
    struct lmdb_file *file = mem_new(struct lmdb_file);
    int failure;

    file->final_size = (uint64_t)settings->config->lmdb_map_size;
    failure = open_environment(file, path, reserve(settings));
    if (failure == 0)
        return file;
    fail(err, failure, "open database");
    error_prefix(err, "%s", path);
    abandon(file);
    return NULL;
}

static MDB_val value_of(struct span text)
{
    union {
        const char *borrowed;
        void *data;
    } octets = {text.data};

    return (MDB_val){text.len, octets.data};
}

static enum map_put put(void *opened, struct span key, struct span value, bool replaces,
                        struct error *err)
{
    struct lmdb_file *file = opened;
    MDB_val name = value_of(key);
    MDB_val content = value_of(value);
    int failure =
        mdb_put(file->writing, file->dbi, &name, &content, replaces ? 0 : MDB_NOOVERWRITE);

    if (failure == 0)
        return MAP_PUT_DONE;
    if (failure == MDB_KEYEXIST)
        return MAP_PUT_DUPLICATE;
    fail(err, failure, failure == MDB_BAD_VALSIZE ? "key too long" : "write database");
    return MAP_PUT_FAILED;
}

static enum map_result remove_key(void *opened, struct span key, struct error *err)
{
    struct lmdb_file *file = opened;
    MDB_val name = value_of(key);
    int failure = mdb_del(file->writing, file->dbi, &name, NULL);

    if (failure == 0)
        return MAP_FOUND;
    if (failure == MDB_NOTFOUND || failure == MDB_BAD_VALSIZE)
        return MAP_ABSENT;
    fail(err, failure, "change database");
    return MAP_UNAVAILABLE;
}

/* The size that was reserved is written with a transaction that changes something. */
static int write_reserve(struct lmdb_file *file)
{
    MDB_val name = value_of(SPAN_LITERAL("\xff"));
    MDB_val content = value_of(SPAN_LITERAL("\xff"));
    MDB_txn *transaction;
    int failure = mdb_txn_begin(file->environment, NULL, 0, &transaction);

    if (failure != 0)
        return failure;
    failure = mdb_put(transaction, file->dbi, &name, &content, MDB_NOOVERWRITE);
    if (failure == 0)
        failure = mdb_del(transaction, file->dbi, &name, NULL);
    if (failure == 0)
        return mdb_txn_commit(transaction);
    mdb_txn_abort(transaction);
    return failure == MDB_KEYEXIST ? 0 : failure;
}

/* Readers shall not have to reserve more than twice what there is. */
static int shrink_reserve(struct lmdb_file *file)
{
    MDB_envinfo info;
    MDB_stat pages;
    uint64_t used;
    int failure = mdb_env_info(file->environment, &info);

    if (failure == 0)
        failure = mdb_env_stat(file->environment, &pages);
    if (failure != 0)
        return failure;
    used = (uint64_t)(info.me_last_pgno + 1) * pages.ms_psize * 2;
    failure =
        mdb_env_set_mapsize(file->environment, used > file->final_size ? used : file->final_size);
    return failure == 0 ? write_reserve(file) : failure;
}

static bool close_file(void *opened, struct error *err)
{
    struct lmdb_file *file = opened;
    int failure = mdb_txn_commit(file->writing);

    file->writing = NULL;
    if (failure == 0)
        failure = shrink_reserve(file);
    if (failure == 0)
        failure = mdb_env_sync(file->environment, 1);
    if (failure != 0)
        fail(err, failure, "write database");
    abandon(file);
    return failure == 0;
}

const struct map_file map_file_lmdb = {
    .type = "lmdb",
    .suffix = ".lmdb",
    .open = open_file,
    .put = put,
    .remove = remove_key,
    .close = close_file,
    .abandon = abandon,
};
