/*
 * pgsql, mysql and sqlite: a query with the key in it, and all values that it gives. The database's
 * own library is in a module (lib/map/module.h); what the three have in common is here. Source:
 * Postfix mysql_table(5), pgsql_table(5), sqlite_table(5).
 */
#include "lib/map/map_type.h"

#include "lib/map/map_fold.h"
#include "lib/map/servers.h"
#include "lib/map/table_query.h"

#define STATEMENT_MAX (4U * 1024 * 1024)

struct sql_table {
    const struct sql_driver *driver;
    struct table_settings *settings;
    struct table_query *query;
    struct servers *servers;
    char *template;
    struct buf statement;
};

static void close_table(void *opened)
{
    struct sql_table *table = opened;

    servers_free(&table->servers);
    table_query_free(&table->query);
    table_settings_free(&table->settings);
    buf_release(&table->statement);
    mem_free(table->template);
    mem_free(table);
}

/* --- opening ------------------------------------------------------------------------------------- */

/* pgsql's way of before, next after `query`. */
static char *function_template(const struct table_settings *settings)
{
    const char *function = table_setting(settings, "select_function", "");

    return function[0] == '\0' ? NULL : mem_printf("SELECT %s('%%s')", function);
}

/* Postfix's way before 2.2, from pieces. */
static char *legacy_template(const struct table_settings *settings, struct error *err)
{
    static const char *const names[] = {"select_field", "table", "where_field"};
    const char *values[ARRAY_LENGTH(names)];

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        values[i] = table_setting(settings, names[i], "");
        if (values[i][0] == '\0') {
            error_set(err, ERROR_PERMANENT, "%s: neither 'query' nor '%s' is defined",
                      table_settings_name(settings), names[i]);
            return NULL;
        }
    }
    return mem_printf("SELECT %s FROM %s WHERE %s = '%%s' %s", values[0], values[1], values[2],
                      table_setting(settings, "additional_conditions", ""));
}

static char *find_template(const struct table_settings *settings, const char *type,
                           struct error *err)
{
    const char *query = table_setting(settings, "query", NULL);
    char *template = NULL;

    if (query != NULL)
        return mem_text(query);
    if (strcmp(type, "pgsql") == 0)
        template = function_template(settings);
    return template != NULL ? template : legacy_template(settings, err);
}

/* sqlite's one server is its file. */
static struct servers *find_servers(const struct sql_table *table, const char *type)
{
    static const char separators[] = ", \t\r\n";
    const struct server_driver *driver = &table->driver->server;
    const char *hosts = table_setting(table->settings, "hosts", "");

    if (strcmp(type, "sqlite") == 0)
        return servers_create(driver, table->settings, table_setting(table->settings, "dbpath", ""),
                              "");
    if (hosts[strspn(hosts, separators)] == '\0')
        hosts = "localhost";
    return servers_create(driver, table->settings, hosts, separators);
}

static bool prepare(struct sql_table *table, const char *type, struct error *err)
{
    table->template = find_template(table->settings, type, err);
    if (table->template == NULL)
        return false;
    table->query = table_query_create(table->settings, err);
    if (table->query == NULL || !table_query_template(table->query, table->template, err))
        return false;
    table->servers = find_servers(table, type);
    return true;
}

static void *open_table(const struct config *config, const char *name, const char *type,
                        struct error *err)
{
    const struct map_module *module = map_module_load(config, type, err);
    struct sql_table *table;

    if (module == NULL)
        return NULL;
    table = mem_new(struct sql_table);
    table->driver = module->sql;
    table->statement = BUF(STATEMENT_MAX);
    table->settings = table_settings_open(config, name, err);
    if (table->settings != NULL && prepare(table, type, err))
        return table;
    close_table(table);
    return NULL;
}

static void *open_pgsql(const struct config *config, const char *name, struct error *err)
{
    return open_table(config, name, "pgsql", err);
}

static void *open_mysql(const struct config *config, const char *name, struct error *err)
{
    return open_table(config, name, "mysql", err);
}

static void *open_sqlite(const struct config *config, const char *name, struct error *err)
{
    return open_table(config, name, "sqlite", err);
}

/* --- asking -------------------------------------------------------------------------------------- */

static bool add_value(void *context, struct span value, struct error *err)
{
    return value.data == NULL || table_answer_add(context, value, err);
}

static enum sql_outcome ask(struct sql_table *table, void *connection, struct table_answer *answer,
                            struct error *err)
{
    buf_clear(&table->statement);
    if (!table_query_expand(table->template, answer->key, table->driver->quote, connection,
                            &table->statement, err))
        return SQL_REFUSED;
    return table->driver->query(connection, buf_text(&table->statement), add_value, answer, err);
}

/* FOUND, ABSENT or UNAVAILABLE; then *goes_on_r says whether another connection may do better. */
static enum map_result ask_server(struct sql_table *table, void *connection, struct span key,
                                  struct buf *value_r, bool *goes_on_r, struct error *err)
{
    struct table_answer answer = {.query = table->query, .key = key, .value = value_r};

    buf_clear(value_r);
    *goes_on_r = false;
    switch (ask(table, connection, &answer, err)) {
    case SQL_DONE:
        return value_r->len > 0 ? MAP_FOUND : MAP_ABSENT;
    case SQL_REFUSED:
        *goes_on_r = !answer.too_much && servers_refused(table->servers, err);
        break;
    case SQL_LOST:
        servers_failed(table->servers, err);
        *goes_on_r = true;
        break;
    }
    return MAP_UNAVAILABLE;
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    struct sql_table *table = opened;
    enum map_result result;
    bool goes_on = true;
    void *connection;

    if (!map_is_utf8(key))
        return MAP_ABSENT;
    result = table_query_applies(table->query, key, err);
    if (result != MAP_FOUND)
        return result;
    result = MAP_UNAVAILABLE;
    while (goes_on && (connection = servers_connection(table->servers, err)) != NULL)
        result = ask_server(table, connection, key, value_r, &goes_on, err);
    return result;
}

static bool changed(const void *opened)
{
    const struct sql_table *table = opened;

    return table_settings_changed(table->settings);
}

const struct map_type map_type_pgsql = {
    .name = "pgsql",
    .traits = MAP_FILES | MAP_SERVER | MAP_WAITS,
    .suffix = "",
    .open = open_pgsql,
    .lookup = lookup,
    .changed = changed,
    .close = close_table,
};

const struct map_type map_type_mysql = {
    .name = "mysql",
    .traits = MAP_FILES | MAP_SERVER | MAP_WAITS,
    .suffix = "",
    .open = open_mysql,
    .lookup = lookup,
    .changed = changed,
    .close = close_table,
};

const struct map_type map_type_sqlite = {
    .name = "sqlite",
    .traits = MAP_FILES | MAP_SERVER,
    .suffix = "",
    .open = open_sqlite,
    .lookup = lookup,
    .changed = changed,
    .close = close_table,
};
