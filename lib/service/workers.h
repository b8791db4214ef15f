/*
 * Workers: processes of an event-driven daemon for what takes long (databases, slow hashes), so that the
 * daemon itself never waits. Forked on demand, one question at a time each; what does not find a free one
 * waits in line. A daemon asks no database itself: what a table holds open is never shared by two processes.
 */
#ifndef BUZON_LIB_SERVICE_WORKERS_H
#define BUZON_LIB_SERVICE_WORKERS_H

#include "lib/io/ipc.h"
#include "lib/io/loop.h"

struct workers;

struct workers_kind {
    const char *name; /* "auth worker", for the log */
    size_t limit;     /* processes */
    size_t line_max;  /* questions that wait for one */
    int idle_ms;      /* one that has nothing to do ends after this time; -1: never */
    void *context;    /* of the first two functions */

    /* In a new worker, first: close what belongs to the daemon alone, open what is its own. */
    bool (*begin)(void *context, struct error *err);
    /* In a worker: receive one question and answer it; the arena is for this question. False as ipc_receive. */
    bool (*serve)(struct connection *daemon, struct arena *arena, void *context, struct error *err);

    /* In the daemon: send a question. */
    bool (*ask)(struct connection *worker, const void *question, struct error *err);
    /* In the daemon: receive the answer and hand it on; false: it did not come, and `fail` will be called */
    bool (*answer)(struct connection *worker, struct arena *arena, void *question,
                   struct error *err);
    /* In the daemon: there is no answer to this question. */
    void (*fail)(void *question, const char *reason);
};

/* workers_create - the kind is borrowed for ever; children of this process are reaped from now on */
struct workers *workers_create(struct loop *loop, const struct workers_kind *kind)
    __attribute__((returns_nonnull));

/*
 * workers_ask - one of `answer` and `fail` is called later, exactly once, from the loop; the question
 * stays the caller's, and must be there until then. False: neither will, for no worker can be had or the
 * line is too long.
 */
bool workers_ask(struct workers *workers, void *question) MUST_CHECK;

#endif
