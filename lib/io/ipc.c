/* Connections between daemons: how they begin and end, and how long they wait. */
#include "lib/io/ipc_internal.h"

#include "lib/base/file.h"

#include <poll.h>
#include <stdlib.h>

#define TIMEOUT_MS (3600 * 1000) /* ipc_timeout's default */

struct connection *connection_create(int fd)
{
    struct connection *connection = mem_new(struct connection);

    connection->fd = fd;
    connection->timeout_ms = TIMEOUT_MS;
    connection->out = BUF(IPC_QUEUE_MAX);
    return connection;
}

void ipc_close_held(struct ipc_held *held, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        fd_close(&held[i].fd);
    *count = 0;
}

void connection_free(struct connection **connection)
{
    struct connection *c = *connection;

    if (c == NULL)
        return;
    ipc_close_held(c->received, &c->received_count);
    ipc_close_held(c->unsent, &c->unsent_count);
    fd_close(&c->fd);
    free(c->in);
    buf_release(&c->out);
    free(c);
    *connection = NULL;
}

int connection_fd(const struct connection *connection)
{
    return connection->fd;
}

bool connection_is_closed(const struct connection *connection)
{
    struct pollfd at = {.fd = connection->fd, .events = POLLRDHUP};

    return poll(&at, 1, 0) > 0;
}

void connection_timeout(struct connection *connection, int timeout_ms)
{
    if (connection->timeout_ms == timeout_ms)
        return;
    connection->timeout_ms = timeout_ms;
    connection->timeout_is_set = false;
}

void ipc_event_driven(struct connection *connection)
{
    connection->event_driven = true;
}

bool ipc_prepare_wait(struct connection *c, struct error *err)
{
    struct timeval wait = {c->timeout_ms / 1000, c->timeout_ms % 1000 * 1000};

    if (c->timeout_is_set || c->event_driven)
        return true;
    if (setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
        setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0) {
        error_errno(err, "set the timeout for the peer");
        return false;
    }
    c->timeout_is_set = true;
    return true;
}

bool ipc_fail(const char *what, struct error *err)
{
    if (errno == EAGAIN)
        errno = ETIMEDOUT;
    error_errno(err, "%s the peer", what);
    return false;
}
