/*
 * Clients and their requests. The socket is open to the group of the set-group-id tools; only our own
 * account and root may bring messages, for what comes with them is delivered as it is.
 */
#include "qmgr/client.h"

#include "qmgr/feed.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/queue/qmgr_client.h"

#include <sys/socket.h>
#include <unistd.h>

struct client {
    struct clients *clients;
    struct connection *connection;
    struct watch *watch;
    bool trusted;
    bool was_told; /* that we are behind */
    struct client *next, **link;
};

struct clients {
    struct qmgr *qmgr;
    struct arena *arena; /* of one request */
    struct client *first;
};

static bool is_trusted(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static void close_client(struct client *client)
{
    *client->link = client->next;
    if (client->next != NULL)
        client->next->link = client->link;
    watch_free(&client->watch);
    connection_free(&client->connection);
    service_release(client->clients->qmgr->instance);
    mem_free(client);
}

/* Behind a message only, so that a client has one of these at most that it has not read. */
static bool tell_flow(struct client *client, struct error *err)
{
    const struct qmgr_flow flow = {feed_is_behind(client->clients->qmgr->feed)};

    if (flow.is_behind == client->was_told)
        return true;
    client->was_told = flow.is_behind;
    return qmgr_flow_send(client->connection, &flow, err);
}

static bool obey(struct client *client, struct qmgr_request *request, struct error *err)
{
    struct qmgr *qmgr = client->clients->qmgr;

    switch (request->verb) {
    case QMGR_ARRIVED:
        if (!client->trusted) {
            error_set(err, ERROR_MALFORMED, "a message from somebody who may not bring any");
            return false;
        }
        feed_arrived(qmgr->feed, request->queue_id, request->file);
        request->file = -1;
        return tell_flow(client, err);
    case QMGR_FLUSH:
        schedule_revive(qmgr->schedule);
        feed_flush(qmgr->feed);
        break;
    case QMGR_FLUSH_MESSAGE:
        feed_flush_message(qmgr->feed, request->queue_id);
        break;
    case QMGR_SCAN:
        feed_scan(qmgr->feed);
        break;
    case QMGR_REVIVE:
        schedule_revive(qmgr->schedule);
        break;
    }
    return true;
}

static bool take_request(struct client *client, struct error *err)
{
    struct arena *arena = client->clients->arena;
    struct qmgr_request request = {.file = -1};
    bool good = qmgr_request_receive(client->connection, arena, &request, err) &&
                obey(client, &request, err);

    fd_close(&request.file);
    arena_reset(arena);
    return good;
}

static void on_readable(void *context, int fd UNUSED, int events UNUSED)
{
    struct client *client = context;
    struct error err = {0};
    bool good = ipc_read_ready(client->connection, &err);

    while (good && ipc_complete(client->connection))
        good = take_request(client, &err);
    if (good)
        return;
    if (err.kind != ERROR_NONE)
        log_warning("qmgr client: %s", err.text);
    close_client(client);
}

void client_accept(struct clients *clients, int fd)
{
    struct client *client = mem_new(struct client);

    client->clients = clients;
    client->trusted = is_trusted(fd);
    client->connection = connection_create(fd);
    ipc_event_driven(client->connection);
    client->watch = watch_fd(clients->qmgr->loop, fd, LOOP_READ, on_readable, client);
    client->next = clients->first;
    client->link = &clients->first;
    if (client->next != NULL)
        client->next->link = &client->next;
    clients->first = client;
}

struct clients *clients_create(struct qmgr *qmgr)
{
    struct clients *clients = mem_new(struct clients);

    clients->qmgr = qmgr;
    clients->arena = arena_create();
    return clients;
}

void clients_close(struct clients *clients)
{
    while (clients->first != NULL)
        close_client(clients->first);
}
