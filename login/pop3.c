/*
 * POP3 before login: RFC 1939 section 4 and 7, RFC 2449 (CAPA), RFC 2595 (STLS), RFC 5034 (AUTH), RFC 6856
 * (LANG, UTF8).
 */
#include "lib/base/base.h"

#include "login/client.h"

#include "lib/sasl/pop3_lang.h"

#include <unistr.h>

static bool start(struct client *client)
{
    client_say(client, "+OK %s", client->login->config->login_greeting);
    return true;
}

static void run_capa(struct client *client, struct span arguments UNUSED)
{
    struct buf mechanisms = BUF(BUF_UNLIMITED);

    client_say(client,
               "+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\n"
               "LANG\r\nUTF8 USER");
    if (client->tls == NULL && client->login->tls != NULL)
        client_say(client, "STLS");
    if (client_may_send_password(client))
        client_say(client, "USER");
    sasl_list_mechanisms(client, "", &mechanisms);
    if (mechanisms.len > 0)
        client_say(client, "SASL%s", buf_text(&mechanisms));
    buf_release(&mechanisms);
    client_say(client, ".");
}

static bool refuse_plaintext(struct client *client)
{
    if (client_may_send_password(client))
        return false;
    client->refused_plaintext = true;
    client_say(
        client,
        "-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.");
    return true;
}

/* After UTF8 a name or a password is UTF-8, or nobody's (RFC 6856 section 2.2). Before it the octets may be
 * those of an older client's charset: they are compared as they are. */
static bool refuse_malformed(struct client *client, struct span text)
{
    if (!client->utf8 || u8_check((const uint8_t *)text.data, text.len) == NULL)
        return false;
    client_say(client, "-ERR [AUTH] This is not UTF-8.");
    return true;
}

static void run_user(struct client *client, struct span arguments)
{
    if (refuse_plaintext(client) || refuse_malformed(client, arguments))
        return;
    mem_free(client->named);
    client->named = mem_span(arguments);
    client_say(client, "+OK");
}

/* A password is for the USER before it: after a wrong one another name must be given. */
static void run_pass(struct client *client, struct span arguments)
{
    char *user = client->named;

    if (user == NULL) {
        client_say(client, "-ERR No username given.");
        return;
    }
    if (refuse_malformed(client, arguments))
        return;
    client->named = NULL;
    sasl_password(client, span_text(user), arguments);
    mem_free(user);
}

static void run_auth(struct client *client, struct span arguments)
{
    struct span mechanism = span_take_until(&arguments, ' ');
    const struct sasl_mechanism *known;
    struct buf mechanisms = BUF(BUF_UNLIMITED);
    char *name;

    if (mechanism.len == 0) {
        client_say(client, "+OK");
        sasl_list_mechanisms(client, "\r\n", &mechanisms);
        if (mechanisms.len > 0)
            for (struct span rest = buf_span(&mechanisms), word; rest.len > 0;) {
                word = span_trim(span_take_until(&rest, '\n'));
                if (word.len > 0)
                    client_say(client, "%.*s", SPAN_PRINTF(word));
            }
        client_say(client, ".");
        buf_release(&mechanisms);
        return;
    }
    name = mem_span(mechanism);
    known = sasl_mechanism_find(name);
    if (known != NULL && (sasl_mechanism_traits(known) & SASL_SENDS_PASSWORD) != 0 &&
        refuse_plaintext(client)) {
        mem_free(name);
        return;
    }
    sasl_begin_base64(client, name, arguments, arguments.len > 0);
    mem_free(name);
}

static void run_stls(struct client *client, struct span arguments UNUSED)
{
    if (client->tls != NULL) {
        client_say(client, "-ERR TLS is already active.");
    } else if (client->utf8) { /* RFC 6856 section 2.1 */
        client_say(client, "-ERR STLS has to come before UTF8.");
    } else if (client->login->tls == NULL) {
        client_say(client, "-ERR TLS support isn't enabled.");
    } else {
        client_say(client, "+OK Begin TLS negotiation now.");
        client_start_tls(client);
    }
}

