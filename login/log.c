/*
 * The log lines of login, in Dovecot's form to the letter: fail2ban and its like read them. What a line has of the
 * client is login_log_format_elements.
 */
#include "lib/base/base.h"

#include "login/client.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/base/variables.h"

/* --- elements ----------------------------------------------------------------------------------------------------- */

struct elements {
    const struct client *client; /* NULL: all variables are empty */
    uint64_t pid;
    const char *handshake; /* why it failed; NULL */
};

static bool put_security(const struct elements *elements, struct buf *value)
{
    const struct client *client = elements->client;

    if (elements->handshake != NULL)
        return buf_printf(value, "TLS handshaking: %s", elements->handshake);
    if (client->state == CLIENT_HANDSHAKE)
        return buf_append_text(value, "TLS handshaking");
    if (client->tls != NULL || client->has_proxied_tls)
        return buf_append_text(value, "TLS");
    return !client_is_secured(client) || buf_append_text(value, "secured");
}

static bool put_tls(const struct client *client, struct buf *value)
{
    return client->tls == NULL || client->state == CLIENT_HANDSHAKE ||
           buf_printf(value, "%s with cipher %s", tls_protocol(client->tls),
                      tls_cipher(client->tls));
}

static bool put_text(const char *text, struct buf *value)
{
    return text == NULL || buf_append_text(value, text);
}

/* name, letter of the variables; the text of each is in the function */
static const struct variable_name {
    const char *name;
    char letter;
} names[] = {
    {"user",         'u'},
    {"username",     'n'},
    {"domain",       'd'},
    {"service",      's'},
    {"protocol",     's'},
    {"local_ip",     'l'},
    {"remote_ip",    'r'},
    {"lip",          'l'},
    {"rip",          'r'},
    {"lport",        'a'},
    {"rport",        'b'},
    {"mech",         'm'},
    {"mechanism",    'm'},
    {"mail_pid",     'e'},
    {"secured",      'c'},
    {"ssl_security", 'k'},
    {"session",      'S'},
};

static char letter_of(struct span name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (span_equal_text(name, names[i].name))
            return names[i].letter;
    return name.len == 1 ? name.data[0] : '\0';
}

static bool get(void *context, struct span name, struct buf *value)
{
    const struct elements *elements = context;
    const struct client *client = elements->client;
    const char letter = letter_of(name);
    struct span user, local;

    if (client == NULL)
        return strchr("undslrabmeckS", letter) != NULL;
    user = span_text(client->user);
    switch (letter) {
    case 'u':
        return buf_append_span(value, user);
    case 'n':
        return buf_append_span(value, span_take_until(&user, '@'));
    case 'd':
        local = span_take_until(&user, '@');
        return local.data == NULL || buf_append_span(value, user);
    case 's':
        return put_text(client->login->protocol->name, value);
    case 'l':
        return put_text(client->local, value);
    case 'r':
        return put_text(client->remote, value);
    case 'a':
        return buf_printf(value, "%u", client->local_port);
    case 'b':
        return buf_printf(value, "%u", client->remote_port);
    case 'm':
        return put_text(client->mechanism, value);
    case 'e':
        return elements->pid == 0 || buf_printf(value, "%" PRIu64, elements->pid);
    case 'c':
        return put_security(elements, value);
    case 'k':
        return put_tls(client, value);
    case 'S':
        return put_text(client->session, value);
    default:
        return false;
    }
}

static bool names_user(const char *element)
{
    return strstr(element, "%u") != NULL || strstr(element, "%n") != NULL ||
           strstr(element, "%{user") != NULL;
}

/* Is anything in the element but what it would be without values? */
static bool says_something(const char *element, const char *expanded)
{
    struct elements nothing = {0};
    struct buf empty = BUF(BUF_UNLIMITED);
    bool says = strchr(element, '%') == NULL || names_user(element) ||
                !variables_expand(element, get, &nothing, &empty, NULL) ||
                strcmp(buf_text(&empty), expanded) != 0;

    buf_release(&empty);
    return says;
}

