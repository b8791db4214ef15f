/* SQLite files, by libsqlite3: a module (lib/map/module.h). The one server is the file. */
#include "lib/map/module.h"

#include <sqlite3.h>
#include <sys/stat.h>

#define LOCKED_MS 5000 /* how long a writer may keep us waiting */

static const struct map_host *host;

static void fail(struct error *err, const char *what, sqlite3 *database)
{
    host->error_set(err, ERROR_TEMPORARY, "%s: %s", what,
                    database == NULL ? "out of memory" : sqlite3_errmsg(database));
}

static void close_file(void *database)
{
    (void)sqlite3_close(database);
}

static void *open_file(const struct map_host *from, const struct table_settings *settings UNUSED,
                       const char *path, struct error *err)
{
    sqlite3 *database = NULL;
    struct stat status;
    int failure;

    host = from;
    if (stat(path, &status) == 0 &&
        !S_ISREG(status.st_mode)) { /* the library would wait at a FIFO */
        host->error_set(err, ERROR_TEMPORARY, "open: %s is not a regular file", path);
        return NULL;
    }
    failure = sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (failure == SQLITE_OK)
        failure = sqlite3_busy_timeout(database, LOCKED_MS);
    if (failure == SQLITE_OK)
        return database;
    fail(err, "open", database);
    close_file(database);
    return NULL;
}

/* SQL's own quoting; a key has no NUL in it. */
static bool quote(void *database UNUSED, struct span text, struct buf *quoted_r, struct error *err)
{
    while (text.len > 0) {
        const char *mark = memchr(text.data, '\'', text.len);
        size_t plain = mark == NULL ? text.len : (size_t)(mark - text.data) + 1;

        if (!host->buf_append(quoted_r, text.data, plain) ||
            (mark != NULL && !host->buf_append(quoted_r, "'", 1))) {
            host->error_set(err, ERROR_TEMPORARY, "a query is too long");
            return false;
        }
        text = (struct span){text.data + plain, text.len - plain};
    }
    return true;
}

/* Of each row only the first column, as Postfix has it. */
static bool put_row(sqlite3_stmt *statement, map_value *put, void *context, struct error *err)
{
    const void *text = sqlite3_column_text(statement, 0);

    return put(context, span_of(text, (size_t)sqlite3_column_bytes(statement, 0)), err);
}

/* Another file has taken the name: the connection is to be made anew. */
static bool was_replaced(sqlite3 *database)
{
    int moved = 0;

    return sqlite3_file_control(database, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
           moved != 0;
}

/* Damage and trouble of the file call for opening it anew. */
static enum sql_outcome explain(sqlite3 *database, int failure, struct error *err)
{
    fail(err, "query", database);
    switch (failure & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return SQL_LOST;
    default:
        return SQL_REFUSED;
    }
}

static enum sql_outcome run(sqlite3 *database, sqlite3_stmt *statement, map_value *put,
                            void *context, struct error *err)
{
    int step;

    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!put_row(statement, put, context, err))
            return SQL_REFUSED;
    }
    return step == SQLITE_DONE ? SQL_DONE : explain(database, step, err);
}

static enum sql_outcome query(void *database, const char *text, map_value *put, void *context,
                              struct error *err)
{
    sqlite3_stmt *statement = NULL;
    const char *rest = text;
    enum sql_outcome outcome;
    int failure;

    if (was_replaced(database)) {
        host->error_set(err, ERROR_TEMPORARY, "the file was replaced");
        return SQL_LOST;
    }
    failure = sqlite3_prepare_v2(database, text, -1, &statement, &rest);
    if (failure != SQLITE_OK)
        return explain(database, failure, err);
    if (rest[strspn(rest, " \t\r\n;")] != '\0')
        host->log_warning("sqlite: ignoring text at the end of a query: %s", rest);
    outcome = run(database, statement, put, context, err);
    (void)sqlite3_finalize(statement);
    return outcome;
}

static const struct sql_driver driver = {
    .server = {.connect = open_file, .close = close_file},
    .quote = quote,
    .query = query,
};

MAP_MODULE = {
    .abi = MAP_MODULE_ABI,
    .type = "sqlite",
    .sql = &driver,
};
