/*
 * The hand-over: imapd or pop3d gets the client's descriptor, or under TLS one end of a socket pair, with
 * the ticket, and says that it took it. Until then the client is ours, and is told when nobody does.
 */
#include "lib/base/base.h"

#include "login/client.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <sys/socket.h>

#define HANDOVER_MS 30000

static void give_up(struct client *client, const char *why)
{
    log_error("%s-login: %s: %s", client->login->protocol->name, client->login->protocol->service,
              why);
    watch_free(&client->session_watch);
    connection_free(&client->session_peer);
    client->state = CLIENT_COMMAND;
    client->login->protocol->failed(client, AUTH_UNAVAILABLE);
}

static void on_accepted(struct client *client, uint64_t pid)
{
    log_login(client, pid);
    watch_free(&client->session_watch);
    session_begin(client);
    connection_free(&client->session_peer);
    if (client->relay != NULL) {
        client->state = CLIENT_RELAY;
        buf_release(&client->input);
        watch_deadline(client->watch, -1);
        relay_on_event(client, LOOP_READ | LOOP_WRITE);
    } else {
        client_destroy(client); /* our descriptor only: imapd has its own */
    }
}

static void on_answer(void *context, int fd UNUSED, int events)
{
    struct client *client = context;
    struct session_accepted accepted = {0};
    struct error err = {0};
    struct arena *arena;
    bool was_accepted;

    if ((events & LOOP_TIMEOUT) != 0) {
        relay_free(client);
        give_up(client, "no answer");
        client_resume(client);
        return;
    }
    if ((events & LOOP_READ) != 0 && ipc_read_ready(client->session_peer, &err) &&
        !ipc_complete(client->session_peer))
        return;
    arena = arena_create();
    was_accepted =
        err.kind == ERROR_NONE && ipc_complete(client->session_peer) &&
        ipc_receive(client->session_peer, &session_accepted_message, arena, &accepted, &err);
    arena_free(&arena);
    if (was_accepted) {
        on_accepted(client, accepted.pid);
    } else {
        relay_free(client);
        give_up(client, err.kind == ERROR_NONE ? "it hung up" : err.text);
        client_resume(client);
    }
}

/* The descriptor that the session gets; -1 and *err. `to_close_r`: it is ours to close once it is sent. */
static int session_descriptor(struct client *client, int *to_close_r, struct error *err)
{
    int ends[2];

    *to_close_r = -1;
    if (client->tls == NULL)
        return client->fd;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        error_errno(err, "socketpair");
        return -1;
    }
    fd_set_nonblocking(ends[0], true);
    relay_begin(client, ends[0]);
    *to_close_r = ends[1];
    return ends[1];
}

static bool offer(struct client *client, const char *ticket, struct error *err)
{
    struct session_handover handover = {
        .ticket = ticket,
        .protocol = client->login->protocol->name,
        .tag = client->tag,
        .session = client->session,
        .remote_address = client->remote,
        .local_address = client->local,
        .secured = client_is_secured(client),
        .input = buf_span(&client->input),
    };
    int peer = service_connect_fd(client->login->protocol->service, err), to_close;
    bool sent;

    if (peer < 0)
        return false;
    client->session_peer = connection_create(peer);
    ipc_event_driven(client->session_peer);
    handover.client = session_descriptor(client, &to_close, err);
    if (handover.client < 0)
        return false;
    if (client->tls == NULL)
        fd_set_nonblocking(client->fd, false); /* the session's end is the same open file */
    sent = ipc_send(client->session_peer, &session_handover_message, &handover, err);
    fd_close(&to_close);
    return sent;
}

void handover_begin(struct client *client, const char *user, const char *ticket)
{
    struct error err = {0};

    mem_free(client->user);
    client->user = mem_text(user);
    client->state = CLIENT_HANDOVER;
    if (!offer(client, ticket, &err)) {
        if (client->tls == NULL)
            fd_set_nonblocking(client->fd, true);
        relay_free(client);
        give_up(client, err.text);
        return;
    }
    client->session_watch = watch_fd(
        client->login->instance->loop, connection_fd(client->session_peer),
        LOOP_READ | (ipc_wants_write(client->session_peer) ? LOOP_WRITE : 0), on_answer, client);
    watch_deadline(client->session_watch, HANDOVER_MS);
}
