/*
 * PostgreSQL, by libpq: a module (lib/map/module.h). Servers are named as Postfix names them,
 * "unix:/directory", "inet:host:port", "host", or by an URI of libpq.
 */
#include "lib/map/module.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#define TIMEOUT_S        "10" /* of a connection, and of a server whose host says nothing any more */
#define ANSWER_TIMEOUT_S 60   /* where the settings do not say it */
#define PORT_MAX         8

static const struct map_host *host;

struct connection {
    PGconn *server;
    int timeout_s; /* of an answer */
};

/* libpq's messages are lines. */
static void fail(struct error *err, const char *what, const char *message)
{
    host->error_set(err, ERROR_TEMPORARY, "%s: %.*s", what, (int)strcspn(message, "\n"), message);
}

static bool is_uri(const char *server)
{
    return strncmp(server, "postgresql:", strlen("postgresql:")) == 0 ||
           strncmp(server, "postgres:", strlen("postgres:")) == 0;
}

/* "unix:" and "inet:" are taken off: libpq knows a directory by its slash. */
static struct span split_server(const char *server, char port_r[PORT_MAX])
{
    struct span name = span_text(server);
    const char *colon;

    if (strncmp(server, "unix:", strlen("unix:")) == 0 ||
        strncmp(server, "inet:", strlen("inet:")) == 0)
        name = span_of(server + strlen("unix:"), name.len - strlen("unix:"));
    colon = name.len == 0 ? NULL : memrchr(name.data, ':', name.len);
    port_r[0] = '\0';
    if (colon != NULL && name.data[0] != '/') {
        (void)snprintf(port_r, PORT_MAX, "%s", colon + 1);
        name.len = (size_t)(colon - name.data);
    }
    if (name.len > 2 && name.data[0] == '[' && name.data[name.len - 1] == ']')
        name = span_of(name.data + 1, name.len - 2);
    return name;
}

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static PGconn *start(const struct table_settings *settings, const char *server)
{
    char port[PORT_MAX];
    char *name = is_uri(server) ? NULL : host->mem_span(split_server(server, port));
    /* An URI stands in the place of dbname and says the rest. */
    const char *const keys[] = {"dbname",
                                "host",
                                "port",
                                "user",
                                "password",
                                "client_encoding",
                                "connect_timeout",
                                "tcp_user_timeout",
                                "fallback_application_name",
                                NULL};
    const char *const values[] = {
        name == NULL ? server : or_null(host->setting(settings, "dbname", "")),
        name,
        name == NULL ? NULL : or_null(port),
        name == NULL ? NULL : or_null(host->setting(settings, "user", "")),
        name == NULL ? NULL : or_null(host->setting(settings, "password", "")),
        host->setting(settings, "encoding", "UTF8"),
        TIMEOUT_S,
        TIMEOUT_S "000",
        "buzon",
        NULL,
    };
    PGconn *connection = PQconnectdbParams(keys, values, 1);

    host->mem_free(name);
    return connection;
}

static void close_connection(void *opened)
{
    struct connection *connection = opened;

    PQfinish(connection->server);
    host->mem_free(connection);
}

static void *open_connection(const struct map_host *from, const struct table_settings *settings,
                             const char *server, struct error *err)
{
    struct connection *connection;

    host = from;
    connection = host->mem_alloc(sizeof(*connection));
    if (host->setting_number(settings, "timeout", ANSWER_TIMEOUT_S, 1, &connection->timeout_s,
                             err)) {
        connection->server = start(settings, server);
        /* else a statement that the server does not read would hold us while it is sent */
        if (connection->server != NULL && PQstatus(connection->server) == CONNECTION_OK &&
            PQsetnonblocking(connection->server, 1) == 0)
            return connection;
        fail(err, "connect",
             connection->server == NULL ? "out of memory" : PQerrorMessage(connection->server));
    }
    close_connection(connection);
    return NULL;
}

