/*
 * auth's workers (lib/service/workers.h): they ask the databases (slow hashes, PAM, tables of other hosts).
 */
#ifndef BUZON_AUTH_WORKER_H
#define BUZON_AUTH_WORKER_H

#include "auth/passdb.h"
#include "lib/io/loop.h"

struct worker_pool;

/* The answer; the result's texts are good for the call only. */
typedef void worker_answer(void *context, const struct check_result *result);

/*
 * worker_pool_create
 *
 *  before_serving  called in each new worker first: close what belongs to auth alone; may be NULL
 */
struct worker_pool *worker_pool_create(struct loop *loop, struct passdb_chain *chain, size_t limit,
                                       void (*before_serving)(void))
    __attribute__((returns_nonnull));

/* worker_ask - answered later, exactly once, from the loop; CHECK_UNAVAILABLE when the worker died
 * or the line is too long */
void worker_ask(struct worker_pool *pool, const struct question *question, worker_answer *answer,
                void *context);

#endif
