/*
 * What a client's connection takes and gives, in the clear or under TLS, as far as it goes without waiting: the
 * output's buffer to the client, the client's octets to the input's buffer, lines from there.
 */
#include "lib/base/base.h"

#include "login/client.h"

#include <stdio.h>
#include <sys/socket.h>

/* --- writing ------------------------------------------------------------------------------------------------- */

void client_say(struct client *client, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(line, sizeof(line) - 2, format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= sizeof(line) - 2)
        len = (int)sizeof(line) - 3;
    memcpy(line + len, "\r\n", 2);
    if (!buf_append(&client->output, line, (size_t)len + 2))
        client_close(client, "Disconnected: Output buffer full");
}

enum io_result { IO_DONE, IO_AGAIN, IO_ENDED };

static enum io_result io_meaning(struct client *client, enum tls_progress progress)
{
    switch (progress) {
    case TLS_DONE:
        return IO_DONE;
    case TLS_WANT_WRITE:
        client->tls_wants_write = true;
        return IO_AGAIN;
    case TLS_WANT_READ:
        return IO_AGAIN;
    case TLS_CLOSED:
    case TLS_FAILED:
        return IO_ENDED;
    }
    return IO_ENDED;
}

static enum io_result write_some(struct client *client, size_t *written_r)
{
    ssize_t written;

    if (client->tls != NULL)
        return io_meaning(
            client, tls_write(client->tls, client->output.data, client->output.len, written_r));
    written = send(client->fd, client->output.data, client->output.len, MSG_NOSIGNAL);
    if (written < 0)
        return errno == EAGAIN || errno == EINTR ? IO_AGAIN : IO_ENDED;
    *written_r = (size_t)written;
    return IO_DONE;
}

bool client_flush(struct client *client)
{
    while (client->output.len > 0) {
        size_t written = 0;
        switch (write_some(client, &written)) {
        case IO_DONE:
            buf_remove(&client->output, written);
            break;
        case IO_AGAIN:
            return true;
        case IO_ENDED:
            return false;
        }
    }
    return true;
}

/* --- reading --------------------------------------------------------------------------------------------------- */

bool client_line(const struct client *client, struct span *line_r, size_t *with_end_r)
{
    const char *end =
        client->input.len == 0 ? NULL : memchr(client->input.data, '\n', client->input.len);

    if (end == NULL)
        return false;
    *with_end_r = (size_t)(end - client->input.data) + 1;
    *line_r = span_of(client->input.data, *with_end_r - 1);
    if (line_r->len > 0 && line_r->data[line_r->len - 1] == '\r')
        line_r->len--;
    return true;
}

void client_consume(struct client *client, size_t len)
{
    buf_remove(&client->input, len);
}

static enum io_result read_some(struct client *client)
{
    char octets[4096];
    size_t got = 0, room = INPUT_MAX - client->input.len;
    ssize_t received;
    enum io_result result = IO_DONE;

    if (room > sizeof(octets))
        room = sizeof(octets);
    if (room == 0)
        return IO_AGAIN;
    if (client->tls != NULL) {
        result = io_meaning(client, tls_read(client->tls, octets, room, &got));
    } else {
        received = recv(client->fd, octets, room, 0);
        if (received < 0)
            return errno == EAGAIN || errno == EINTR ? IO_AGAIN : IO_ENDED;
        got = (size_t)received;
    }
    if (result != IO_DONE)
        return result;
    if (got == 0 || !buf_append(&client->input, octets, got))
        return IO_ENDED;
    return IO_DONE;
}

bool client_read(struct client *client)
{
    for (;;) {
        enum io_result result = read_some(client);
        if (result == IO_ENDED)
            return false;
        if (result == IO_AGAIN)
            return true;
    }
}
