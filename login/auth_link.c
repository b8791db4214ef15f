/* One connection to auth serves all clients of the process; when it is lost, the next exchange makes another. */
#include "lib/base/base.h"

#include "login/auth_link.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"

struct auth_link {
    struct login *login;
    struct connection *connection; /* NULL: not connected */
    struct watch *watch;
    struct hash *clients; /* by exchange id */
    struct arena *arena;
    uint64_t last_id;
};

static void on_auth(void *context, int fd, int events);

struct auth_link *auth_link_create(struct login *login)
{
    struct auth_link *link = mem_new(struct auth_link);

    link->login = login;
    link->clients = hash_create();
    link->arena = arena_create();
    return link;
}

static struct span id_key(const uint64_t *id)
{
    return span_of(id, sizeof(*id));
}

static bool link_up(struct auth_link *link)
{
    struct error err = {0};
    int fd;

    if (link->connection != NULL)
        return true;
    fd = service_connect_fd("auth", &err);
    if (fd < 0) {
        log_warning("%s-login: auth: %s", link->login->protocol->name, err.text);
        return false;
    }
    link->connection = connection_create(fd);
    ipc_event_driven(link->connection);
    link->watch = watch_fd(link->login->instance->loop, fd, LOOP_READ, on_auth, link);
    sessions_note_all(link->login);
    return true;
}

/* auth is gone: everybody who waits for it is told so; the next attempt connects again. */
static void link_down(struct auth_link *link)
{
    struct span key;
    void *client;
    size_t position = 0;

    watch_free(&link->watch);
    connection_free(&link->connection);
    while (hash_next(link->clients, &position, &key, &client)) {
        sasl_lost(client);
        position = 0; /* the table changed */
    }
}

void auth_link_leave(struct auth_link *link)
{
    if (hash_count(link->clients) == 0)
        link_down(link);
}

bool auth_link_send(struct auth_link *link, const struct ipc_message *message, const void *object)
{
    struct error err = {0};

    if (link->connection == NULL)
        return false;
    if (!ipc_send(link->connection, message, object, &err)) {
        log_warning("%s-login: auth: %s", link->login->protocol->name, err.text);
        return false;
    }
    watch_events(link->watch, LOOP_READ | (ipc_wants_write(link->connection) ? LOOP_WRITE : 0));
    return true;
}

/* --- exchanges ----------------------------------------------------------------------------------------- */

void auth_link_enter(struct client *client)
{
    struct auth_link *link = client->login->auth;

    client->exchange = ++link->last_id;
    hash_put(link->clients, id_key(&client->exchange), client);
}

void auth_link_forget(struct client *client)
{
    hash_remove(client->login->auth->clients, id_key(&client->exchange));
    client->exchange = 0;
}

bool auth_link_start(struct auth_link *link, const struct sasl_start *start)
{
    return link_up(link) && auth_link_send(link, &sasl_start_message, start);
}

/* --- sessions ------------------------------------------------------------------------------------------ */

/* An auth that is gone has forgotten it already. */
void auth_link_end_session(struct login *login, uint64_t id)
{
    const struct sasl_session session = {.id = id};

    (void)!auth_link_send(login->auth, &session_end_message, &session);
}

void auth_link_note_session(struct login *login, uint64_t id, const char *user, const char *remote)
{
    const struct sasl_session session = {
        .id = id, .protocol = login->protocol->name, .user = user, .remote_address = remote};

    (void)!auth_link_send(login->auth, &session_note_message, &session);
}

/* --- auth's side ----------------------------------------------------------------------------------------- */

static bool take_reply(struct auth_link *link, struct error *err)
{
    struct sasl_reply reply = {0};
    struct client *client;

    arena_reset(link->arena);
    if (!ipc_receive(link->connection, &sasl_reply_message, link->arena, &reply, err))
        return false;
    client = hash_get(link->clients, id_key(&reply.id));
    if (client != NULL && client->state == CLIENT_AUTH) {
        sasl_take_reply(client, &reply);
    } else if (reply.outcome == SASL_OK) {
        auth_link_end_session(link->login, reply.id); /* it went away at that moment */
    }
    return true;
}

static void on_auth(void *context, int fd UNUSED, int events)
{
    struct auth_link *link = context;
    struct error err = {0};
    bool is_up = ((events & LOOP_WRITE) == 0 || ipc_write_ready(link->connection, &err)) &&
                 ((events & LOOP_READ) == 0 || ipc_read_ready(link->connection, &err));

    while (is_up && link->connection != NULL && ipc_complete(link->connection))
        is_up = take_reply(link, &err);
    if (!is_up) {
        if (err.kind != ERROR_NONE)
            log_warning("%s-login: auth: %s", link->login->protocol->name, err.text);
        link_down(link);
    } else if (link->connection != NULL) {
        watch_events(link->watch, LOOP_READ | (ipc_wants_write(link->connection) ? LOOP_WRITE : 0));
    }
}
