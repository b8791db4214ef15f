/* IMAP before login: commands whose arguments may be literals, and the literals of those that have none. */
#include "lib/base/base.h"

#include "login/imap_command.h"

#include "login/imap_login.h"

#define ID_WORDS_MAX 60 /* thirty fields: RFC 2971, section 3.3 */

/* Tell the client once that it may send its literal, also when it did not wait. */
static void invite_literal(struct client *client, const struct imap_astring *string,
                           const unsigned char *start)
{
    size_t at = (size_t)(start - (const unsigned char *)client->input.data) + string->announced_at;

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
    const unsigned char *start;

    skip_spaces(at);
    start = at->next;
    result = imap_astring_parse(arena, at, &string);
    invite_literal(client, &string, start);
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

/* The rest of a command of whatever form, with its literals. */
static enum parse_result take_rest(struct client *client, struct arena *arena, struct cursor *at)
{
    enum parse_result result;
    struct imap_astring literal;
    bool goes_on;

    do {
        const unsigned char *start = at->next;
        result = imap_rest_parse(arena, at, &literal, &goes_on);
        invite_literal(client, &literal, start);
    } while (result == PARSE_DONE && goes_on);
    return result;
}

/* Behind a literal that is too large nothing can be known of the rest. */
static void end_with_too_big(struct client *client)
{
    client_consume(client, client->input.len);
    client_say(client, "* BYE Literal size too large");
    client_close(client, "Disconnected: Literal size too large");
}

static void consume_until(struct client *client, struct cursor at)
{
    client_consume(client, (size_t)(at.next - (const unsigned char *)client->input.data));
}

/* user SP password CRLF; what is none of that is refused when all of it is there */
static enum parse_result run_login(struct client *client, struct arena *arena, struct cursor at)
{
    struct span user, password;
    bool is_wrong;
    enum parse_result result = take_argument(client, arena, &at, &user);

    if (result == PARSE_DONE && !cursor_at_end(at) && *at.next != ' ')
        result = PARSE_MALFORMED;
    if (result == PARSE_DONE)
        result = take_argument(client, arena, &at, &password);
    if (result == PARSE_DONE)
        result = take_line_end(&at);
    is_wrong = result == PARSE_MALFORMED;
    if (is_wrong)
        result = take_rest(client, arena, &at);
    if (result != PARSE_DONE)
        return result;
    consume_until(client, at);
    if (is_wrong)
        imap_refuse(client);
    else if (!imap_refuse_plaintext(client))
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

/* Literals before the fault are the command's own; it goes on to the end of the line behind them, as with Dovecot. */
static enum parse_result run_id(struct client *client, struct arena *arena, struct cursor at)
{
    enum parse_result result = take_id(client, arena, &at);
    const unsigned char *end;

    if (result == PARSE_DONE) {
        consume_until(client, at);
        client_say(client, "* ID (\"name\" \"%s\")", client->login->config->mail_name);
        client_say(client, "%s OK ID completed.", client->tag);
    } else if (result == PARSE_MALFORMED) {
        end = memchr(at.next, '\n', cursor_left(at));
        if (end == NULL)
            return PARSE_INCOMPLETE;
        at.next = end + 1;
        consume_until(client, at);
        /* which does not count as a bad command */
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

/* false: more of it must come. */
static bool has_ended(struct client *client, enum parse_result result)
{
    if (result == PARSE_TOO_BIG)
        end_with_too_big(client);
    if (result != PARSE_INCOMPLETE)
        client->invited_at = 0;
    return result != PARSE_INCOMPLETE;
}

bool imap_run_with_literals(struct client *client, struct span verb, struct cursor arguments,
                            bool *is_whole_r)
{
    for (size_t i = 0; i < ARRAY_LENGTH(literal_commands); i++) {
        struct arena *arena;
        if (!span_equal_text_nocase(verb, literal_commands[i].verb))
            continue;
        arena = arena_create();
        *is_whole_r = has_ended(client, literal_commands[i].run(client, arena, arguments));
        arena_free(&arena);
        return true;
    }
    return false;
}

bool imap_skip_literals(struct client *client, struct cursor arguments, size_t *end_r)
{
    struct arena *arena = arena_create();
    bool is_whole = has_ended(client, take_rest(client, arena, &arguments));

    *end_r = (size_t)(arguments.next - (const unsigned char *)client->input.data);
    arena_free(&arena);
    return is_whole;
}
