/*
 * IMAP before login: RFC 9051 section 6.1 and 6.2, RFC 4959 (SASL-IR), RFC 7888 (LITERAL+), RFC 2971 (ID).
 * Replies as Dovecot words them, because scripts look for them.
 */
#include "lib/base/base.h"

#include "login/client.h"
#include "login/imap_command.h"

/* --- replies ------------------------------------------------------------------------------------------------ */

static void put_capabilities(const struct client *client, struct buf *out)
{
    buf_put_text(out, "CAPABILITY IMAP4rev1 SASL-IR ID ENABLE IDLE LITERAL+");
    if (client->tls == NULL && client->login->tls != NULL)
        buf_put_text(out, " STARTTLS");
    if (!client_may_send_password(client))
        buf_put_text(out, " LOGINDISABLED");
    sasl_list_mechanisms(client, "AUTH=", out);
}

static bool start(struct client *client)
{
    struct buf capabilities = BUF(BUF_UNLIMITED);

    put_capabilities(client, &capabilities);
    client_say(client, "* OK [%s] %s", buf_text(&capabilities),
               client->login->config->login_greeting);
    buf_release(&capabilities);
    return true;
}

static void failed(struct client *client, enum auth_failure failure)
{
    static const char *const replies[] = {
        [AUTH_WRONG] = "NO [AUTHENTICATIONFAILED] Authentication failed.",
        [AUTH_UNAVAILABLE] = "NO [UNAVAILABLE] Temporary authentication failure.",
        [AUTH_ABORTED] = "BAD Authentication aborted by client.",
        [AUTH_MALFORMED] = "BAD Invalid base64 data in initial response",
        [AUTH_MALFORMED_RESPONSE] = "BAD Invalid base64 data in continued response",
        [AUTH_ODD_RESPONSE] = "NO [ALERT] Invalid base64 in response",
        [AUTH_UNSUPPORTED] = "NO [ALERT] Unsupported authentication mechanism.",
        [AUTH_DISABLED] = "NO [CONTACTADMIN]", /* and what auth explains */
        [AUTH_EXPIRED] = "NO [EXPIRED] Password expired",
        [AUTH_TOO_MANY] = "NO [LIMIT]",
    };
    const bool is_explained = failure == AUTH_DISABLED || failure == AUTH_TOO_MANY;

    client_say(client, "%s %s%s%s", client->tag, replies[failure], is_explained ? " " : "",
               is_explained ? client->explanation : "");
}

static void bye(struct client *client, const char *reason)
{
    client_say(client, "* BYE %s", reason);
}

static void challenge(struct client *client, struct span base64)
{
    client_say(client, "+ %.*s", SPAN_PRINTF(base64));
}

bool imap_refuse_plaintext(struct client *client)
{
    if (client_may_send_password(client))
        return false;
    client->refused_plaintext = true;
    client_say(
        client,
        "* BAD [ALERT] Plaintext authentication not allowed without SSL/TLS, but your client did "
        "it anyway. If anyone was listening, the password was exposed.");
    client_say(
        client,
        "%s NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) "
        "connections.",
        client->tag);
    return true;
}

void imap_refuse(struct client *client)
{
    if (!client_bad_command(client))
        client_say(client, "%s BAD Error in IMAP command received by server.",
                   client->tag[0] == '\0' ? "*" : client->tag);
}

/* --- commands of one line --------------------------------------------------------------------------------------- */

static void run_capability(struct client *client, struct span arguments UNUSED)
{
    struct buf capabilities = BUF(BUF_UNLIMITED);

    put_capabilities(client, &capabilities);
    client_say(client, "* %s", buf_text(&capabilities));
    client_say(client, "%s OK Pre-login capabilities listed, post-login capabilities have more.",
               client->tag);
    buf_release(&capabilities);
}

static void run_noop(struct client *client, struct span arguments UNUSED)
{
    client_say(client, "%s OK NOOP completed.", client->tag);
}

/* There is nothing that a session could be told before it begins; clients that ask all the same go on. */
static void run_enable(struct client *client, struct span arguments UNUSED)
{
    client_say(client, "* ENABLED");
    client_say(client, "%s OK ENABLE ignored in non-authenticated state.", client->tag);
}

