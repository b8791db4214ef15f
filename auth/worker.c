/* A worker reads one question after the other from its end of a socket pair, and answers each. */
#include "lib/base/base.h"

#include "auth/worker.h"

#include "auth/worker_message.h"
#include "lib/service/workers.h"

#include <openssl/crypto.h>

#define LINE_MAX_CHECKS 10000 /* checks that wait for a worker */

struct worker_pool {
    struct workers_kind kind;
    struct workers *workers;
    struct passdb_chain *chain;
    void (*before_serving)(void);
};

struct check {
    struct arena *arena;
    struct question question;
    worker_answer *answer;
    void *context;
};

/* --- in the worker ----------------------------------------------------------------------------------------- */

/* With databases of its own: what a table holds open is not shared. */
static bool begin(void *context, struct error *err)
{
    struct worker_pool *pool = context;

    if (pool->before_serving != NULL)
        pool->before_serving();
    pool->chain = passdb_reopen(pool->chain, err);
    return pool->chain != NULL;
}

static bool serve(struct connection *auth, struct arena *arena, void *context, struct error *err)
{
    struct worker_pool *pool = context;
    struct question question;
    struct check_result result;

    if (!worker_question_receive(auth, arena, &question, err))
        return false;
    result = passdb_ask(pool->chain, arena, &question);
    return worker_answer_send(auth, &result, err);
}

/* --- in auth ------------------------------------------------------------------------------------------------- */

static void finish(struct check *check, const struct check_result *result)
{
    struct arena *arena = check->arena;

    check->answer(check->context, result);
    if (check->question.password.len > 0)
        OPENSSL_cleanse((void *)(uintptr_t)check->question.password.data,
                        check->question.password.len);
    arena_free(&arena);
}

static bool ask(struct connection *worker, const void *question, struct error *err)
{
    const struct check *check = question;

    return worker_question_send(worker, &check->question, err);
}

static bool take_answer(struct connection *worker, struct arena *arena, void *question,
                        struct error *err)
{
    struct check_result result;

    if (!worker_answer_receive(worker, arena, &result, err))
        return false;
    finish(question, &result);
    return true;
}

static void fail(void *question, const char *reason)
{
    struct check *check = question;

    finish(check, &(struct check_result){.outcome = CHECK_UNAVAILABLE,
                                         .reason = reason,
                                         .explanation = "",
                                         .user = check->question.user});
}

struct worker_pool *worker_pool_create(struct loop *loop, struct passdb_chain *chain, size_t limit,
                                       void (*before_serving)(void))
{
    struct worker_pool *pool = mem_new(struct worker_pool);

    pool->chain = chain;
    pool->before_serving = before_serving;
    pool->kind = (struct workers_kind){
        .name = "auth worker",
        .limit = limit,
        .line_max = LINE_MAX_CHECKS,
        .idle_ms = -1,
        .context = pool,
        .begin = begin,
        .serve = serve,
        .ask = ask,
        .answer = take_answer,
        .fail = fail,
    };
    pool->workers = workers_create(loop, &pool->kind);
    return pool;
}

static void copy_question(struct arena *arena, const struct question *question,
                          struct question *copy_r)
{
    const struct span password = question->password;

    *copy_r = (struct question){
        .kind = question->kind,
        .user = arena_copy(arena, question->user),
        .act_as = arena_copy(arena, question->act_as),
        .wanted = arena_copy(arena, question->wanted),
        .password = span_of(arena_text(arena, password), password.len),
        .protocol = arena_copy(arena, question->protocol),
        .remote_address = arena_copy(arena, question->remote_address),
        .session = arena_copy(arena, question->session),
    };
}

void worker_ask(struct worker_pool *pool, const struct question *question, worker_answer *answer,
                void *context)
{
    struct arena *arena = arena_create();
    struct check *check = arena_new(arena, struct check);

    *check = (struct check){.arena = arena, .answer = answer, .context = context};
    copy_question(arena, question, &check->question);
    if (!workers_ask(pool->workers, check))
        fail(check, "no auth worker is free");
}
