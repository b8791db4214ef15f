/* A worker reads one question after the other from its end of a socket pair, and answers each. */
#include "lib/service/workers.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct waiting {
    struct waiting *next;
    void *question;
};

struct worker {
    struct workers *workers;
    struct worker *next;
    struct connection *connection;
    struct watch *watch;
    void *question; /* being worked on, NULL: free */
};

struct workers {
    struct loop *loop;
    const struct workers_kind *kind;
    struct worker *all;
    size_t count;
    struct waiting *first, **last; /* the line */
    size_t waiting;
};

struct workers *workers_create(struct loop *loop, const struct workers_kind *kind)
{
    struct workers *workers = mem_new(struct workers);

    workers->loop = loop;
    workers->kind = kind;
    workers->last = &workers->first;
    (void)signal(SIGCHLD, SIG_IGN);
    return workers;
}

/* --- in the worker ----------------------------------------------------------------------------------------- */

static void NORETURN serve(int fd, const struct workers_kind *kind)
{
    struct connection *daemon = connection_create(fd);
    struct arena *arena = arena_create();
    struct error err = {0};

    (void)signal(SIGCHLD, SIG_DFL); /* libraries may have children of their own */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    connection_timeout(daemon, 0);
    if (kind->begin(kind->context, &err)) {
        while (kind->serve(daemon, arena, kind->context, &err))
            arena_reset(arena);
    }
    if (err.kind != ERROR_NONE)
        log_warning("%s: %s", kind->name, err.text);
    _exit(0);
}

/* --- in the daemon --------------------------------------------------------------------------------------- */

static void destroy(struct worker *worker)
{
    struct workers *workers = worker->workers;
    struct worker **at = &workers->all;
    void *question = worker->question;

    while (*at != worker)
        at = &(*at)->next;
    *at = worker->next;
    workers->count--;
    watch_free(&worker->watch);
    connection_free(&worker->connection);
    mem_free(worker);
    if (question != NULL)
        workers->kind->fail(question, "the worker died");
}

/* When it cannot be sent, the loop finds the connection at its end, and the question is failed then. */
static void give(struct worker *worker, void *question)
{
    const struct workers_kind *kind = worker->workers->kind;
    struct error err = {0};

    worker->question = question;
    watch_deadline(worker->watch, -1);
    if (!kind->ask(worker->connection, question, &err)) {
        log_warning("%s: %s", kind->name, err.text);
        (void)shutdown(connection_fd(worker->connection), SHUT_RDWR);
    } else if (ipc_wants_write(worker->connection)) {
        watch_events(worker->watch, LOOP_READ | LOOP_WRITE);
    }
}

static void give_next(struct worker *worker)
{
    struct workers *workers = worker->workers;
    struct waiting *waiting = workers->first;
    void *question;

    if (waiting == NULL) {
        watch_deadline(worker->watch, workers->kind->idle_ms);
        return;
    }
    workers->first = waiting->next;
    if (workers->first == NULL)
        workers->last = &workers->first;
    workers->waiting--;
    question = waiting->question;
    mem_free(waiting);
    give(worker, question);
}

/* Whoever gets the answer may ask again at once: this worker is not free before that is over. */
static bool take_answer(struct worker *worker, struct error *err)
{
    struct arena *arena = arena_create();
    bool taken = worker->question != NULL &&
                 worker->workers->kind->answer(worker->connection, arena, worker->question, err);

    arena_free(&arena);
    if (taken)
        worker->question = NULL;
    return taken;
}

static bool go_on(struct worker *worker, int events, struct error *err)
{
    if ((events & LOOP_TIMEOUT) != 0)
        return false; /* it had nothing to do for long */
    if ((events & LOOP_WRITE) != 0) {
        if (!ipc_write_ready(worker->connection, err))
            return false;
        if (!ipc_wants_write(worker->connection))
            watch_events(worker->watch, LOOP_READ);
    }
    if ((events & LOOP_READ) != 0 && !ipc_read_ready(worker->connection, err))
        return false;
    return !ipc_complete(worker->connection) || take_answer(worker, err);
}

static void serve_line(struct workers *workers);

static void lose(struct worker *worker, const struct error *err)
{
    struct workers *workers = worker->workers;

    if (err->kind != ERROR_NONE)
        log_warning("%s: %s", workers->kind->name, err->text);
    destroy(worker);
    serve_line(workers);
}

static void on_event(void *context, int fd UNUSED, int events)
{
    struct worker *worker = context;
    struct error err = {0};

    if (!go_on(worker, events, &err))
        lose(worker, &err);
    else if (worker->question == NULL)
        give_next(worker);
}

static pid_t start_process(const struct workers *workers, int ends[2])
{
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    pid = fork();
    if (pid < 0) {
        fd_close(&ends[0]);
        fd_close(&ends[1]);
    } else if (pid == 0) {
        (void)close(ends[0]);
        for (const struct worker *other = workers->all; other != NULL; other = other->next)
            (void)close(connection_fd(other->connection));
        serve(ends[1], workers->kind);
    }
    return pid;
}

static struct worker *start(struct workers *workers)
{
    struct worker *worker;
    int ends[2];

    if (start_process(workers, ends) < 0) {
        log_warning("start a process: %s: %s", workers->kind->name, strerror(errno));
        return NULL;
    }
    (void)close(ends[1]);
    worker = mem_new(struct worker);
    *worker = (struct worker){.workers = workers, .next = workers->all};
    worker->connection = connection_create(ends[0]);
    ipc_event_driven(worker->connection);
    worker->watch = watch_fd(workers->loop, ends[0], LOOP_READ, on_event, worker);
    workers->all = worker;
    workers->count++;
    return worker;
}

/* A worker died: those who wait in line shall not wait for ever. */
static void serve_line(struct workers *workers)
{
    struct worker *worker;

    while (workers->first != NULL && workers->count < workers->kind->limit &&
           (worker = start(workers)) != NULL)
        give_next(worker);
}

static struct worker *find_free(struct workers *workers)
{
    for (struct worker *worker = workers->all; worker != NULL; worker = worker->next) {
        if (worker->question == NULL)
            return worker;
    }
    return workers->count < workers->kind->limit ? start(workers) : NULL;
}

bool workers_ask(struct workers *workers, void *question)
{
    struct worker *worker = find_free(workers);
    struct waiting *waiting;

    if (worker != NULL) {
        give(worker, question);
    } else if (workers->count == 0 || workers->waiting >= workers->kind->line_max) {
        return false;
    } else {
        waiting = mem_new(struct waiting);
        waiting->question = question;
        *workers->last = waiting;
        workers->last = &waiting->next;
        workers->waiting++;
    }
    return true;
}
