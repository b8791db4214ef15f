/*
 * The exchange between a client and auth. login encodes and decodes base64 and carries octets to and
 * fro; what they mean it does not know. One connection to auth serves all clients of the process.
 */
#include "lib/base/base.h"

#include "login/client.h"

#include "lib/base/hash.h"
#include "lib/base/log.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>

#define SASL_LINE_MAX INPUT_MAX

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

/* --- the connection to auth --------------------------------------------------------------------------- */

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

static void end_attempt(struct client *client)
{
    hash_remove(client->login->auth->clients, id_key(&client->exchange));
    client->exchange = 0;
    client->state = CLIENT_COMMAND;
}

static void fail(struct client *client, enum auth_failure failure)
{
    end_attempt(client);
    client->failure = failure;
    client->login->protocol->failed(client, failure);
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
        fail(client, AUTH_UNAVAILABLE);
        client_resume(client);
        position = 0; /* the table changed */
    }
}

void auth_link_leave(struct auth_link *link)
{
    if (hash_count(link->clients) == 0)
        link_down(link);
}

static bool ask(struct auth_link *link, const struct ipc_message *message, const void *object)
{
    struct error err = {0};

    if (!ipc_send(link->connection, message, object, &err)) {
        log_warning("%s-login: auth: %s", link->login->protocol->name, err.text);
        return false;
    }
    watch_events(link->watch, LOOP_READ | (ipc_wants_write(link->connection) ? LOOP_WRITE : 0));
    return true;
}

/* --- base64 ------------------------------------------------------------------------------------------------ */

static bool decode(struct span base64, struct buf *octets)
{
    size_t padding = 0;
    char *room;
    int len;

    if (base64.len == 0)
        return true;
    if (base64.len % 4 != 0)
        return false;
    while (padding < 2 && base64.data[base64.len - 1 - padding] == '=')
        padding++;
    room = buf_reserve(octets, base64.len);
    len = room == NULL ? -1
                       : EVP_DecodeBlock((unsigned char *)room, (const unsigned char *)base64.data,
                                         (int)base64.len);
    if (len < 0)
        return false;
    buf_commit(octets, (size_t)len - padding);
    return true;
}

static void say_challenge(struct client *client, struct span challenge)
{
    struct buf base64 = BUF(SASL_OCTETS_MAX * 2);
    char *room = buf_reserve(&base64, challenge.len * 4 / 3 + 8);
    int len = room == NULL
                  ? 0
                  : EVP_EncodeBlock((unsigned char *)room, (const unsigned char *)challenge.data,
                                    (int)challenge.len);

    buf_commit(&base64, (size_t)len);
    client->login->protocol->challenge(client, buf_span(&base64));
    buf_release(&base64);
}

static void forget(struct buf *secret)
{
    if (secret->data != NULL)
        OPENSSL_cleanse(secret->data, secret->capacity);
    buf_release(secret);
}

/* --- the client's side ---------------------------------------------------------------------------------------- */

/* What the TLS session adds to a sasl_start; the octets stay good for the call. */
struct channel {
    unsigned char exporter[32], unique[TLS_BINDING_MAX], endpoint[TLS_BINDING_MAX];
    char certificate_name[CERTIFICATE_NAME_MAX];
};

static void describe_channel(const struct client *client, struct channel *channel,
                             struct sasl_start *start)
{
    const struct tls_session *tls = client->tls;

    channel->certificate_name[0] = '\0';
    start->certificate_name = channel->certificate_name;
    if (tls == NULL)
        return;
    if (tls_channel_binding(tls, channel->exporter))
        start->binding_exporter = span_of(channel->exporter, sizeof(channel->exporter));
    start->binding_unique = span_of(channel->unique, tls_binding_unique(tls, channel->unique));
    start->binding_endpoint =
        span_of(channel->endpoint, tls_binding_endpoint(tls, channel->endpoint));
    if (!tls_peer_name(tls, client->login->config->login_tls_ccert_field, channel->certificate_name,
                       sizeof(channel->certificate_name)))
        channel->certificate_name[0] = '\0';
}

void sasl_begin(struct client *client, const char *mechanism, struct span initial)
{
    struct auth_link *link = client->login->auth;
    struct channel channel;
    struct sasl_start start = {
        .id = ++link->last_id,
        .protocol = client->login->protocol->name,
        .mechanism = mechanism,
        .has_initial = initial.data != NULL,
        .initial = initial,
        .remote_address = client->remote,
        .local_address = client->local,
        .remote_port = client->remote_port,
        .local_port = client->local_port,
        .secured = client_is_secured(client),
        .session = client->session,
    };

    describe_channel(client, &channel, &start);
    client->exchange = start.id;
    client->state = CLIENT_AUTH;
    hash_put(link->clients, id_key(&client->exchange), client);
    if (!link_up(link) || !ask(link, &sasl_start_message, &start))
        fail(client, AUTH_UNAVAILABLE);
}

void sasl_list_mechanisms(const struct client *client, const char *prefix, struct buf *out)
{
    const struct sasl_offer_connection connection = client_offer(client);

    sasl_offer_list(client->login->config, &connection, prefix, out);
}

static void refuse(struct client *client, enum auth_failure failure)
{
    client->failure = failure;
    client->login->protocol->failed(client, failure);
}

void sasl_begin_base64(struct client *client, const char *name, struct span base64, bool has)
{
    const struct sasl_mechanism *mechanism = sasl_offer_find(client->login->config, name);
    const struct sasl_offer_connection connection = client_offer(client);
    struct buf octets = BUF(SASL_OCTETS_MAX);
    bool is_empty = base64.len == 1 && base64.data[0] == '=';

    if (mechanism == NULL || !sasl_offer_allows(mechanism, &connection)) {
        refuse(client, AUTH_UNSUPPORTED);
    } else if (has && !is_empty && !decode(base64, &octets)) {
        refuse(client, AUTH_MALFORMED);
    } else {
        client->mechanism = sasl_mechanism_name(mechanism);
        sasl_begin(client, client->mechanism,
                   !has              ? SPAN_EMPTY
                   : octets.len == 0 ? span_of("", 0)
                                     : buf_span(&octets));
    }
    forget(&octets);
}

