/* Berkeley DB files: opening and closing (lib/map/berkeley_db.h). */
#include "lib/map/berkeley_db.h"

#include "lib/base/log.h"

#define CACHE_LEAST     65536               /* octets; the library needs 20 kB */
#define CACHE_PART_MOST (UINT64_C(1) << 30) /* of one region */
#define PAGE_SIZE       4096                /* as Postfix's files have on most systems */

/* The library's own words about trouble go to the log. */
static void on_library_error(const DB_ENV *environment UNUSED, const char *prefix UNUSED,
                             const char *message)
{
    log_warning("Berkeley DB: %s", message);
}

void berkeley_db_fail(struct error *err, int failure, const char *what)
{
    if (failure > 0) {
        errno = failure;
        error_errno(err, "%s", what);
    } else {
        error_set(err, ERROR_TEMPORARY, "%s: %s", what, db_strerror(failure));
    }
}

/* No home directory: everything is in memory. */
static int open_environment(struct berkeley_db *db, uint64_t cache_size)
{
    int failure = db_env_create(&db->environment, 0);

    if (failure != 0) {
        db->environment = NULL;
        return failure;
    }
    if (cache_size < CACHE_LEAST)
        cache_size = CACHE_LEAST;
    db->environment->set_errcall(db->environment, on_library_error);
    failure = db->environment->set_cachesize(
        db->environment, (uint32_t)(cache_size / CACHE_PART_MOST),
        (uint32_t)(cache_size % CACHE_PART_MOST), (int)(cache_size / CACHE_PART_MOST) + 1);
    if (failure != 0)
        return failure;
    return db->environment->open(db->environment, NULL, DB_CREATE | DB_PRIVATE | DB_INIT_MPOOL,
                                 0600);
}

static int open_file(struct berkeley_db *db, const char *path, DBTYPE type, uint32_t flags)
{
    int failure = db_create(&db->file, db->environment, 0);

    if (failure != 0) {
        db->file = NULL;
        return failure;
    }
    if ((flags & DB_CREATE) != 0)
        failure = db->file->set_pagesize(db->file, PAGE_SIZE);
    if (failure != 0)
        return failure;
    return db->file->open(db->file, NULL, path, NULL, type, flags, 0600);
}

static int close_with(struct berkeley_db *db, uint32_t flags)
{
    int failure = 0;

    if (db->file != NULL)
        failure = db->file->close(db->file, flags);
    if (db->environment != NULL)
        (void)db->environment->close(db->environment, 0);
    *db = (struct berkeley_db){0};
    return failure;
}

void berkeley_db_abandon(struct berkeley_db *db)
{
    (void)close_with(db, DB_NOSYNC);
}

bool berkeley_db_close(struct berkeley_db *db, struct error *err)
{
    int failure = close_with(db, 0);

    if (failure != 0)
        berkeley_db_fail(err, failure, "close database");
    return failure == 0;
}

bool berkeley_db_open(struct berkeley_db *db, const char *path, DBTYPE type, uint32_t flags,
                      uint64_t cache_size, struct error *err)
{
    int failure;

    *db = (struct berkeley_db){0};
    failure = open_environment(db, cache_size);
    if (failure == 0)
        failure = open_file(db, path, type, flags);
    if (failure != 0) {
        char *what = mem_printf("open database %s", path);

        berkeley_db_fail(err, failure, what);
        mem_free(what);
        berkeley_db_abandon(db);
    }
    return failure == 0;
}