/* "user=<ana>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.2, mpid=12, TLS, session=<x>" */
static void add_elements(struct buf *line, const struct elements *elements)
{
    struct elements context = *elements;
    struct strlist formats = STRLIST_EMPTY;
    struct buf value = BUF(BUF_UNLIMITED);
    const char *separator = "";

    strlist_split(&formats, elements->client->login->config->login_log_format_elements, " ");
    for (size_t i = 0; i < formats.count; i++) {
        struct error err = {0};
        buf_clear(&value);
        if (!variables_expand(formats.items[i], get, &context, &value, &err)) {
            log_warning("login_log_format_elements: %s", err.text);
        } else if (says_something(formats.items[i], buf_text(&value))) {
            buf_put_printf(line, "%s%s", separator, buf_text(&value));
            separator = ", ";
        }
    }
    buf_release(&value);
    strlist_release(&formats);
}

/* --- why ------------------------------------------------------------------------------------------------------------ */

static void add_cause(struct buf *line, const struct client *client)
{
    const int64_t seconds = (clock_monotonic_ms() - client->arrived_ms) / 1000;

    if (client->attempts > 0 && client->failure == AUTH_DISABLED)
        buf_put_printf(line, " (login disabled, %u attempts in %" PRId64 " secs)", client->attempts,
                       seconds);
    else if (client->attempts > 0 && client->failure == AUTH_EXPIRED)
        buf_put_text(line, " (password expired)");
    else if (client->attempts > 0)
        buf_put_printf(line, " (auth failed, %u attempts in %" PRId64 " secs)", client->attempts,
                       seconds);
    else if (client->refused_plaintext)
        buf_put_text(line, " (tried to use disallowed plaintext auth)");
    else if (client->exchange != 0)
        buf_put_printf(line, " (client didn't finish SASL auth, waited %" PRId64 " secs)", seconds);
    else if (client->mechanism != NULL && client->failure == AUTH_UNAVAILABLE)
        buf_put_text(line, " (auth service reported temporary failure)");
    else if (client->failure == AUTH_MALFORMED || client->failure == AUTH_MALFORMED_RESPONSE ||
             client->failure == AUTH_ODD_RESPONSE)
        buf_put_text(line, " (sent invalid base64 in response)");
    else if (client->failure == AUTH_UNSUPPORTED)
        buf_put_text(line, " (tried to use unsupported auth mechanism)");
    else
        buf_put_printf(line, " (no auth attempts in %" PRId64 " secs)", seconds);
}

static void write_line(const struct elements *elements, const char *reason, bool has_cause)
{
    struct buf line = BUF(BUF_UNLIMITED);

    buf_put_printf(&line, "%s-login: %s", elements->client->login->protocol->name, reason);
    if (has_cause)
        add_cause(&line, elements->client);
    buf_put_text(&line, ": ");
    add_elements(&line, elements);
    log_info("%s", buf_text(&line));
    buf_release(&line);
}

void log_login(const struct client *client, uint64_t pid)
{
    write_line(&(struct elements){.client = client, .pid = pid}, "Login", false);
}

void log_disconnect(const struct client *client, const char *reason)
{
    write_line(&(struct elements){.client = client}, reason,
               client->attempts == 0 || client->failure != AUTH_TOO_MANY);
}

void log_handshake(const struct client *client, const char *failure)
{
    struct buf why = BUF(BUF_UNLIMITED), reason = BUF(BUF_UNLIMITED);

    if (failure == NULL)
        buf_put_text(&why, "Connection closed");
    else
        buf_put_printf(&why, "SSL_accept() failed: %s", failure);
    buf_put_text(&reason, "Disconnected: Connection closed");
    if (failure != NULL)
        buf_put_printf(&reason, ": %s", buf_text(&why));
    write_line(&(struct elements){.client = client, .handshake = buf_text(&why)}, buf_text(&reason),
               true);
    buf_release(&why);
    buf_release(&reason);
}
