/* A worker reads one question after the other from its end of a socket pair, and answers each. */
#include "lib/base/base.h"

#include "auth/worker.h"

#include "auth/worker_message.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_MAX_CHECKS 10000 /* checks that wait for a worker */

/* --- in the worker ----------------------------------------------------------------------------------------- */

static bool serve_one(struct connection *auth, struct passdb_chain *chain, struct arena *arena,
                      struct error *err)
{
    struct question question;
    struct check_result result;

    if (!worker_question_receive(auth, arena, &question, err))
        return false;
    result = passdb_ask(chain, arena, &question);
    return worker_answer_send(auth, &result, err);
}

/* With databases of its own: what a table holds open is not shared. */
static void NORETURN serve(int fd, struct passdb_chain *chain)
{
    struct connection *auth = connection_create(fd);
    struct arena *arena = arena_create();
    struct error err = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    connection_timeout(auth, 0);
    chain = passdb_reopen(chain, &err);
    while (chain != NULL && serve_one(auth, chain, arena, &err))
        arena_reset(arena);
    if (err.kind != ERROR_NONE)
        log_warning("auth worker: %s", err.text);
    _exit(0);
}

/* --- in auth ------------------------------------------------------------------------------------------------- */

struct check {
    struct check *next;
    struct arena *arena;
    struct question question;
    worker_answer *answer;
    void *context;
};

struct worker {
    struct worker_pool *pool;
    struct worker *next;
    struct connection *connection;
    struct watch *watch;
    struct check *check; /* being worked on, NULL: free */
};

struct worker_pool {
    struct loop *loop;
    struct passdb_chain *chain;
    void (*before_serving)(void);
    struct worker *workers;
    size_t count, limit;
    struct check *first, **last; /* the line */
    size_t waiting;
};

struct worker_pool *worker_pool_create(struct loop *loop, struct passdb_chain *chain, size_t limit,
                                       void (*before_serving)(void))
{
    struct worker_pool *pool = mem_new(struct worker_pool);

    *pool = (struct worker_pool){
        .loop = loop, .chain = chain, .limit = limit, .before_serving = before_serving};
    pool->last = &pool->first;
    return pool;
}

static void finish(struct check *check, const struct check_result *result)
{
    struct arena *arena = check->arena;

    check->answer(check->context, result);
    if (check->question.password.len > 0)
        OPENSSL_cleanse((void *)(uintptr_t)check->question.password.data,
                        check->question.password.len);
    arena_free(&arena);
}

static void fail(struct check *check, const char *reason)
{
    finish(check, &(struct check_result){.outcome = CHECK_UNAVAILABLE,
                                         .reason = reason,
                                         .explanation = "",
                                         .user = check->question.user});
}

static void destroy(struct worker *worker)
{
    struct worker_pool *pool = worker->pool;
    struct worker **at = &pool->workers;

    while (*at != worker)
        at = &(*at)->next;
    *at = worker->next;
    pool->count--;
    watch_free(&worker->watch);
    connection_free(&worker->connection);
    if (worker->check != NULL)
        fail(worker->check, "the auth worker died");
    mem_free(worker);
}

static void give(struct worker *worker, struct check *check)
{
    struct error err = {0};

    worker->check = check;
    if (!worker_question_send(worker->connection, &check->question, &err)) {
        log_warning("auth worker: %s", err.text);
        destroy(worker);
    }
}

static void give_next(struct worker *worker)
{
    struct worker_pool *pool = worker->pool;
    struct check *check = pool->first;

    if (check == NULL)
        return;
    pool->first = check->next;
    if (pool->first == NULL)
        pool->last = &pool->first;
    pool->waiting--;
    give(worker, check);
}

static bool take_answer(struct worker *worker, struct error *err)
{
    struct arena *arena = arena_create();
    struct check *check = worker->check;
    struct check_result result;
    bool taken = worker_answer_receive(worker->connection, arena, &result, err);

    if (taken && check != NULL) {
        worker->check = NULL;
        finish(check, &result);
    }
    arena_free(&arena);
    return taken;
}

static void serve_line(struct worker_pool *pool);

static void lose(struct worker *worker, const struct error *err)
{
    struct worker_pool *pool = worker->pool;

    if (err->kind != ERROR_NONE)
        log_warning("auth worker: %s", err->text);
    destroy(worker);
    serve_line(pool);
}

static void on_answer(void *context, int fd UNUSED, int events UNUSED)
{
    struct worker *worker = context;
    struct error err = {0};

    if (!ipc_read_ready(worker->connection, &err)) {
        lose(worker, &err);
        return;
    }
    while (ipc_complete(worker->connection))
        if (!take_answer(worker, &err)) {
            lose(worker, &err);
            return;
        }
    if (worker->check == NULL)
        give_next(worker);
}

static struct worker *start(struct worker_pool *pool)
{
    struct worker *worker;
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        log_warning("start an auth worker: %s", strerror(errno));
        return NULL;
    }
    pid = fork();
    if (pid < 0) {
        log_warning("start an auth worker: %s", strerror(errno));
        fd_close(&ends[0]);
        fd_close(&ends[1]);
        return NULL;
    }
    if (pid == 0) {
        close(ends[0]);
        for (const struct worker *other = pool->workers; other != NULL; other = other->next)
            close(connection_fd(other->connection));
        if (pool->before_serving != NULL)
            pool->before_serving();
        serve(ends[1], pool->chain);
    }
    close(ends[1]);
    worker = mem_new(struct worker);
    *worker = (struct worker){.pool = pool, .next = pool->workers};
    worker->connection = connection_create(ends[0]);
    ipc_event_driven(worker->connection);
    worker->watch = watch_fd(pool->loop, ends[0], LOOP_READ, on_answer, worker);
    pool->workers = worker;
    pool->count++;
    return worker;
}

/* A worker died: those who wait in line shall not wait for ever. */
static void serve_line(struct worker_pool *pool)
{
    struct worker *worker;

    while (pool->first != NULL && pool->count < pool->limit && (worker = start(pool)) != NULL)
        give_next(worker);
}

static struct worker *find_free(struct worker_pool *pool)
{
    for (struct worker *worker = pool->workers; worker != NULL; worker = worker->next)
        if (worker->check == NULL)
            return worker;
    return pool->count < pool->limit ? start(pool) : NULL;
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
    struct worker *worker;

    *check = (struct check){.arena = arena, .answer = answer, .context = context};
    copy_question(arena, question, &check->question);
    worker = find_free(pool);
    if (worker != NULL) {
        give(worker, check);
    } else if (pool->count == 0 || pool->waiting >= LINE_MAX_CHECKS) {
        fail(check, "no auth worker is free");
    } else {
        *pool->last = check;
        pool->last = &check->next;
        pool->waiting++;
    }
}
