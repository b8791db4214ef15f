/* A worker reads one question after the other from its end of a socket pair, and answers each. */
#include "lib/base/base.h"

#include "auth/worker.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/sasl/auth_client.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_MAX_CHECKS 10000 /* checks that wait for a worker */
#define TEXT_LIMIT      512

/* --- the messages -------------------------------------------------------------------------------------- */

struct question {
    const char *user, *protocol, *remote_address, *session;
    struct span password;
};

static const struct ipc_field question_fields[] = {
    IPC_TEXT(struct question, user, TEXT_LIMIT),
    IPC_TEXT(struct question, protocol, TEXT_LIMIT),
    IPC_TEXT(struct question, remote_address, TEXT_LIMIT),
    IPC_TEXT(struct question, session, TEXT_LIMIT),
    IPC_OCTETS(struct question, password, SASL_OCTETS_MAX),
    IPC_END,
};
static const struct ipc_message question_message = {"check", 1, question_fields};

struct answer {
    uint64_t outcome, format, uid, gid, quota_storage, quota_messages;
    const char *reason, *user, *path, *home, *system_user;
};

static const struct ipc_field answer_fields[] = {
    IPC_NUMBER(struct answer, outcome, CHECK_UNAVAILABLE),
    IPC_NUMBER(struct answer, format, MAILBOX_MBOX),
    IPC_NUMBER(struct answer, uid, UINT32_MAX - 1),
    IPC_NUMBER(struct answer, gid, UINT32_MAX - 1),
    IPC_NUMBER(struct answer, quota_storage, INT64_MAX),
    IPC_NUMBER(struct answer, quota_messages, INT64_MAX),
    IPC_TEXT(struct answer, reason, ERROR_TEXT_MAX),
    IPC_TEXT(struct answer, user, TEXT_LIMIT),
    IPC_TEXT(struct answer, path, PATH_MAX),
    IPC_TEXT(struct answer, home, PATH_MAX),
    IPC_TEXT(struct answer, system_user, TEXT_LIMIT),
    IPC_END,
};
static const struct ipc_message answer_message = {"checked", 1, answer_fields};

/* --- in the worker ----------------------------------------------------------------------------------------- */

static bool serve_one(struct connection *auth, struct passdb_chain *chain, struct arena *arena,
                      struct error *err)
{
    struct question question = {0};
    struct check_result result;
    struct answer answer;

    if (!ipc_receive(auth, &question_message, arena, &question, err))
        return false;
    result = passdb_check(chain, arena,
                          &(struct credentials){
                              .user = question.user,
                              .password = question.password,
                              .protocol = question.protocol,
                              .remote_address = question.remote_address,
                              .session = question.session,
                          },
                          true);
    answer = (struct answer){
        .outcome = result.outcome,
        .reason = result.reason,
        .user = result.user,
        .format = result.place.format,
        .uid = result.place.uid,
        .gid = result.place.gid,
        .quota_storage = result.place.quota.storage,
        .quota_messages = result.place.quota.messages,
        .path = result.place.path,
        .home = result.place.home,
        .system_user = result.place.user,
    };
    return ipc_send(auth, &answer_message, &answer, err);
}

static void NORETURN serve(int fd, struct passdb_chain *chain)
{
    struct connection *auth = connection_create(fd);
    struct arena *arena = arena_create();
    struct error err = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    connection_timeout(auth, 0);
    while (serve_one(auth, chain, arena, &err))
        arena_reset(arena);
    if (err.kind != ERROR_NONE)
        log_warning("auth worker: %s", err.text);
    _exit(0);
}

/* --- in auth ------------------------------------------------------------------------------------------------- */

struct check {
    struct check *next;
    struct arena *arena;
    struct credentials credentials;
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
    OPENSSL_cleanse((void *)(uintptr_t)check->credentials.password.data,
                    check->credentials.password.len);
    arena_free(&arena);
}

static void fail(struct check *check, const char *reason)
{
    finish(check, &(struct check_result){.outcome = CHECK_UNAVAILABLE,
                                         .reason = reason,
                                         .user = check->credentials.user});
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
    const struct question question = {
        .user = check->credentials.user,
        .protocol = check->credentials.protocol,
        .remote_address = check->credentials.remote_address,
        .session = check->credentials.session,
        .password = check->credentials.password,
    };
    struct error err = {0};

    worker->check = check;
    if (!ipc_send(worker->connection, &question_message, &question, &err)) {
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
    struct answer answer = {0};
    bool taken = ipc_receive(worker->connection, &answer_message, arena, &answer, err);

    if (taken && check != NULL) {
        const struct check_result result = {
            .outcome = (enum check_outcome)answer.outcome,
            .reason = answer.reason,
            .user = answer.user,
            .place =
                {
                        .format = (enum mailbox_format)answer.format,
                        .path = answer.path,
                        .home = answer.home,
                        .user = answer.system_user[0] == '\0' ? NULL : answer.system_user,
                        .uid = (uid_t)answer.uid,
                        .gid = (gid_t)answer.gid,
                        .quota = {.storage = answer.quota_storage, .messages = answer.quota_messages},
                        },
        };
        worker->check = NULL;
        finish(check, &result);
    }
    arena_free(&arena);
    return taken;
}

static void on_answer(void *context, int fd UNUSED, int events UNUSED)
{
    struct worker *worker = context;
    struct error err = {0};

    if (!ipc_read_ready(worker->connection, &err)) {
        if (err.kind != ERROR_NONE)
            log_warning("auth worker: %s", err.text);
        destroy(worker);
        return;
    }
    while (ipc_complete(worker->connection))
        if (!take_answer(worker, &err)) {
            log_warning("auth worker: %s", err.text);
            destroy(worker);
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

static struct worker *find_free(struct worker_pool *pool)
{
    for (struct worker *worker = pool->workers; worker != NULL; worker = worker->next)
        if (worker->check == NULL)
            return worker;
    return pool->count < pool->limit ? start(pool) : NULL;
}

void worker_check(struct worker_pool *pool, const struct credentials *credentials,
                  worker_answer *answer, void *context)
{
    struct arena *arena = arena_create();
    struct check *check = arena_new(arena, struct check);
    struct worker *worker;

    *check = (struct check){.arena = arena, .answer = answer, .context = context};
    check->credentials = (struct credentials){
        .user = arena_copy(arena, credentials->user),
        .password = span_of(arena_text(arena, credentials->password), credentials->password.len),
        .protocol = arena_copy(arena, credentials->protocol),
        .remote_address = arena_copy(arena, credentials->remote_address),
        .session = arena_copy(arena, credentials->session),
    };
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
