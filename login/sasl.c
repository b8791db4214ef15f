/*
 * The exchange between a client and auth. login encodes and decodes base64 and carries octets to and
 * fro; what they mean it does not know.
 */
#include "lib/base/base.h"

#include "login/auth_link.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>

static void end_attempt(struct client *client)
{
    auth_link_forget(client);
    client->state = CLIENT_COMMAND;
}

static void fail(struct client *client, enum auth_failure failure)
{
    end_attempt(client);
    client->failure = failure;
    client->login->protocol->failed(client, failure);
}

/* --- base64 ------------------------------------------------------------------------------------------------ */

static bool is_of_base64(struct span text, bool padding)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_alnum(text.data[i]) && text.data[i] != '+' && text.data[i] != '/' &&
            !(padding && text.data[i] == '='))
            return false;
    return true;
}

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
    /* EVP_DecodeBlock takes blanks and "=" anywhere. */
    if (!is_of_base64(span_first(base64, base64.len - padding), false))
        return false;
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

/* Asks auth; `initial` are decoded octets, data NULL for none. */
static void begin(struct client *client, const char *mechanism, struct span initial)
{
    struct channel channel;
    struct sasl_start start = {
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
    auth_link_enter(client);
    start.id = client->exchange;
    client->state = CLIENT_AUTH;
    if (!auth_link_start(client->login->auth, &start))
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
    bool is_empty;

    base64 = span_trim(base64);
    is_empty = base64.len == 1 && base64.data[0] == '=';
    if (mechanism == NULL || !sasl_offer_allows(mechanism, &connection)) {
        refuse(client, AUTH_UNSUPPORTED);
    } else if (has && !is_empty && !decode(base64, &octets)) {
        refuse(client, AUTH_MALFORMED);
    } else {
        client->mechanism = sasl_mechanism_name(mechanism);
        begin(client, client->mechanism,
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
        begin(client, "PLAIN", buf_span(&octets));
    }
    forget(&octets);
}

void sasl_response(struct client *client, struct span line)
{
    struct buf octets = BUF(SASL_OCTETS_MAX);
    struct sasl_continue next = {.id = client->exchange};

    next.cancel = line.len == 1 && line.data[0] == '*';
    if (next.cancel || !decode(line, &octets)) {
        sasl_cancel(client);
        client->state = CLIENT_COMMAND;
        refuse(client, next.cancel                ? AUTH_ABORTED
                       : is_of_base64(line, true) ? AUTH_MALFORMED_RESPONSE
                                                  : AUTH_ODD_RESPONSE);
    } else {
        next.response = buf_span(&octets);
        client->state = CLIENT_AUTH;
        if (!auth_link_send(client->login->auth, &sasl_continue_message, &next))
            fail(client, AUTH_UNAVAILABLE);
    }
    forget(&octets);
}

void sasl_cancel(struct client *client)
{
    const struct sasl_continue cancel = {.id = client->exchange, .cancel = true};

    if (client->exchange == 0)
        return;
    auth_link_forget(client);
    (void)!auth_link_send(client->login->auth, &sasl_continue_message, &cancel);
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
    case SASL_REFUSED_EXPIRED:
        return AUTH_EXPIRED;
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

void sasl_take_reply(struct client *client, const struct sasl_reply *reply)
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
    client_resume(client);
}

void sasl_lost(struct client *client)
{
    fail(client, AUTH_UNAVAILABLE);
    client_resume(client);
}
