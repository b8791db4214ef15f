/*
 * The core of a client's connection: its states, TLS, deadlines; octets go in and out by transfer.c.
 * One function per state takes what came in; nothing here blocks, and nothing waits without a deadline.
 */
#include "lib/base/base.h"

#include "login/client.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "login/park.h"
#include "login/worker.h"

#include <malloc.h>

#define CROWD            50    /* clients whose memory is worth a thought */
#define BAD_COMMANDS_MAX 3     /* as many as Dovecot takes */
#define CLOSING_MS       10000 /* for the last words to a client that does not read */
#define HANDSHAKE_MS     30000

/* To log in, in ms. */
static int time_left(const struct client *client)
{
    int64_t left = client->arrived_ms + (int64_t)client->login->config->login_timeout * 1000 -
                   clock_monotonic_ms();

    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* --- the end ----------------------------------------------------------------------------------------------- */

/* After a crowd, and while a process that takes no more clients waits for its last ones: what TLS had of memory
 * for those who left is of no use. */
static void give_memory_back(struct login *login)
{
    if (login->most_clients < CROWD || login->clients * 2 > login->most_clients)
        return;
    login->most_clients = login->clients;
    (void)malloc_trim(0);
}

void client_destroy(struct client *client)
{
    struct login *login = client->login;

    client_leave_crowd(client);
    sasl_cancel(client);
    session_end(client);
    if (client->state == CLIENT_AWAY)
        login->away_count--;
    worker_leave(client);
    park_free(client);
    relay_free(client);
    watch_free(&client->watch);
    tls_session_free(&client->tls);
    fd_close(&client->fd);
    buf_release(&client->input);
    buf_release(&client->output);
    pool_release(&client->pool);
    mem_free(client->ticket);
    buf_release(&client->pass);
    mem_free(client->user);
    mem_free(client->named);
    mem_free(client->explanation);
    mem_free(client);
    login->clients--;
    give_memory_back(login);
    service_release(login->instance);
    login_accept_more(login);
}

void client_close(struct client *client, const char *reason)
{
    if (client->state == CLIENT_CLOSING)
        return;
    if (reason != NULL)
        log_disconnect(client, reason);
    sasl_cancel(client);
    client->state = CLIENT_CLOSING;
    watch_deadline(client->watch, CLOSING_MS);
    watch_events(client->watch, LOOP_READ | LOOP_WRITE);
}

bool client_bad_command(struct client *client)
{
    if (++client->bad_commands < BAD_COMMANDS_MAX)
        return false;
    client->login->protocol->bye(client, client->login->protocol->too_many_bad);
    client_close(client, client->login->protocol->too_many_bad_logged);
    return true;
}

/* --- states -------------------------------------------------------------------------------------------------------- */

/* The session is made when the client says something: those who only connect cost no more than a socket. */
static struct tls_session *tls_of(struct client *client)
{
    if (client->tls == NULL) {
        client->tls = tls_session_server(client->login->tls);
        tls_attach(client->tls, client->fd);
    }
    return client->tls;
}

/* False: the client is gone. */
static bool on_handshake(struct client *client)
{
    const enum tls_progress progress = tls_handshake(tls_of(client));

    switch (progress) {
    case TLS_DONE:
        client->state = CLIENT_COMMAND;
        if (client->login->config->login_tls_wrappermode)
            client->login->protocol->start(client);
        return true;
    case TLS_WANT_WRITE:
        client->tls_wants_write = true;
        return true;
    case TLS_WANT_READ:
        return true;
    case TLS_CLOSED:
    case TLS_FAILED:
        break;
    }
    log_handshake(client, progress == TLS_FAILED ? tls_failure(client->tls) : NULL);
    client_destroy(client);
    return false;
}

static bool takes_input(const struct client *client)
{
    return client->state == CLIENT_COMMAND || client->state == CLIENT_SASL;
}

static bool step(struct client *client)
{
    struct span line;
    size_t with_end;

    switch (client->state) {
    case CLIENT_COMMAND:
        return client->login->protocol->command(client);
    case CLIENT_SASL:
        if (!client_line(client, &line, &with_end))
            return false;
        sasl_response(client, line);
        client_consume(client, with_end);
        return true;
    case CLIENT_PROXY:
    case CLIENT_HANDSHAKE:
    case CLIENT_AUTH:
    case CLIENT_HANDOVER:
    case CLIENT_RELAY:
    case CLIENT_AWAY:
    case CLIENT_PARKED:
    case CLIENT_WAKING:
    case CLIENT_CLOSING:
        return false;
    }
    return false;
}

/* What came in the clear before TLS counts for nothing: CVE-2011-0411. */
static void await_handshake(struct client *client)
{
    client->starts_tls = false;
    buf_release(&client->input);
    client->state = CLIENT_HANDSHAKE;
}

static int patience(const struct client *client)
{
    const int left = time_left(client);

    switch (client->state) {
    case CLIENT_HANDOVER:
        return -1; /* the worker's time is bounded */
    case CLIENT_HANDSHAKE:
        return left < HANDSHAKE_MS ? left : HANDSHAKE_MS;
    case CLIENT_PROXY:
    case CLIENT_COMMAND:
    case CLIENT_AUTH:
    case CLIENT_SASL:
    case CLIENT_RELAY:
    case CLIENT_AWAY:
    case CLIENT_PARKED:
    case CLIENT_WAKING:
    case CLIENT_CLOSING:
        break;
    }
    return left;
}

/* A client that waits has no buffers. */
static void release_empty(struct buf *buf)
{
    if (buf->len == 0)
        buf_release(buf);
}

/* What to wait for next; the end of a client that is done for. */
static void settle(struct client *client)
{
    int events = LOOP_READ;

    if (!client_flush(client)) {
        if (client->state != CLIENT_CLOSING)
            log_disconnect(client, "Disconnected: Connection closed");
        client_destroy(client);
        return;
    }
    if (client->output.len == 0 && client->state == CLIENT_CLOSING) {
        if (client->tls != NULL)
            (void)tls_shutdown(client->tls);
        client_destroy(client);
        return;
    }
    if (client->output.len == 0 && client->starts_tls)
        await_handshake(client);
    release_empty(&client->input);
    release_empty(&client->output);
    if (client->state == CLIENT_AUTH || client->state == CLIENT_HANDOVER ||
        client->input.len >= INPUT_MAX)
        events = 0;
    if (client->output.len > 0 || client->tls_wants_write)
        events |= LOOP_WRITE;
    watch_events(client->watch, events);
    if (client->state != CLIENT_CLOSING)
        watch_deadline(client->watch, patience(client));
}

static void run_input(struct client *client)
{
    while (takes_input(client) && !client->starts_tls && step(client))
        ;
    if (takes_input(client) && client->input.len >= INPUT_MAX) {
        client->login->protocol->bye(client, "Input buffer full, aborting");
        client_close(client, "Disconnected: Input buffer full");
    }
}

/* Read, and act on what was read, also on what TLS has decrypted already: no event tells of that. */
static void pump(struct client *client, bool is_readable)
{
    do {
        if (is_readable && !client_read(client)) {
            if (client->state != CLIENT_CLOSING)
                log_disconnect(client, "Disconnected: Connection closed");
            client_destroy(client);
            return;
        }
        run_input(client);
        is_readable = true;
    } while (takes_input(client) && client->tls != NULL && tls_has_input(client->tls) &&
             client->input.len < INPUT_MAX);
    if (client->state != CLIENT_RELAY)
        settle(client);
}

void client_resume(struct client *client)
{
    pump(client, false);
}

/* --- events ------------------------------------------------------------------------------------------------------------ */

static void on_timeout(struct client *client)
{
    if (client->state == CLIENT_CLOSING) {
        client_destroy(client);
        return;
    }
    if (client->state == CLIENT_AUTH || client->state == CLIENT_SASL) {
        client->login->protocol->bye(client, "Disconnected for inactivity during authentication.");
        client_close(client, "Disconnected: Inactivity during authentication");
    } else {
        if (client->state == CLIENT_COMMAND)
            client->login->protocol->bye(client, "Disconnected for inactivity.");
        client_close(client, "Disconnected: Inactivity");
    }
    settle(client);
}

static void on_event(void *context, int fd UNUSED, int events)
{
    struct client *client = context;

    client->tls_wants_write = false;
    if (client->state == CLIENT_RELAY) {
        relay_on_event(client, events);
        return;
    }
    if (client->state == CLIENT_PARKED) {
        park_on_event(client, events);
        return;
    }
    if ((events & LOOP_TIMEOUT) != 0) {
        on_timeout(client);
        return;
    }
    if (client->state == CLIENT_PROXY) {
        if (!client_read_proxy_header(client))
            return;
        if (client->state != CLIENT_PROXY)
            settle(client);
        return;
    }
    if (client->state == CLIENT_HANDSHAKE) {
        if (!on_handshake(client))
            return;
        if (client->state == CLIENT_HANDSHAKE) {
            settle(client);
            return;
        }
        events |= LOOP_READ; /* the first command may be decrypted already */
    }
    pump(client, (events & LOOP_READ) != 0);
}

void client_watch(struct client *client)
{
    client->watch =
        watch_fd(client->login->instance->loop, client->fd, LOOP_READ, on_event, client);
}

void client_send_away(struct client *client)
{
    client->state = CLIENT_AWAY;
    client->login->away_count++;
    login_accept_more(client->login);
    watch_free(&client->watch);
    fd_close(&client->fd);
    buf_release(&client->input);
    buf_release(&client->output);
}

void client_start_tls(struct client *client)
{
    client->starts_tls = true;
}

bool client_is_secured(const struct client *client)
{
    return client->tls != NULL || client->has_proxied_tls ||
           strcmp(client->remote, client->local) == 0 || strncmp(client->remote, "127.", 4) == 0 ||
           strcmp(client->remote, "::1") == 0;
}

bool client_may_send_password(const struct client *client)
{
    return client_is_secured(client) || !client->login->config->login_disable_plaintext_auth;
}

struct sasl_offer_connection client_offer(const struct client *client)
{
    char name[CERTIFICATE_NAME_MAX];

    return (struct sasl_offer_connection){
        .may_send_password = client_may_send_password(client),
        .has_binding = client->tls != NULL,
        .has_certificate = client->tls != NULL &&
                           tls_peer_name(client->tls, client->login->config->login_tls_ccert_field,
                                         name, sizeof(name)),
    };
}

void client_begin(struct client *client)
{
    const struct login *login = client->login;

    if (!login->config->login_tls_wrappermode) {
        client->state = CLIENT_COMMAND;
        login->protocol->start(client);
    } else if (login->tls != NULL) {
        await_handshake(client);
    } else {
        client_close(client, "Disconnected: no TLS certificate is configured");
    }
    settle(client);
}
