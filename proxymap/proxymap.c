/*
 * proxymap: looks tables up for processes that may open no files. Event-driven: one process answers
 * all of them, over connections that they keep. Look-ups that wait for servers are for its workers, so
 * that nobody else waits. It opens the tables that the configuration names, and no others; it talks to
 * daemons of its own instance only. As the service proxywrite it owns the tables that others change.
 */
#include "lib/base/base.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/service/workers.h"
#include "proxymap/caches.h"
#include "proxymap/tables.h"

#include <unistd.h>

/* Clients of one process; for more, master starts another. */
#define CLIENTS_MAX 200

#define WORKER_IDLE_MS 60000

struct client {
    struct connection *connection;
    struct watch *watch;
    struct client *previous, *next;
    struct arena *arena; /* of the question that a worker has; else NULL */
    struct proxy_question question;
};

static struct proxymap {
    const struct service_instance *instance;
    struct tables *tables; /* of proxymap; NULL in proxywrite */
    struct caches *caches; /* of proxywrite; NULL in proxymap */
    struct arena *arena;   /* of one question */
    struct client *clients;
    size_t client_count;
    struct workers_kind worker_kind;
    struct workers *workers;
    bool drains;
} proxymap;

static void free_client(struct client *client)
{
    if (client->previous != NULL)
        client->previous->next = client->next;
    else
        proxymap.clients = client->next;
    if (client->next != NULL)
        client->next->previous = client->previous;
    watch_free(&client->watch);
    connection_free(&client->connection);
    mem_free(client);
    proxymap.client_count--;
    if (proxymap.client_count == CLIENTS_MAX - 1)
        service_accepting(proxymap.instance, true);
    service_release(proxymap.instance);
}

/* Between questions a client loses nothing: it asks the next one at another process. */
static void part_with_clients(const struct service_instance *instance UNUSED)
{
    struct client *next;

    proxymap.drains = true;
    for (struct client *client = proxymap.clients; client != NULL; client = next) {
        next = client->next;
        if (client->arena == NULL)
            free_client(client);
    }
}

/* Tell the client that there is no answer, and why. */
static bool refuse(struct client *client, const char *reason, struct error *err)
{
    log_warning("%s: %s", client->question.list, reason);
    return proxy_answer_send(client->connection,
                             &(struct proxy_answer){.result = MAP_UNAVAILABLE, .reason = reason},
                             err);
}

/* Until the worker has answered, this client is not listened to. */
static bool leave_to_worker(struct client *client, struct error *err)
{
    if (!workers_ask(proxymap.workers, client))
        return refuse(client, "no look-up worker is free", err);
    client->arena = proxymap.arena;
    proxymap.arena = arena_create();
    watch_events(client->watch, 0);
    watch_deadline(client->watch, -1);
    return true;
}

static bool answer_look_up(struct client *client, struct error *err)
{
    struct proxy_answer answer;

    if (!proxy_question_receive(client->connection, proxymap.arena, &client->question, err))
        return false;
    if (tables_wait(proxymap.tables, client->question.list))
        return leave_to_worker(client, err);
    tables_answer(proxymap.tables, &client->question, &answer);
    return proxy_answer_send(client->connection, &answer, err);
}

static bool answer_change(struct connection *client, struct error *err)
{
    struct cache_question question;
    struct cache_answer answer;

    if (!cache_question_receive(client, proxymap.arena, &question, err))
        return false;
    caches_answer(proxymap.caches, &question, &answer);
    return cache_answer_send(client, &answer, err);
}

static bool answer_questions(struct client *client, struct error *err)
{
    while (client->arena == NULL && ipc_complete(client->connection)) {
        arena_reset(proxymap.arena);
        if (!(proxymap.caches != NULL ? answer_change(client->connection, err)
                                      : answer_look_up(client, err)))
            return false;
    }
    return true;
}

/* What a client's connection is watched for next, or its end. */
static void go_on(struct client *client, bool goes_on, const struct error *err)
{
    if (!goes_on || (proxymap.drains && client->arena == NULL)) {
        if (err->kind != ERROR_NONE)
            log_warning("%s", err->text);
        free_client(client);
    } else if (client->arena == NULL) { /* else its worker's answer comes first */
        /* no further question before the answer has gone */
        watch_events(client->watch, ipc_wants_write(client->connection) ? LOOP_WRITE : LOOP_READ);
    }
    if (proxymap.tables != NULL && tables_are_stale(proxymap.tables))
        part_with_clients(NULL);
}