void sasl_password(struct client *client, struct span user, struct span password)
{
    struct buf octets = BUF(SASL_OCTETS_MAX);

    mem_free(client->user);
    client->user = mem_span(user);
    client->mechanism = "PLAIN";
    if (memchr(client->user, '\0', user.len) != NULL || user.len == 0 ||
        !buf_append_char(&octets, '\0') || !buf_append_span(&octets, user) ||
        !buf_append_char(&octets, '\0') || !buf_append_span(&octets, password)) {
        client->attempts++;
        refuse(client, AUTH_WRONG);
    } else {
        sasl_begin(client, "PLAIN", buf_span(&octets));
    }
    forget(&octets);
}

void sasl_response(struct client *client, struct span line)
{
    struct auth_link *link = client->login->auth;
    struct buf octets = BUF(SASL_OCTETS_MAX);
    struct sasl_continue next = {.id = client->exchange};

    next.cancel = line.len == 1 && line.data[0] == '*';
    if (next.cancel || !decode(line, &octets)) {
        sasl_cancel(client);
        client->state = CLIENT_COMMAND;
        refuse(client, next.cancel ? AUTH_ABORTED : AUTH_MALFORMED_RESPONSE);
    } else {
        next.response = buf_span(&octets);
        client->state = CLIENT_AUTH;
        if (link->connection == NULL || !ask(link, &sasl_continue_message, &next))
            fail(client, AUTH_UNAVAILABLE);
    }
    forget(&octets);
}

void sasl_cancel(struct client *client)
{
    struct auth_link *link = client->login->auth;
    const struct sasl_continue cancel = {.id = client->exchange, .cancel = true};

    if (client->exchange == 0)
        return;
    hash_remove(link->clients, id_key(&client->exchange));
    client->exchange = 0;
    if (link->connection != NULL)
        (void)ask(link, &sasl_continue_message, &cancel);
}

void sasl_end_session(struct login *login, uint64_t id)
{
    const struct sasl_session session = {.id = id};

    if (login->auth->connection != NULL) /* else auth has forgotten it already */
        (void)ask(login->auth, &session_end_message, &session);
}

void sasl_note_session(struct login *login, uint64_t id, const char *user, const char *remote)
{
    const struct sasl_session session = {
        .id = id, .protocol = login->protocol->name, .user = user, .remote_address = remote};

    (void)ask(login->auth, &session_note_message, &session);
}

/* --- auth's side -------------------------------------------------------------------------------------------------- */

static void note_user(struct client *client, const char *user)
{
    if (user[0] == '\0')
        return;
    mem_free(client->user);
    client->user = mem_text(user);
}

static enum auth_failure failure_of(const struct sasl_reply *reply)
{
    switch ((enum sasl_refusal)reply->refusal) {
    case SASL_REFUSED_NOT:
        break;
    case SASL_REFUSED_DISABLED:
        return AUTH_DISABLED;
    case SASL_REFUSED_NOT_ALLOWED:
        return AUTH_NOT_ALLOWED;
    case SASL_REFUSED_TOO_MANY:
        return AUTH_TOO_MANY;
    }
    return AUTH_WRONG;
}

/* One line, whatever a table says. */
static void note_explanation(struct client *client, const char *text)
{
    mem_free(client->explanation);
    client->explanation = mem_text(text);
    for (char *c = client->explanation; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
}

static void end_with_too_many(struct client *client)
{
    char reason[192];

    snprintf(reason, sizeof(reason),
             "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=%d)",
             client->login->config->mail_max_userip_connections);
    note_explanation(client, reason);
    fail(client, AUTH_TOO_MANY);
    snprintf(reason, sizeof(reason), "Disconnected: %s", client->explanation);
    client_close(client, reason);
}

static void refuse_login(struct client *client, const struct sasl_reply *reply)
{
    const enum auth_failure failure = failure_of(reply);

    client->attempts++;
    if (failure == AUTH_TOO_MANY) {
        end_with_too_many(client);
        return;
    }
    note_explanation(client, reply->explanation[0] == '\0' ? "Login disabled for this user"
                                                           : reply->explanation);
    fail(client, failure);
}

static void on_reply(struct client *client, const struct sasl_reply *reply)
{
    note_user(client, reply->user);
    switch ((enum sasl_outcome)reply->outcome) {
    case SASL_CHALLENGE:
        client->state = CLIENT_SASL;
        say_challenge(client, reply->challenge);
        break;
    case SASL_OK:
        end_attempt(client);
        session_grant(client, reply->id);
        handover_begin(client, reply);
        break;
    case SASL_FAILED:
        refuse_login(client, reply);
        break;
    case SASL_UNAVAILABLE:
        fail(client, AUTH_UNAVAILABLE);
        break;
    }
}

static bool take_reply(struct auth_link *link, struct error *err)
{
    struct sasl_reply reply = {0};
    struct client *client;

    arena_reset(link->arena);
    if (!ipc_receive(link->connection, &sasl_reply_message, link->arena, &reply, err))
        return false;
    client = hash_get(link->clients, id_key(&reply.id));
    if (client != NULL && client->state == CLIENT_AUTH) {
        on_reply(client, &reply);
        client_resume(client);
    } else if (reply.outcome == SASL_OK) {
        sasl_end_session(link->login, reply.id); /* it went away at that moment */
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
