/* Questions to proxywrite and its answers: changeable tables that several daemons share. */
#ifndef BUZON_LIB_MAP_CACHE_PROXY_H
#define BUZON_LIB_MAP_CACHE_PROXY_H

#include "lib/io/ipc.h"
#include "lib/map/cache.h"

#define CACHE_TEXT_MAX (1024U * 1024) /* octets of a key or value */
#define CACHE_NAME_MAX 4096

enum cache_verb { CACHE_GET, CACHE_PUT, CACHE_REMOVE, CACHE_NEXT };

struct cache_question {
    const char *table; /* "proxy:btree:/x" */
    uint64_t verb;     /* enum cache_verb */
    struct span key, value;
};

struct cache_answer {
    uint64_t result; /* enum map_result; of PUT: FOUND */
    struct span key, value;
    const char *reason; /* of UNAVAILABLE; logged by proxywrite already */
};

/* cache_question_receive - kind NONE: the peer closed. Texts are the arena's. */
bool cache_question_receive(struct connection *client, struct arena *arena,
                            struct cache_question *question_r, struct error *err) MUST_CHECK;
bool cache_answer_send(struct connection *client, const struct cache_answer *answer,
                       struct error *err) MUST_CHECK;

#endif