/* The connection knows the encoding, without which no quoting is safe. */
static bool quote(void *opened, struct span text, struct buf *quoted_r, struct error *err)
{
    const struct connection *connection = opened;
    char *to = host->buf_reserve(quoted_r, text.len * 2 + 1);
    int failure = 0;
    size_t len;

    if (to == NULL) {
        host->error_set(err, ERROR_TEMPORARY, "a query is too long");
        return false;
    }
    len = PQescapeStringConn(connection->server, to, text.data == NULL ? "" : text.data, text.len,
                             &failure);
    if (failure != 0) {
        fail(err, "quote the key", PQerrorMessage(connection->server));
        return false;
    }
    host->buf_commit(quoted_r, len);
    return true;
}

static bool put_rows(const PGresult *result, map_value *put, void *context, struct error *err)
{
    int rows = PQntuples(result);
    int columns = PQnfields(result);

    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
            struct span value = {PQgetvalue(result, row, column),
                                 (size_t)PQgetlength(result, row, column)};

            if (PQgetisnull(result, row, column) != 0)
                value = SPAN_EMPTY;
            if (!put(context, value, err))
                return false;
        }
    }
    return true;
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until there is a result, or the statement has gone and then a result; false: there is none in time. A server that
 * is alive and does not answer must not hold us for ever: PQexec would wait. */
static bool await_result(PGconn *server, int64_t deadline_ms)
{
    int unsent;

    while ((unsent = PQflush(server)) > 0 || (unsent == 0 && PQisBusy(server) != 0)) {
        struct pollfd waiting = {
            .fd = PQsocket(server),
            .events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN),
        };
        int64_t left_ms = deadline_ms - now_ms();

        if (left_ms <= 0 || PQsocket(server) < 0 || poll(&waiting, 1, (int)left_ms) == 0)
            return false;
        if ((waiting.revents & ~POLLOUT) != 0 && PQconsumeInput(server) == 0)
            break; /* lost: the result says so */
    }
    return true;
}

/* The last result of a statement, as PQexec has it; NULL: it is not there in time. */
static PGresult *execute(const struct connection *connection, const char *statement)
{
    int64_t deadline_ms = now_ms() + (int64_t)connection->timeout_s * 1000;
    PGresult *last = NULL;
    PGresult *next;

    if (PQsendQuery(connection->server, statement) == 0)
        return PQmakeEmptyPGresult(connection->server, PGRES_FATAL_ERROR);
    while (await_result(connection->server, deadline_ms)) {
        next = PQgetResult(connection->server);
        if (next == NULL)
            return last == NULL ? PQmakeEmptyPGresult(connection->server, PGRES_FATAL_ERROR) : last;
        PQclear(last);
        last = next;
        if (PQstatus(connection->server) != CONNECTION_OK)
            return last;
    }
    PQclear(last);
    return NULL;
}

static enum sql_outcome query(void *opened, const char *statement, map_value *put, void *context,
                              struct error *err)
{
    const struct connection *connection = opened;
    PGresult *result = execute(connection, statement);
    ExecStatusType status = PQresultStatus(result);
    enum sql_outcome outcome = SQL_REFUSED;

    if (result == NULL) {
        fail(err, "query", "the server does not answer");
        return SQL_LOST;
    }
    if (status == PGRES_TUPLES_OK) {
        if (put_rows(result, put, context, err))
            outcome = SQL_DONE;
    } else if (status == PGRES_COMMAND_OK) {
        fail(err, "query", "it has no result");
    } else {
        fail(err, "query", PQerrorMessage(connection->server));
        if (PQstatus(connection->server) != CONNECTION_OK)
            outcome = SQL_LOST;
    }
    PQclear(result);
    return outcome;
}

static const struct sql_driver driver = {
    .server = {.connect = open_connection, .close = close_connection},
    .quote = quote,
    .query = query,
};

MAP_MODULE = {
    .abi = MAP_MODULE_ABI,
    .type = "pgsql",
    .sql = &driver,
};
