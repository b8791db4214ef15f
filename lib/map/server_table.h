/*
 * What tables have in common that ask one of several servers: their settings, what they ask for at all,
 * the servers, and the look-up that goes on with another server where one fails. For sql_table.c,
 * ldap_table.c and redis_table.c.
 */
#ifndef BUZON_LIB_MAP_SERVER_TABLE_H
#define BUZON_LIB_MAP_SERVER_TABLE_H

#include "lib/map/servers.h"
#include "lib/map/table_query.h"

/* The first member of such a table's struct: what a map_type hands over is then both. */
struct server_table {
    struct table_settings *settings;
    struct table_query *query;
    struct servers *servers; /* servers_create, when the table has read what it needs for that */
};

/* server_table_open - read the settings; false and *err: they are wrong. Close it in either case. */
bool server_table_open(struct server_table *table, const struct config *config, const char *name,
                       struct error *err) MUST_CHECK;
void server_table_close(struct server_table *table);
/* server_table_changed - for the map_type of a table that begins with a server_table */
bool server_table_changed(const void *opened);

enum server_outcome {
    SERVER_ANSWERED,
    SERVER_REFUSED, /* *err: a server that was not asked before may be set up wrongly */
    SERVER_FINAL,   /* *err: no other server would do better */
    SERVER_LOST,    /* *err: the connection is of no use any more */
};

/* server_ask - put the question about answer->key to a server and add the values that it gives */
typedef enum server_outcome server_ask(struct server_table *table, void *connection,
                                       struct table_answer *answer, struct error *err);

/* server_table_lookup - as map_lookup: the first server that answers counts; no value is ABSENT */
enum map_result server_table_lookup(struct server_table *table, struct span key, server_ask *ask,
                                    struct buf *value_r, struct error *err) MUST_CHECK;

#endif
