/*
 * Sessions that this process handed over, for the count that auth keeps. A session under TLS ends with its
 * client here; the descriptor of any other is imapd's or pop3d's alone, and the session ends when that hangs
 * up the connection over which it took it.
 */
#include "lib/base/base.h"

#include "login/client.h"

struct live_session {
    struct live_session *older, *newer;
    struct login *login;
    uint64_t id; /* of the exchange that granted it */
    char *user;
    char remote[SOCKET_TEXT_MAX];
    struct connection *peer; /* imapd or pop3d; NULL: a client of ours has the session */
    struct watch *watch;
};

static void add(struct client *client, uint64_t id)
{
    struct login *login = client->login;
    struct live_session *session = mem_new(struct live_session);

    *session = (struct live_session){.login = login, .id = id, .newer = login->sessions};
    session->user = mem_text(client->user);
    memcpy(session->remote, client->remote, sizeof(session->remote));
    if (login->sessions != NULL)
        login->sessions->older = session;
    login->sessions = session;
    client->live = session;
}

static void end(struct live_session *session)
{
    struct login *login = session->login;

    sasl_end_session(login, session->id);
    if (session->older != NULL)
        session->older->newer = session->newer;
    else
        login->sessions = session->newer;
    if (session->newer != NULL)
        session->newer->older = session->older;
    watch_free(&session->watch);
    connection_free(&session->peer);
    mem_free(session->user);
    mem_free(session);
}

void session_grant(struct client *client, uint64_t id)
{
    session_end(client);
    add(client, id);
}

void session_end(struct client *client)
{
    if (client->live != NULL)
        end(client->live);
    client->live = NULL;
}

static void on_hang_up(void *context, int fd UNUSED, int events UNUSED)
{
    struct live_session *session = context;
    const struct service_instance *instance = session->login->instance;

    end(session);
    service_release(instance);
}

/* The process stays for it, as for a connection. */
static void leave_to_peer(struct client *client)
{
    struct live_session *session = client->live;
    const struct service_instance *instance = client->login->instance;

    if (session == NULL)
        return;
    client->live = NULL;
    session->peer = client->session_peer;
    client->session_peer = NULL;
    session->watch =
        watch_fd(instance->loop, connection_fd(session->peer), LOOP_READ, on_hang_up, session);
    service_hold(instance);
}

void session_begin(struct client *client)
{
    client_leave_crowd(client);
    if (client->relay == NULL)
        leave_to_peer(client);
}

void sessions_forget_peers(struct login *login)
{
    for (struct live_session *session = login->sessions, *newer; session != NULL; session = newer) {
        newer = session->newer;
        if (session->peer != NULL)
            on_hang_up(session, -1, 0);
    }
}

void sessions_note_all(struct login *login)
{
    for (const struct live_session *session = login->sessions; session != NULL;
         session = session->newer)
        sasl_note_session(login, session->id, session->user, session->remote);
}
