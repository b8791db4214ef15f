/*
 * MariaDB and MySQL, by libmariadb: a module (lib/map/module.h). Servers are named "unix:/socket",
 * "inet:host:port" or "host"; "localhost" is the library's own socket.
 */
#include "lib/map/module.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <stdlib.h>

#define CONNECT_TIMEOUT_S 10
#define ANSWER_TIMEOUT_S  60

static const struct map_host *host;

struct connection {
    MYSQL mysql;
    bool wants_rows; /* require_result_set */
};

static void fail(struct error *err, const char *what, MYSQL *mysql)
{
    host->error_set(err, ERROR_TEMPORARY, "%s: %s", what, mysql_error(mysql));
}

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

/* option_file, option_group: what my.cnf says beyond the table's own settings */
static void read_options(MYSQL *mysql, const struct table_settings *settings)
{
    const char *file = host->setting(settings, "option_file", "");
    const char *group = host->setting(settings, "option_group", "client");

    if (file[0] != '\0')
        (void)mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, file);
    if (group[0] != '\0')
        (void)mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, group);
}

static bool set_tls(MYSQL *mysql, const struct table_settings *settings, struct error *err)
{
    const char *key = or_null(host->setting(settings, "tls_key_file", ""));
    const char *certificate = or_null(host->setting(settings, "tls_cert_file", ""));
    const char *authority = or_null(host->setting(settings, "tls_CAfile", ""));
    const char *authorities = or_null(host->setting(settings, "tls_CApath", ""));
    const char *ciphers = or_null(host->setting(settings, "tls_ciphers", ""));
    bool verifies;
    my_bool verify;

    if (!host->setting_flag(settings, "tls_verify_cert", false, &verifies, err))
        return false;
    if (key != NULL || certificate != NULL || authority != NULL || authorities != NULL ||
        ciphers != NULL)
        (void)mysql_ssl_set(mysql, key, certificate, authority, authorities, ciphers);
    verify = verifies ? 1 : 0;
    if (verifies)
        (void)mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    return true;
}

/* Where it is; a host NULL and a path NULL are the library's own socket. */
struct place {
    char *name;
    unsigned port;
    bool is_path;
};

static void take_port(struct place *place)
{
    char *colon = strrchr(place->name, ':');

    if (colon == NULL)
        return;
    place->port = (unsigned)strtoul(colon + 1, NULL, 10);
    *colon = '\0';
}

static struct place find_place(const char *server)
{
    struct place place = {.is_path = strncmp(server, "unix:", strlen("unix:")) == 0};

    if (place.is_path || strncmp(server, "inet:", strlen("inet:")) == 0)
        server += strlen("unix:");
    place.name = host->mem_span(span_text(server));
    if (!place.is_path)
        take_port(&place);
    if (strcasecmp(place.name, "localhost") == 0) {
        host->mem_free(place.name);
        place.name = NULL;
    }
    return place;
}

static bool join(struct connection *connection, const struct table_settings *settings,
                 const char *server, struct error *err)
{
    struct place place = find_place(server);
    bool joined =
        mysql_real_connect(&connection->mysql, place.is_path ? NULL : place.name,
                           or_null(host->setting(settings, "user", "")),
                           or_null(host->setting(settings, "password", "")),
                           or_null(host->setting(settings, "dbname", "")), place.port,
                           place.is_path ? place.name : NULL, CLIENT_MULTI_RESULTS) != NULL;

    if (!joined)
        fail(err, "connect", &connection->mysql);
    host->mem_free(place.name);
    return joined;
}

static void close_connection(void *opened)
{
    struct connection *connection = opened;

    mysql_close(&connection->mysql);
    host->mem_free(connection);
}

