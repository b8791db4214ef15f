/*
 * The hand-over: imapd or pop3d gets the client's descriptor, or under TLS one end of a socket pair, with
 * the ticket, and says that it took it. Until then the client is ours, and is told when nobody does.
 */
#include "lib/base/base.h"

#include "login/worker.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "login/park.h"

static void give_up(struct client *client, const char *why)
{
    log_error("%s-login: %s: %s", client->login->protocol->name, client->login->protocol->service,
              why);
    client->state = CLIENT_COMMAND;
    session_end(client);
    client->login->protocol->failed(client, AUTH_UNAVAILABLE);
}

static bool offer(struct client *client, bool fresh, struct error *err)
{
    struct session_handover handover = {
        .client = client->fd,
        .ticket = client->ticket,
        .pass = buf_span(&client->pass),
        .protocol = client->login->protocol->name,
        .tag = client->tag,
        .session = client->session,
        .remote_address = client->remote,
        .local_address = client->local,
        .secured = client_is_secured(client),
        .utf8 = client->utf8,
        .input = buf_span(&client->input),
    };
    int to_close = -1;
    bool offered;

    if (client->tls != NULL)
        handover.client = relay_open(client, &to_close, err);
    else
        fd_set_nonblocking(client->fd, false); /* the session's end is the same open file */
    offered = handover.client >= 0 &&
              worker_ask(client, &session_handover_message, &handover, fresh, err);
    fd_close(&to_close);
    return offered;
}

/* The client is ours again. */
static void take_back(struct client *client)
{
    if (client->tls == NULL)
        fd_set_nonblocking(client->fd, true);
    relay_free(client);
}

static bool try(struct client *client, bool fresh)
{
    struct error err = {0};

    if (offer(client, fresh, &err))
        return true;
    take_back(client);
    give_up(client, err.text);
    return false;
}

void handover_begin(struct client *client, const struct sasl_reply *reply)
{
    mem_free(client->user);
    client->user = mem_text(reply->user);
    mem_free(client->ticket);
    client->ticket = mem_text(reply->ticket);
    buf_release(&client->pass);
    client->pass = BUF(AUTH_PASS_MAX);
    buf_put(&client->pass, reply->pass);
    pool_release(&client->pool);
    client->pool = pool_hold(client->login, reply->pool);
    client->state = CLIENT_HANDOVER;
    (void)try(client, false);
}

/* --- what became of it ------------------------------------------------------------------------- */

void session_refused(struct client *client, bool was_fresh, const char *why)
{
    if (client->state == CLIENT_WAKING) {
        park_refused(client, was_fresh, why);
        return;
    }
    take_back(client);
    if (!was_fresh && try(client, true))
        return;
    if (was_fresh)
        give_up(client, why);
    client_resume(client);
}

static void forget_secrets(struct client *client)
{
    mem_free(client->ticket);
    client->ticket = NULL;
    buf_release(&client->pass);
    buf_release(&client->input);
}

void session_accepted(struct client *client, uint64_t pid)
{
    if (client->state == CLIENT_WAKING) {
        park_resumed(client, pid);
        return;
    }
    log_login(client, pid);
    client_leave_crowd(client);
    forget_secrets(client);
    if (client->relay == NULL) {
        client_send_away(client);
        return;
    }
    client->state = CLIENT_RELAY;
    watch_deadline(client->watch, -1);
    relay_on_event(client, LOOP_READ | LOOP_WRITE);
}

/* Under TLS the relay sees the end of the socket pair, behind the session's last words. */
void session_ended(struct client *client)
{
    if (client->state == CLIENT_AWAY)
        client_destroy(client);
    else if (client->state == CLIENT_RELAY)
        relay_note_end(client);
}