static void on_client(void *context, int fd UNUSED, int events)
{
    struct client *client = context;
    struct error err = {0};
    bool goes_on = (events & LOOP_TIMEOUT) == 0;

    if (goes_on && (events & LOOP_WRITE) != 0)
        goes_on = ipc_write_ready(client->connection, &err);
    if (goes_on && (events & LOOP_READ) != 0)
        goes_on = ipc_read_ready(client->connection, &err) && answer_questions(client, &err);
    go_on(client, goes_on, &err);
}

/* --- what waits for servers ------------------------------------------------------------------------- */

/* In a worker. */
static bool begin_work(void *context UNUSED, struct error *err UNUSED)
{
    for (const struct client *client = proxymap.clients; client != NULL; client = client->next)
        (void)close(connection_fd(client->connection));
    return true;
}

static bool work(struct connection *daemon, struct arena *arena, void *context UNUSED,
                 struct error *err)
{
    struct proxy_question question;
    struct proxy_answer answer;

    if (!proxy_question_receive(daemon, arena, &question, err))
        return false;
    tables_answer(proxymap.tables, &question, &answer);
    return proxy_answer_send(daemon, &answer, err);
}

static bool ask_worker(struct connection *worker, const void *question, struct error *err)
{
    const struct client *client = question;

    return proxy_question_send(worker, &client->question, err);
}

/* A client that said more than one thing at once gets its next answers now. */
static void finish_look_up(struct client *client, bool sent, struct error *err)
{
    arena_free(&client->arena);
    watch_deadline(client->watch, clock_ms(proxymap.instance->config->ipc_timeout));
    go_on(client, sent && answer_questions(client, err), err);
}

static bool take_answer(struct connection *worker, struct arena *arena, void *question,
                        struct error *err)
{
    struct client *client = question;
    struct proxy_answer answer;
    struct error failure = {0};

    if (!proxy_answer_receive(worker, arena, &answer, err))
        return false;
    finish_look_up(client, proxy_answer_send(client->connection, &answer, &failure), &failure);
    return true;
}

static void fail_look_up(void *question, const char *reason)
{
    struct client *client = question;
    struct error failure = {0};

    finish_look_up(client, refuse(client, reason, &failure), &failure);
}

static bool start(const struct service_instance *instance, struct error *err UNUSED)
{
    proxymap.worker_kind = (struct workers_kind){
        .name = "look-up worker",
        .limit = (size_t)instance->config->proxymap_worker_limit,
        .line_max = CLIENTS_MAX,
        .idle_ms = WORKER_IDLE_MS,
        .begin = begin_work,
        .serve = work,
        .ask = ask_worker,
        .answer = take_answer,
        .fail = fail_look_up,
    };
    if (proxymap.tables != NULL)
        proxymap.workers = workers_create(instance->loop, &proxymap.worker_kind);
    return true;
}

/* --- the service ---------------------------------------------------------------------------------------- */

static void on_connection(int fd, const struct service_instance *instance)
{
    struct client *client = mem_new(struct client);

    client->connection = connection_create(fd);
    ipc_event_driven(client->connection);
    client->watch = watch_fd(instance->loop, fd, LOOP_READ, on_client, client);
    watch_deadline(client->watch, clock_ms(instance->config->ipc_timeout));
    client->next = proxymap.clients;
    if (client->next != NULL)
        client->next->previous = client;
    proxymap.clients = client;
    if (++proxymap.client_count == CLIENTS_MAX)
        service_accepting(instance, false);
}

static bool prepare(const struct service_instance *instance, struct error *err)
{
    proxymap.instance = instance;
    proxymap.arena = arena_create();
    if (strcmp(instance->name, instance->config->proxywrite_service_name) == 0)
        proxymap.caches = caches_create(instance->config);
    else
        proxymap.tables = tables_create(instance, err);
    return proxymap.caches != NULL || proxymap.tables != NULL;
}

static bool is_stale(const struct service_instance *instance UNUSED)
{
    return proxymap.tables != NULL && tables_are_stale(proxymap.tables);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "proxymap",
        .user = SERVICE_USER_MAPS,
        .sandbox = SANDBOX_NO_EXEC,
        .prepare = prepare,
        .start = start,
        .opens_for_others = true,
        .on_connection = on_connection,
        .is_stale = is_stale,
        .on_drain = part_with_clients,
    };

    return service_main(&service, argc, argv);
}
