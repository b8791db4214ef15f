/*
 * The servers behind a table: any one of them will do. Connections are kept; those that were idle
 * for a minute are made anew; a server that does not answer is left alone for a while, longer each
 * time. Sockets of this host come first, and among equals chance decides. Source: Postfix
 * mysql_table(5), "hosts".
 */
#ifndef BUZON_LIB_MAP_SERVERS_H
#define BUZON_LIB_MAP_SERVERS_H

#include "lib/map/module.h"

struct servers;

/* servers_create - `names` are separated by any of `separators`; the driver and the settings are
 * borrowed. Nothing is connected yet. */
struct servers *servers_create(const struct server_driver *driver,
                               const struct table_settings *settings, const char *names,
                               const char *separators) __attribute__((returns_nonnull));
void servers_free(struct servers **servers);

/* servers_connection - one that is open, or is opened now; NULL and *err: no server answers */
void *servers_connection(struct servers *servers, struct error *err) MUST_CHECK;
/* servers_failed - what servers_connection gave last is of no use: it is closed. Then ask for another
 * one; a server whose new connection fails is left alone, so that this comes to an end. */
void servers_failed(struct servers *servers, const struct error *why);
/*
 * servers_refused - the server did answer, but with an error
 *
 * False: it has answered well before, so it is what was asked that is wrong, perhaps by somebody's
 * design; nobody else is asked. True: as after servers_failed, ask for another connection.
 */
bool servers_refused(struct servers *servers, const struct error *why) MUST_CHECK;

#endif
