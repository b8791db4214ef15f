/*
 * IMAP before login: RFC 9051 section 6.1 and 6.2, RFC 4959 (SASL-IR), RFC 7888 (LITERAL+), RFC 2971 (ID).
 * Replies as Dovecot words them, because scripts look for them.
 */
#include "lib/base/base.h"

#include "login/client.h"
#include "login/imap_login.h"

#define WRONG_COMMAND "Error in IMAP command received by server."
#define ID_WORDS_MAX  60 /* thirty fields: RFC 2971, section 3.3 */

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

static bool refuse_plaintext(struct client *client)
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

static void refuse(struct client *client, const char *text)
{
    if (!client_bad_command(client))
        client_say(client, "%s BAD %s", client->tag[0] == '\0' ? "*" : client->tag, text);
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
        refuse(client, WRONG_COMMAND);
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

/* --- commands whose arguments may be literals ------------------------------------------------------------------------ */

/* Tell the client once that it may send its literal, also when it did not wait. */
static void invite_literal(struct client *client, const struct imap_astring *string, size_t before)
{
    size_t at = before + string->announced_at;

    if (string->announced && at > client->invited_at) {
        client->invited_at = at;
        client_say(client, "+ OK");
    }
}

static void skip_spaces(struct cursor *at)
{
    while (cursor_take(at, ' '))
        ;
}

static enum parse_result take_argument(struct client *client, struct arena *arena,
                                       struct cursor *at, struct span *value_r)
{
    struct imap_astring string;
    enum parse_result result;
    size_t before;

    skip_spaces(at);
    before = (size_t)(at->next - (const unsigned char *)client->input.data);
    result = imap_astring_parse(arena, at, &string);
    invite_literal(client, &string, before);
    *value_r = string.value;
    return result;
}

static enum parse_result take_line_end(struct cursor *at)
{
    skip_spaces(at);
    (void)cursor_take(at, '\r');
    if (cursor_take(at, '\n'))
        return PARSE_DONE;
    return cursor_at_end(*at) ? PARSE_INCOMPLETE : PARSE_MALFORMED;
}

/* Behind a literal that is too large nothing can be known of the rest. Literals before the fault are the command's
 * own; it goes on to the end of the line behind them. PARSE_MALFORMED: and it is to be refused. */
static enum parse_result drop_arguments(struct client *client, struct cursor at,
                                        enum parse_result fault)
{
    const unsigned char *end = memchr(at.next, '\n', cursor_left(at));

    if (fault == PARSE_TOO_BIG) {
        client_consume(client, client->input.len);
        client_say(client, "* BYE Literal size too large");
        client_close(client, "Disconnected: Literal size too large");
        return fault;
    }
    if (end == NULL)
        return PARSE_INCOMPLETE;
    client_consume(client, (size_t)(end + 1 - (const unsigned char *)client->input.data));
    return fault;
}

/* user SP password CRLF */
static enum parse_result run_login(struct client *client, struct arena *arena, struct cursor at)
{
    struct span user, password;
    enum parse_result result = take_argument(client, arena, &at, &user);

    if (result == PARSE_DONE && !cursor_at_end(at) && *at.next != ' ')
        result = PARSE_MALFORMED;
    if (result == PARSE_DONE)
        result = take_argument(client, arena, &at, &password);
    if (result == PARSE_DONE)
        result = take_line_end(&at);
    if (result == PARSE_INCOMPLETE)
        return result;
    if (result != PARSE_DONE) {
        result = drop_arguments(client, at, result);
        if (result == PARSE_MALFORMED)
            refuse(client, WRONG_COMMAND);
        return result;
    }
    client_consume(client, (size_t)(at.next - (const unsigned char *)client->input.data));
    if (!refuse_plaintext(client))
        sasl_password(client, user, password);
    return PARSE_DONE;
}

/* nil = "NIL", which is no string: "NIL" in quotes is something else. */
static bool take_nil(struct cursor *at)
{
    static const char nil[] = "NIL";
    struct cursor end = *at;

    for (size_t i = 0; nil[i] != '\0'; i++)
        if (cursor_at_end(end) || to_upper(*end.next++) != nil[i])
            return false;
    *at = end;
    return true;
}

/* string, or nstring: an astring that is no atom */
static enum parse_result take_id_word(struct client *client, struct arena *arena, struct cursor *at,
                                      bool may_be_nil)
{
    struct span value;

    if (cursor_at_end(*at))
        return PARSE_INCOMPLETE;
    if (*at->next == '"' || *at->next == '{')
        return take_argument(client, arena, at, &value);
    return may_be_nil && take_nil(at) ? PARSE_DONE : PARSE_MALFORMED;
}

/* id_param_list = "(" [string SP nstring ...] ")" / NIL: RFC 2971. Who it is does not matter to us. The whole line
 * is there but for literals and what follows them. */
static enum parse_result take_id(struct client *client, struct arena *arena, struct cursor *at)
{
    enum parse_result result = PARSE_DONE;

    skip_spaces(at);
    if (!cursor_take(at, '(')) {
        (void)take_nil(at); /* or nothing at all */
        return take_line_end(at);
    }
    for (unsigned i = 0; i < ID_WORDS_MAX && result == PARSE_DONE; i++) {
        skip_spaces(at);
        if (cursor_take(at, ')'))
            return take_line_end(at);
        result = take_id_word(client, arena, at, i % 2 == 1);
    }
    return result == PARSE_DONE ? PARSE_MALFORMED : result;
}

static enum parse_result run_id(struct client *client, struct arena *arena, struct cursor at)
{
    enum parse_result result = take_id(client, arena, &at);

    if (result == PARSE_DONE) {
        client_consume(client, (size_t)(at.next - (const unsigned char *)client->input.data));
        client_say(client, "* ID (\"name\" \"%s\")", client->login->config->mail_name);
        client_say(client, "%s OK ID completed.", client->tag);
    } else if (result != PARSE_INCOMPLETE) {
        result = drop_arguments(client, at, result);
        if (result == PARSE_MALFORMED) /* which does not count as a bad command */
            client_say(client, "%s BAD Invalid ID parameters", client->tag);
    }
    return result;
}

/* verb, handler: it takes the command from the input, or says that more of it must come */
static const struct {
    const char *verb;
    enum parse_result (*run)(struct client *client, struct arena *arena, struct cursor at);
} literal_commands[] = {
    {"LOGIN", run_login},
    {"ID",    run_id   },
};

/* *whole_r: nothing is missing. false: it is none of these. */
static bool run_with_literals(struct client *client, struct span verb, struct span arguments,
                              bool *whole_r)
{
    struct cursor at = cursor_of(buf_span(&client->input));

    at.next = (const unsigned char *)arguments.data;
    for (size_t i = 0; i < ARRAY_LENGTH(literal_commands); i++) {
        struct arena *arena;
        if (!span_equal_text_nocase(verb, literal_commands[i].verb))
            continue;
        arena = arena_create();
        *whole_r = literal_commands[i].run(client, arena, at) != PARSE_INCOMPLETE;
        if (*whole_r)
            client->invited_at = 0;
        arena_free(&arena);
        return true;
    }
    return false;
}

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
    bool whole;
    char *copy;

    if (!client_line(client, &line, &with_end))
        return false;
    rest = line;
    if (take_tag(client, &rest)) {
        verb = span_take_until(&rest, ' ');
        if (run_with_literals(client, verb, span_of(verb.data + verb.len, 0), &whole))
            return whole;
    }
    /* A handler may put the input to other uses (hand-over): it works on a copy. */
    copy = mem_span(line);
    client_consume(client, with_end);
    rest = span_of(copy, line.len);
    (void)span_take_until(&rest, ' ');
    verb = span_take_until(&rest, ' ');
    if (client->tag[0] == '\0' || !run_line(client, verb, rest))
        refuse(client, WRONG_COMMAND);
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
