/*
 * The relay of a session under TLS: octets between the TLS session and the socket pair whose other end
 * imapd or pop3d has. A direction has a buffer only while octets wait in it, so that a thousand idle
 * sessions cost no buffers; a side that does not read stops the other one.
 */
#include "lib/base/base.h"

#include "login/client.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"

#include <sys/socket.h>
#include <unistd.h>

#define RELAY_BLOCK 16384 /* one TLS record */
#define TURNS_MAX   16    /* blocks for one client before others have their turn */

struct relay {
    int inner;
    struct watch *watch;
    struct buf inward, outward; /* what waits for the session, what waits for the client */
    bool is_over;     /* the worker has said so; what it wrote before may still be on its way */
    bool is_deaf;     /* the session reads nothing any more */
    bool inner_ended; /* all that it wrote has been read */
};

/* What could be moved, what must be waited for, or that a side is gone. */
enum move { MOVED, BLOCKED, ENDED };

static enum move from_client(struct client *client)
{
    struct relay *relay = client->relay;
    char block[RELAY_BLOCK];
    size_t got = 0;

    if (relay->inward.len > 0 || relay->is_deaf)
        return BLOCKED;
    switch (tls_read(client->tls, block, sizeof(block), &got)) {
    case TLS_DONE:
        return buf_append(&relay->inward, block, got) ? MOVED : ENDED;
    case TLS_WANT_WRITE:
        client->tls_wants_write = true;
        return BLOCKED;
    case TLS_WANT_READ:
        return BLOCKED;
    case TLS_CLOSED:
    case TLS_FAILED:
        break;
    }
    return ENDED;
}

static enum move to_client(struct client *client)
{
    struct relay *relay = client->relay;
    size_t written = 0;

    if (relay->outward.len == 0)
        return BLOCKED;
    switch (tls_write(client->tls, relay->outward.data, relay->outward.len, &written)) {
    case TLS_DONE:
        buf_remove(&relay->outward, written);
        if (relay->outward.len == 0)
            buf_release(&relay->outward);
        return MOVED;
    case TLS_WANT_WRITE:
        client->tls_wants_write = true;
        return BLOCKED;
    case TLS_WANT_READ:
        return BLOCKED;
    case TLS_CLOSED:
    case TLS_FAILED:
        break;
    }
    return ENDED;
}

static enum move from_session(struct relay *relay)
{
    char block[RELAY_BLOCK];
    ssize_t got;

    if (relay->outward.len > 0 || relay->inner_ended)
        return BLOCKED;
    got = recv(relay->inner, block, sizeof(block), 0);
    if (got > 0)
        return buf_append(&relay->outward, block, (size_t)got) ? MOVED : ENDED;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return BLOCKED;
    relay->inner_ended = true;
    return BLOCKED;
}

static enum move to_session(struct relay *relay)
{
    ssize_t sent;

    if (relay->inward.len == 0)
        return BLOCKED;
    sent = send(relay->inner, relay->inward.data, relay->inward.len, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return BLOCKED;
    relay->is_deaf = sent < 0;
    buf_remove(&relay->inward, relay->is_deaf ? relay->inward.len : (size_t)sent);
    if (relay->inward.len == 0)
        buf_release(&relay->inward);
    return MOVED;
}

/* Both ways until both are blocked; false: the session is over. */
static bool move_octets(struct client *client)
{
    struct relay *relay = client->relay;

    for (int turn = 0; turn < TURNS_MAX; turn++) {
        enum move moves[] = {from_client(client), to_session(relay), from_session(relay),
                             to_client(client)};
        bool moved = false;
        for (size_t i = 0; i < ARRAY_LENGTH(moves); i++) {
            if (moves[i] == ENDED)
                return false;
            moved = moved || moves[i] == MOVED;
        }
        if (!moved)
            return !relay->inner_ended || relay->outward.len > 0;
    }
    return true;
}

/* Whoever does not read what a session that has ended said at last is waited for as long as for a login. Where nothing
 * waits for him, the end of the socket pair tells that it has ended: a worker that login gave up may go on with it. */
static bool has_ended(const struct relay *relay)
{
    return relay->is_deaf || relay->inner_ended || (relay->is_over && relay->outward.len > 0);
}

static int patience_ms(const struct client *client)
{
    return has_ended(client->relay) ? clock_ms(client->login->config->login_timeout) : -1;
}

static void wait_for_more(struct client *client)
{
    struct relay *relay = client->relay;
    int outer = 0, inner = 0;

    if (relay->inward.len > 0)
        inner |= LOOP_WRITE;
    else if (!relay->is_deaf)
        outer |= LOOP_READ;
    if (relay->outward.len > 0 || client->tls_wants_write)
        outer |= LOOP_WRITE;
    if (relay->outward.len == 0 && !relay->inner_ended)
        inner |= LOOP_READ;
    watch_events(client->watch, outer);
    watch_events(relay->watch, inner);
    watch_deadline(client->watch, patience_ms(client));
}

void relay_on_event(struct client *client, int events)
{
    if ((events & LOOP_TIMEOUT) != 0 && has_ended(client->relay)) {
        client_destroy(client);
        return;
    }
    do {
        client->tls_wants_write = false;
        if (!move_octets(client)) {
            (void)tls_shutdown(client->tls);
            client_destroy(client);
            return;
        }
        /* What TLS has decrypted already brings no event. */
    } while (client->relay->inward.len == 0 && !client->relay->is_deaf &&
             tls_has_input(client->tls));
    wait_for_more(client);
}

static void on_inner(void *context, int fd UNUSED, int events)
{
    struct client *client = context;

    if (client->state == CLIENT_RELAY)
        relay_on_event(client, events);
}

static void begin(struct client *client, int inner)
{
    struct relay *relay = mem_new(struct relay);

    *relay = (struct relay){
        .inner = inner,
        .inward = BUF(RELAY_BLOCK),
        .outward = BUF(RELAY_BLOCK),
    };
    relay->watch = watch_fd(client->login->instance->loop, inner, 0, on_inner, client);
    client->relay = relay;
}

int relay_open(struct client *client, int *to_close_r, struct error *err)
{
    int ends[2];

    *to_close_r = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        error_errno(err, "socketpair");
        return -1;
    }
    fd_set_nonblocking(ends[0], true);
    begin(client, ends[0]);
    *to_close_r = ends[1];
    return ends[1];
}

void relay_note_end(struct client *client)
{
    client->relay->is_over = true;
    watch_deadline(client->watch, patience_ms(client));
}

void relay_pause(struct client *client)
{
    watch_events(client->relay->watch, 0);
}

bool relay_has_inward(const struct client *client)
{
    return client->relay->inward.len > 0;
}

/* imapd parks when we have taken what it wrote; a later octet would not be its own. */
bool relay_drain(struct client *client, struct buf *out)
{
    struct relay *relay = client->relay;

    do {
        if (!buf_append_span(out, buf_span(&relay->outward)))
            return false;
        buf_clear(&relay->outward);
    } while (from_session(relay) == MOVED);
    return true;
}

void relay_free(struct client *client)
{
    struct relay *relay = client->relay;

    if (relay == NULL)
        return;
    watch_free(&relay->watch);
    fd_close(&relay->inner);
    buf_release(&relay->inward);
    buf_release(&relay->outward);
    mem_free(relay);
    client->relay = NULL;
}
