/*
 * proxymap: looks tables up for processes that may open no files. Event-driven: one process answers
 * all of them, over connections that they keep. It opens the tables that the configuration names, and
 * no others; it talks to daemons of its own instance only. As the service proxywrite it owns the
 * tables that others change.
 */
#include "lib/base/base.h"

#include "lib/base/log.h"
#include "proxymap/caches.h"
#include "proxymap/tables.h"

/* Clients of one process; for more, master starts another. Where look-ups wait for servers, fewer of
 * them shall wait for each other. */
#define CLIENTS_MAX         200
#define CLIENTS_MAX_WAITING 8

struct client {
    struct connection *connection;
    struct watch *watch;
    struct client *previous, *next;
};

static struct proxymap {
    const struct service_instance *instance;
    struct tables *tables; /* of proxymap; NULL in proxywrite */
    struct caches *caches; /* of proxywrite; NULL in proxymap */
    struct arena *arena;   /* of one question */
    struct client *clients;
    size_t client_count, clients_max;
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
    if (proxymap.client_count == proxymap.clients_max - 1)
        service_accepting(proxymap.instance, true);
    service_release(proxymap.instance);
}

/* Between questions a client loses nothing: it asks the next one at another process. */
static void part_with_clients(const struct service_instance *instance UNUSED)
{
    struct client *next;

    for (struct client *client = proxymap.clients; client != NULL; client = next) {
        next = client->next;
        free_client(client);
    }
}

static bool answer_look_up(struct connection *client, struct error *err)
{
    struct proxy_question question;
    struct proxy_answer answer;

    if (!proxy_question_receive(client, proxymap.arena, &question, err))
        return false;
    tables_answer(proxymap.tables, &question, &answer);
    return proxy_answer_send(client, &answer, err);
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
    while (ipc_complete(client->connection)) {
        arena_reset(proxymap.arena);
        if (!(proxymap.caches != NULL ? answer_change(client->connection, err)
                                      : answer_look_up(client->connection, err)))
            return false;
    }
    return true;
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
    if (!goes_on) {
        if (err.kind != ERROR_NONE)
            log_warning("%s", err.text);
        free_client(client);
    } else if (ipc_wants_write(client->connection)) {
        watch_events(client->watch, LOOP_WRITE); /* no further question before that */
    } else {
        watch_events(client->watch, LOOP_READ);
    }
    if (proxymap.tables != NULL && tables_are_stale(proxymap.tables))
        part_with_clients(NULL);
}

static void on_connection(int fd, const struct service_instance *instance)
{
    struct client *client = mem_new(struct client);

    client->connection = connection_create(fd);
    ipc_event_driven(client->connection);
    client->watch = watch_fd(instance->loop, fd, LOOP_READ, on_client, client);
    watch_deadline(client->watch, instance->config->ipc_timeout * 1000);
    client->next = proxymap.clients;
    if (client->next != NULL)
        client->next->previous = client;
    proxymap.clients = client;
    if (++proxymap.client_count == proxymap.clients_max)
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
    proxymap.clients_max =
        proxymap.tables != NULL && tables_wait(proxymap.tables) ? CLIENTS_MAX_WAITING : CLIENTS_MAX;
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
        .on_connection = on_connection,
        .is_stale = is_stale,
        .on_drain = part_with_clients,
    };

    return service_main(&service, argc, argv);
}
