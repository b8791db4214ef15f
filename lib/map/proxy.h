/*
 * Look-ups at proxymap, for processes that may open no files and for tables named proxy:. One
 * connection a process, kept open; one round trip a question, however many keys and tables it has.
 * This header holds both halves: what a process asks, and what proxymap receives and sends.
 */
#ifndef BUZON_LIB_MAP_PROXY_H
#define BUZON_LIB_MAP_PROXY_H

#include "lib/io/ipc.h"
#include "lib/map/map.h"

#define PROXY_LIST_MAX  (128U * 1024) /* octets of a list of tables */
#define PROXY_KEY_MAX   (256U * 1024)
#define PROXY_KEYS_MAX  64
#define PROXY_VALUE_MAX (8U * 1024 * 1024)

#define PROXY_FLAGS (MAP_FOLD_KEY | MAP_NO_SUBSTITUTION | MAP_OCTETS)

struct proxy_key {
    struct span octets;
    bool is_partial; /* pattern tables are not asked */
};

/* maps_find_keys as a message */
struct proxy_question {
    const char *list; /* the tables, as the parameter has them */
    uint64_t flags;   /* of PROXY_FLAGS */
    struct proxy_key *keys;
    size_t key_count;
};

struct proxy_answer {
    uint64_t result; /* enum map_result */
    struct span value;
    uint64_t key;       /* which one hit */
    uint64_t table;     /* which table of the list answered */
    const char *reason; /* of UNAVAILABLE; logged by proxymap already */
    uint64_t fresh_ms;  /* so long would proxymap say the same again, without a look at any file */
};

#define PROXY_FRESH_MAX_MS 1000

/* proxy_question_receive - kind NONE: the peer closed. Texts are the arena's. */
bool proxy_question_receive(struct connection *client, struct arena *arena,
                            struct proxy_question *question_r, struct error *err) MUST_CHECK;
bool proxy_answer_send(struct connection *client, const struct proxy_answer *answer,
                       struct error *err) MUST_CHECK;

/* proxy_question_send, proxy_answer_receive - the other side of these two */
bool proxy_question_send(struct connection *proxymap, const struct proxy_question *question,
                         struct error *err) MUST_CHECK;
bool proxy_answer_receive(struct connection *proxymap, struct arena *arena,
                          struct proxy_answer *answer_r, struct error *err) MUST_CHECK;

/* proxy_exchange - one question and its answer over a connection; the texts are the arena's */
bool proxy_exchange(struct connection *proxymap, const struct proxy_question *question,
                    struct arena *arena, struct proxy_answer *answer_r,
                    struct error *err) MUST_CHECK;

/* maps_answer - answer a question from these tables, by asking proxymap where they say so */
enum map_result maps_answer(struct maps *maps, const struct proxy_question *question,
                            struct proxy_answer *answer_r, struct buf *value_r,
                            struct error *err) MUST_CHECK;

/* proxy_is_here - this process is proxymap: from now on, what is named proxy:TABLE is opened as TABLE,
 * for nobody may ask himself and wait */
void proxy_is_here(void);

/*
 * Answers that are still fresh, so that the same question is not asked twice within moments: message after
 * message for one recipient, table after table in a list of restrictions. They are no older than what
 * proxymap would say. At most PROXY_RECENT_MAX, of moderate size; when there are more, all are forgotten.
 */
#define PROXY_RECENT_MAX 100
struct proxy_recent;
struct proxy_recent *proxy_recent_create(void) __attribute__((returns_nonnull));
void proxy_recent_free(struct proxy_recent **recent);
/* proxy_recent_find - false: it has to be asked. answer_r and value_r as in proxy_ask. */
bool proxy_recent_find(struct proxy_recent *recent, const char *service,
                       const struct proxy_question *question, struct proxy_answer *answer_r,
                       struct buf *value_r) MUST_CHECK;
/* proxy_recent_keep - the answer to the question that was not found just before */
void proxy_recent_keep(struct proxy_recent *recent, const struct proxy_answer *answer,
                       struct span value);

/*
 * proxy_ask - put a question to the service `service` and copy the value
 *
 *  answer_r  without value and reason, which end with the call
 *  err       UNAVAILABLE: why; a failure of the connection has been logged here
 */
enum map_result proxy_ask(const char *service, const struct proxy_question *question,
                          struct proxy_answer *answer_r, struct buf *value_r,
                          struct error *err) MUST_CHECK;

#endif