static void run_logout(struct client *client, struct span arguments UNUSED)
{
    client_say(client, "* BYE Logging out");
    client_say(client, "%s OK Logout completed.", client->tag);
    client_close(client, "Disconnected: Aborted login by logging out");
}

static void run_starttls(struct client *client, struct span arguments UNUSED)
{
    if (client->tls != NULL) {
        client_say(client, "%s BAD TLS is already active.", client->tag);
    } else if (client->login->tls == NULL) {
        client_say(client, "%s BAD TLS support isn't enabled.", client->tag);
    } else {
        client_say(client, "%s OK Begin TLS negotiation now.", client->tag);
        client_start_tls(client);
    }
}

static void run_authenticate(struct client *client, struct span arguments)
{
    struct span mechanism = span_take_until(&arguments, ' ');
    const struct sasl_mechanism *known;
    char *name;

    if (mechanism.len == 0) {
        imap_refuse(client);
        return;
    }
    name = mem_span(mechanism);
    known = sasl_mechanism_find(name);
    if (known != NULL && (sasl_mechanism_traits(known) & SASL_SENDS_PASSWORD) != 0 &&
        imap_refuse_plaintext(client)) {
        mem_free(name);
        return;
    }
    sasl_begin_base64(client, name, arguments, arguments.len > 0);
    mem_free(name);
}

/* verb, handler */
static const struct command {
    const char *verb;
    void (*run)(struct client *client, struct span arguments);
} commands[] = {
    {"CAPABILITY",   run_capability  },
    {"NOOP",         run_noop        },
    {"ENABLE",       run_enable      },
    {"LOGOUT",       run_logout      },
    {"STARTTLS",     run_starttls    },
    {"AUTHENTICATE", run_authenticate},
};

/* --- the dispatcher ----------------------------------------------------------------------------------------------------- */

/* tag = 1*<any ASTRING-CHAR except "+">; what is none leaves "*" for the answer */
static bool take_tag(struct client *client, struct span *line)
{
    struct span tag = span_take_until(line, ' ');

    client->tag[0] = '\0';
    if (tag.len == 0 || tag.len > TAG_MAX_LEN)
        return false;
    for (size_t i = 0; i < tag.len; i++)
        if (tag.data[i] <= ' ' || (unsigned char)tag.data[i] >= 127 ||
            strchr("(){%*\"\\+", tag.data[i]) != NULL)
            return false;
    memcpy(client->tag, tag.data, tag.len);
    client->tag[tag.len] = '\0';
    return true;
}

static bool run_line(struct client *client, struct span verb, struct span arguments)
{
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
        if (span_equal_text_nocase(verb, commands[i].verb)) {
            commands[i].run(client, arguments);
            return true;
        }
    return false;
}

static bool command(struct client *client)
{
    struct span line, verb, rest;
    size_t with_end;
    char *copy;

    if (!client_line(client, &line, &with_end))
        return false;
    rest = line;
    if (take_tag(client, &rest)) {
        struct cursor arguments = cursor_of(buf_span(&client->input));
        bool is_whole;

        verb = span_take_until(&rest, ' ');
        arguments.next = (const unsigned char *)verb.data + verb.len;
        if (imap_run_with_literals(client, verb, arguments, &is_whole))
            return is_whole;
        if (!imap_skip_literals(client, arguments, &with_end))
            return false;
        if (client->state == CLIENT_CLOSING)
            return true;
    }
    /* A handler may put the input to other uses (hand-over): it works on a copy. */
    copy = mem_span(line);
    client_consume(client, with_end);
    rest = span_of(copy, line.len);
    (void)span_take_until(&rest, ' ');
    verb = span_take_until(&rest, ' ');
    if (client->tag[0] == '\0' || !run_line(client, verb, rest))
        imap_refuse(client);
    mem_free(copy);
    return true;
}

const struct protocol login_imap = {
    .name = "imap",
    .service = "imapd",
    .too_many_bad = "Too many invalid IMAP commands.",
    .too_many_bad_logged = "Disconnected: Too many invalid commands",
    .parks = true,
    .start = start,
    .command = command,
    .challenge = challenge,
    .failed = failed,
    .bye = bye,
};
