/*
 * Tables that take the place of those of Berkeley DB and are not there yet: with
 * non_bdb_migration_level = enable-reindex, who opens one asks nbdb_reindexd to make it. This header holds both
 * halves: the question, and what that daemon receives and sends. Source: Postfix 3.11 nbdb_reindexd(8).
 */
#ifndef BUZON_LIB_MAP_REINDEX_H
#define BUZON_LIB_MAP_REINDEX_H

#include "lib/config/config.h"
#include "lib/io/ipc.h"

#define REINDEX_TYPE_MAX 16
#define REINDEX_PATH_MAX 4096 /* octets */

struct reindex_request {
    const char *type; /* "hash" or "btree" */
    const char *path; /* of the source, absolute */
};

struct reindex_answer {
    bool done;          /* the table is there */
    const char *reason; /* why not */
};

/* reindex_request_receive - kind NONE: the peer closed. Texts are the arena's. */
bool reindex_request_receive(struct connection *client, struct arena *arena,
                             struct reindex_request *request_r, struct error *err) MUST_CHECK;
bool reindex_answer_send(struct connection *client, const struct reindex_answer *answer,
                         struct error *err) MUST_CHECK;

/*
 * map_reindex - before a table is opened: see to it that it is there
 *
 *  specification  "hash:/etc/aliases"
 *  redirected     what map_redirect made of it
 *  err            TEMPORARY, and logged: it is missing and was not made
 *
 * True also where nobody makes tables, and without a file of Berkeley DB: then it may be missing, and who opens it
 * sees that. Waits for half a minute at the most.
 */
bool map_reindex(const struct config *config, const char *specification, const char *redirected,
                 struct error *err) MUST_CHECK;

#endif
