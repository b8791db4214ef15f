/*
 * pgsql, mysql and sqlite: a query with the key in it, and all values that it gives. The database's
 * own library is in a module (lib/map/module.h); what the three have in common is here. Source:
 * Postfix mysql_table(5), pgsql_table(5), sqlite_table(5).
 */
#include "lib/map/map_type.h"

#include "lib/map/map_fold.h"
#include "lib/map/server_table.h"

#define STATEMENT_MAX (4U * 1024 * 1024)

struct sql_table {
    struct server_table common;
    const struct sql_driver *driver;
    char *template;
    struct buf statement;
};

static void close_table(void *opened)
{
    struct sql_table *table = opened;

    server_table_close(&table->common);
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
    static const char *const names[] = {"table", "select_field", "where_field"};
    const char *values[ARRAY_LENGTH(names)];

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (!table_setting_text(settings, names[i], NULL, &values[i], err))
            return NULL;
        if (values[i] == NULL) {
            error_set(err, ERROR_PERMANENT, "%s: neither 'query' nor '%s' is defined",
                      table_settings_name(settings), names[i]);
            return NULL;
        }
    }
    return mem_printf("SELECT %s FROM %s WHERE %s = '%%s' %s", values[1], values[0], values[2],
                      table_setting(settings, "additional_conditions", ""));
}

static char *find_template(const struct table_settings *settings, const char *type,
                           struct error *err)
{
    const char *query = table_setting(settings, "query", "");
    char *template = NULL;

    if (query[0] != '\0')
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
    const struct table_settings *settings = table->common.settings;
    const char *hosts = table_setting(settings, "hosts", "");

    if (strcmp(type, "sqlite") == 0)
        return servers_create(driver, settings, table_setting(settings, "dbpath", ""), "");
    if (hosts[strspn(hosts, separators)] == '\0')
        hosts = "localhost";
    return servers_create(driver, settings, hosts, separators);
}

/* What the drivers read when they connect. */
static bool check_settings(const struct table_settings *settings, const char *type,
                           struct error *err)
{
    static const struct table_setting_check pgsql[] = {
        {"dbname",  TABLE_SETTING_TEXT,   0},
        {"timeout", TABLE_SETTING_NUMBER, 1},
        {NULL,      TABLE_SETTING_TEXT,   0}
    };
    static const struct table_setting_check mysql[] = {
        {"dbname",             TABLE_SETTING_TEXT, 0},
        {"require_result_set", TABLE_SETTING_FLAG, 0},
        {"tls_verify_cert",    TABLE_SETTING_FLAG, 0},
        {NULL,                 TABLE_SETTING_TEXT, 0}
    };
    static const struct table_setting_check sqlite[] = {
        {"dbpath", TABLE_SETTING_TEXT, 0},
        {NULL,     TABLE_SETTING_TEXT, 0}
    };

    if (strcmp(type, "pgsql") == 0)
        return table_settings_check(settings, pgsql, err);
    return table_settings_check(settings, strcmp(type, "mysql") == 0 ? mysql : sqlite, err);
}

static bool prepare(struct sql_table *table, const char *type, struct error *err)
{
    if (!check_settings(table->common.settings, type, err))
        return false;
    table->template = find_template(table->common.settings, type, err);
    if (table->template == NULL || !table_query_template(table->common.query, table->template, err))
        return false;
    table->common.servers = find_servers(table, type);
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
    if (server_table_open(&table->common, config, name, err) && prepare(table, type, err))
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

static enum server_outcome ask(struct server_table *opened, void *connection,
                               struct table_answer *answer, struct error *err)
{
    struct sql_table *table = (struct sql_table *)opened;
    static const enum server_outcome outcomes[] = {
        [SQL_DONE] = SERVER_ANSWERED,
        [SQL_REFUSED] = SERVER_REFUSED,
        [SQL_LOST] = SERVER_LOST,
    };

    buf_clear(&table->statement);
    if (!table_query_expand(table->template, answer->key, table->driver->quote, connection,
                            &table->statement, err))
        return SERVER_REFUSED;
    return outcomes[table->driver->query(connection, buf_text(&table->statement), add_value, answer,
                                         err)];
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    return map_is_utf8(key) ? server_table_lookup(opened, key, ask, value_r, err) : MAP_ABSENT;
}

const struct map_type map_type_pgsql = {
    .name = "pgsql",
    .traits = MAP_FILES | MAP_SERVER | MAP_WAITS,
    .suffix = "",
    .open = open_pgsql,
    .lookup = lookup,
    .changed = server_table_changed,
    .close = close_table,
};

const struct map_type map_type_mysql = {
    .name = "mysql",
    .traits = MAP_FILES | MAP_SERVER | MAP_WAITS,
    .suffix = "",
    .open = open_mysql,
    .lookup = lookup,
    .changed = server_table_changed,
    .close = close_table,
};

const struct map_type map_type_sqlite = {
    .name = "sqlite",
    .traits = MAP_FILES | MAP_SERVER,
    .suffix = "",
    .open = open_sqlite,
    .lookup = lookup,
    .changed = server_table_changed,
    .close = close_table,
};