static void *open_connection(const struct map_host *from, const struct table_settings *settings,
                             const char *server, struct error *err)
{
    static const unsigned connect_timeout = CONNECT_TIMEOUT_S;
    static const unsigned answer_timeout = ANSWER_TIMEOUT_S;
    struct connection *connection;

    host = from;
    connection = host->mem_alloc(sizeof(*connection));
    (void)mysql_init(&connection->mysql);
    (void)mysql_options(&connection->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
    (void)mysql_options(&connection->mysql, MYSQL_OPT_READ_TIMEOUT, &answer_timeout);
    (void)mysql_options(&connection->mysql, MYSQL_OPT_WRITE_TIMEOUT, &answer_timeout);
    read_options(&connection->mysql, settings);
    if (host->setting_flag(settings, "require_result_set", true, &connection->wants_rows, err) &&
        set_tls(&connection->mysql, settings, err) && join(connection, settings, server, err))
        return connection;
    close_connection(connection);
    return NULL;
}

static bool quote(void *opened, struct span text, struct buf *quoted_r, struct error *err)
{
    struct connection *connection = opened;
    char *to = host->buf_reserve(quoted_r, text.len * 2 + 1);
    unsigned long len;

    if (to == NULL) {
        host->error_set(err, ERROR_TEMPORARY, "a query is too long");
        return false;
    }
    len = mysql_real_escape_string(&connection->mysql, to, text.data == NULL ? "" : text.data,
                                   text.len);
    if (len == (unsigned long)-1) {
        fail(err, "quote the key", &connection->mysql);
        return false;
    }
    host->buf_commit(quoted_r, len);
    return true;
}

static bool put_rows(MYSQL_RES *result, map_value *put, void *context, struct error *err)
{
    unsigned columns = mysql_num_fields(result);
    MYSQL_ROW row;

    while ((row = mysql_fetch_row(result)) != NULL) {
        const unsigned long *lengths = mysql_fetch_lengths(result);

        for (unsigned i = 0; i < columns; i++) {
            if (!put(context, span_of(row[i], row[i] == NULL ? 0 : lengths[i]), err))
                return false;
        }
    }
    return true;
}

/* The numbers from 2000 on are the client's: of the connection. Two more say that it ends. */
static enum sql_outcome explain(MYSQL *mysql, struct error *err)
{
    unsigned number = mysql_errno(mysql);
    bool is_lost = (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) ||
                   number == ER_SERVER_SHUTDOWN || number == ER_CONNECTION_KILLED;

    fail(err, "query", mysql);
    return is_lost ? SQL_LOST : SQL_REFUSED;
}

/* A stored procedure has a last result without rows; a second one with rows is a mistake in it. */
static enum sql_outcome drain(MYSQL *mysql, struct error *err)
{
    enum sql_outcome outcome = SQL_DONE;
    int more;

    while ((more = mysql_next_result(mysql)) == 0) {
        MYSQL_RES *result = mysql_store_result(mysql);

        if (result == NULL)
            continue;
        mysql_free_result(result);
        host->error_set(err, ERROR_TEMPORARY, "query: it has several results");
        outcome = SQL_REFUSED;
    }
    return more < 0 ? outcome : explain(mysql, err);
}

static enum sql_outcome take_result(struct connection *connection, map_value *put, void *context,
                                    struct error *err)
{
    MYSQL *mysql = &connection->mysql;
    MYSQL_RES *result = mysql_store_result(mysql);
    enum sql_outcome outcome = SQL_DONE;

    if (result == NULL && mysql_errno(mysql) != 0)
        return explain(mysql, err);
    if (result == NULL && connection->wants_rows) {
        host->error_set(err, ERROR_TEMPORARY, "query: it has no result");
        return SQL_REFUSED;
    }
    if (result != NULL) {
        if (!put_rows(result, put, context, err))
            outcome = SQL_REFUSED;
        mysql_free_result(result);
    }
    return outcome;
}

static enum sql_outcome query(void *opened, const char *statement, map_value *put, void *context,
                              struct error *err)
{
    struct connection *connection = opened;
    struct error of_rest;
    enum sql_outcome outcome;
    enum sql_outcome rest;

    if (mysql_query(&connection->mysql, statement) != 0)
        return explain(&connection->mysql, err);
    outcome = take_result(connection, put, context, err);
    if (outcome == SQL_LOST)
        return outcome;
    rest = drain(&connection->mysql, outcome == SQL_DONE ? err : &of_rest);
    return outcome == SQL_DONE || rest == SQL_LOST ? rest : outcome;
}

static const struct sql_driver driver = {
    .server = {.connect = open_connection, .close = close_connection},
    .quote = quote,
    .query = query,
};

MAP_MODULE = {
    .abi = MAP_MODULE_ABI,
    .type = "mysql",
    .sql = &driver,
};