static void run_utf8(struct client *client, struct span arguments)
{
    if (span_trim(arguments).len > 0) {
        client_say(client, "-ERR UTF8 has no argument.");
        return;
    }
    client->utf8 = true;
    client_say(client, "+OK UTF-8 it is.");
}

static void run_lang(struct client *client, struct span arguments)
{
    client_say(client, "%s", pop3_lang(arguments));
}

/* Its challenge would be in the greeting, and there is none. */
static void run_apop(struct client *client, struct span arguments UNUSED)
{
    client_say(client, "-ERR APOP not enabled.");
}

static void run_quit(struct client *client, struct span arguments UNUSED)
{
    client_say(client, "+OK Logging out");
    client_close(client, "Disconnected: Aborted login by logging out");
}

/* verb, handler */
static const struct command {
    const char *verb;
    void (*run)(struct client *client, struct span arguments);
} commands[] = {
    {"CAPA", run_capa},
    {"USER", run_user},
    {"PASS", run_pass},
    {"AUTH", run_auth},
    {"STLS", run_stls},
    {"UTF8", run_utf8},
    {"LANG", run_lang},
    {"APOP", run_apop},
    {"QUIT", run_quit},
};

static bool command(struct client *client)
{
    struct span line, arguments, verb;
    size_t with_end;
    char *copy;

    if (!client_line(client, &line, &with_end))
        return false;
    /* The handler may put the input to other uses (hand-over): it works on a copy. */
    copy = mem_span(line);
    arguments = span_of(copy, line.len);
    client_consume(client, with_end);
    verb = span_take_until(&arguments, ' ');
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
        if (span_equal_text_nocase(verb, commands[i].verb)) {
            commands[i].run(client, arguments);
            if (commands[i].run != run_auth && client->state == CLIENT_COMMAND)
                client->bad_commands = 0; /* Dovecot forgives them when the client makes sense */
            mem_free(copy);
            return true;
        }
    mem_free(copy);
    client_say(client, "-ERR Unknown command.");
    (void)client_bad_command(client);
    return true;
}

static void challenge(struct client *client, struct span base64)
{
    client_say(client, "+ %.*s", SPAN_PRINTF(base64));
}

static void failed(struct client *client, enum auth_failure failure)
{
    static const char *const replies[] = {
        [AUTH_WRONG] = "-ERR [AUTH] Authentication failed.",
        [AUTH_UNAVAILABLE] = "-ERR [SYS/TEMP] Temporary authentication failure.",
        [AUTH_ABORTED] = "-ERR Authentication aborted by client.",
        [AUTH_MALFORMED] = "-ERR [AUTH] Invalid base64 data in initial response",
        [AUTH_MALFORMED_RESPONSE] = "-ERR [AUTH] Invalid base64 data in continued response",
        [AUTH_ODD_RESPONSE] = "-ERR [AUTH] Invalid base64 in response",
        [AUTH_UNSUPPORTED] = "-ERR [AUTH] Unsupported authentication mechanism.",
        [AUTH_DISABLED] = "-ERR [SYS/PERM]", /* and what auth explains */
        [AUTH_EXPIRED] = "-ERR [AUTH] Password expired",
        [AUTH_TOO_MANY] = "-ERR [IN-USE]",
    };
    const bool is_explained = failure == AUTH_DISABLED || failure == AUTH_TOO_MANY;

    client_say(client, "%s%s%s", replies[failure], is_explained ? " " : "",
               is_explained ? client->explanation : "");
}

static void bye(struct client *client, const char *reason)
{
    client_say(client, "-ERR %s", reason);
}

const struct protocol login_pop3 = {
    .name = "pop3",
    .service = "pop3d",
    .too_many_bad = "Too many invalid bad commands.", /* as Dovecot words it */
    .too_many_bad_logged = "Disconnected: Too many bad commands",
    .start = start,
    .command = command,
    .challenge = challenge,
    .failed = failed,
    .bye = bye,
};
