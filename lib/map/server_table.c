/* Tables that ask one of several servers (lib/map/server_table.h). */
#include "lib/map/server_table.h"

bool server_table_open(struct server_table *table, const struct config *config, const char *name,
                       struct error *err)
{
    table->settings = table_settings_open(config, name, err);
    if (table->settings != NULL)
        table->query = table_query_create(table->settings, err);
    return table->query != NULL;
}

void server_table_close(struct server_table *table)
{
    servers_free(&table->servers);
    table_query_free(&table->query);
    table_settings_free(&table->settings);
}

bool server_table_changed(const void *opened)
{
    const struct server_table *table = opened;

    return table_settings_changed(table->settings);
}

/* FOUND, ABSENT or UNAVAILABLE; then *goes_on_r says whether another connection may do better. */
static enum map_result ask_one(struct server_table *table, void *connection, struct span key,
                               server_ask *ask, struct buf *value_r, bool *goes_on_r,
                               struct error *err)
{
    struct table_answer answer = {.query = table->query, .key = key, .value = value_r};

    buf_clear(value_r);
    *goes_on_r = false;
    switch (ask(table, connection, &answer, err)) {
    case SERVER_ANSWERED:
        return value_r->len > 0 ? MAP_FOUND : MAP_ABSENT;
    case SERVER_REFUSED:
        *goes_on_r = !answer.too_much && servers_refused(table->servers, err);
        break;
    case SERVER_FINAL:
        break;
    case SERVER_LOST:
        servers_failed(table->servers, err);
        *goes_on_r = true;
        break;
    }
    return MAP_UNAVAILABLE;
}

enum map_result server_table_lookup(struct server_table *table, struct span key, server_ask *ask,
                                    struct buf *value_r, struct error *err)
{
    enum map_result result = table_query_applies(table->query, key, err);
    bool goes_on = true;
    void *connection;

    if (result != MAP_FOUND)
        return result;
    result = MAP_UNAVAILABLE;
    while (goes_on && (connection = servers_connection(table->servers, err)) != NULL)
        result = ask_one(table, connection, key, ask, value_r, &goes_on, err);
    return result;
}
