/*
 * The commands of POP3's TRANSACTION state: RFC 1939 section 5, RFC 2449 (CAPA), RFC 3206 (SYS/TEMP),
 * RFC 6856 (LANG, UTF8).
 */
#include "lib/base/base.h"

#include "pop3d/session.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/sasl/pop3_lang.h"

#include <stdio.h>

/* --- replies ------------------------------------------------------------------------------------------ */

static void reply(struct pop3_session *session, const char *format, ...) PRINTF(2, 3);
static void reply(struct pop3_session *session, const char *format, ...)
{
    char line[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    stream_write_text(session->client, line);
    stream_write_text(session->client, "\r\n");
}

static void reply_trouble(struct pop3_session *session, const struct error *err)
{
    log_warning("pop3(%s)<%s>: %s", session->user, session->session, err->text);
    reply(session, "-ERR [SYS/TEMP] Temporary failure, try again later.");
}

/* --- arguments ------------------------------------------------------------------------------------------- */

#define SHOWN 440 /* octets of what was not understood: a reply has 512 (RFC 1939 section 3) */

static struct span skip_spaces(struct span text)
{
    while (text.len > 0 && text.data[0] == ' ')
        text = span_skip(text, 1);
    return text;
}

/* 1*DIGIT, up to `limit`; otherwise the client has been told, in Dovecot's words. */
static bool take_number(struct pop3_session *session, const char *name, uint64_t limit,
                        struct span *rest, uint64_t *number_r)
{
    struct span digits = *rest;

    digits.len = 0;
    while (digits.len < rest->len && is_digit(rest->data[digits.len]))
        digits.len++;
    if (digits.len == 0) {
        reply(session, "-ERR Invalid %s: %.*s", name, SPAN_PRINTF(span_first(*rest, SHOWN)));
        return false;
    }
    if (!span_to_u64(digits, UINT64_MAX, number_r))
        digits.len = 0;
    *rest = span_skip(*rest, digits.len);
    if (digits.len > 0 && *number_r <= limit)
        return true;
    reply(session, "-ERR %c%s too large: %.*s", name[0] - 'a' + 'A', name + 1,
          SPAN_PRINTF(span_first(*rest, SHOWN)));
    return false;
}

static void reply_noise(struct pop3_session *session, const char *name, struct span noise)
{
    reply(session, "-ERR Noise after %s: %.*s", name, SPAN_PRINTF(span_first(noise, SHOWN)));
}

/* An existing message that is not marked; otherwise the client has been told. `more`: a space has to follow,
 * otherwise nothing may. */
static struct pop3_message *take_message(struct pop3_session *session, bool more, struct span *rest)
{
    static const char name[] = "message number";
    uint64_t number;

    if (!take_number(session, name, UINT32_MAX, rest, &number))
        return NULL;
    if (more ? rest->len == 0 || rest->data[0] != ' ' : rest->len > 0) {
        reply_noise(session, name, *rest);
        return NULL;
    }
    if (number == 0 || number > session->count) {
        reply(session, "-ERR There's no message %" PRIu64 ".", number);
        return NULL;
    }
    if (session->messages[number - 1].deleted) {
        reply(session, "-ERR Message is deleted.");
        return NULL;
    }
    *rest = skip_spaces(*rest);
    return &session->messages[number - 1];
}

/* TOP's second argument */
static bool take_lines(struct pop3_session *session, struct span rest, uint64_t *lines_r)
{
    if (!take_number(session, "size", UINT64_MAX, &rest, lines_r))
        return false;
    if (rest.len > 0)
        reply_noise(session, "size", rest);
    return rest.len == 0;
}

static size_t number_of(const struct pop3_session *session, const struct pop3_message *message)
{
    return (size_t)(message - session->messages) + 1;
}

static bool need_sizes(struct pop3_session *session)
{
    struct error err = {0};

    if (session->has_sizes || session_load_sizes(session, &err))
        return true;
    reply_trouble(session, &err);
    return false;
}

static bool need_uidls(struct pop3_session *session)
{
    struct error err = {0};

    if (session->has_uidls || session_load_uidls(session, &err))
        return true;
    reply_trouble(session, &err);
    return false;
}

/* --- handlers: false, when the client has been told that what it said makes no sense ---------------------------- */

static bool run_stat(struct pop3_session *session, struct span arguments UNUSED)
{
    uint64_t size = 0;

    if (!need_sizes(session))
        return true;
    for (size_t i = 0; i < session->count; i++)
        size += session->messages[i].deleted ? 0 : session->messages[i].size;
    reply(session, "+OK %zu %" PRIu64, session->count - session->deleted_count, size);
    return true;
}

static bool run_list(struct pop3_session *session, struct span arguments)
{
    const struct pop3_message *message;

    if (!need_sizes(session))
        return true;
    if (arguments.len > 0) {
        message = take_message(session, false, &arguments);
        if (message != NULL)
            reply(session, "+OK %zu %" PRIu64, number_of(session, message), message->size);
        return message != NULL;
    }
    reply(session, "+OK %zu messages:", session->count - session->deleted_count);
    for (size_t i = 0; i < session->count; i++)
        if (!session->messages[i].deleted)
            stream_printf(session->client, "%zu %" PRIu64 "\r\n", i + 1, session->messages[i].size);
    reply(session, ".");
    return true;
}

static bool run_uidl(struct pop3_session *session, struct span arguments)
{
    const struct pop3_message *message;

    if (!need_uidls(session))
        return true;
    if (arguments.len > 0) {
        message = take_message(session, false, &arguments);
        if (message != NULL)
            reply(session, "+OK %zu %s", number_of(session, message), message->uidl);
        return message != NULL;
    }
    reply(session, "+OK");
    for (size_t i = 0; i < session->count; i++)
        if (!session->messages[i].deleted)
            stream_printf(session->client, "%zu %s\r\n", i + 1, session->messages[i].uidl);
    reply(session, ".");
    return true;
}

static bool run_last(struct pop3_session *session, struct span arguments UNUSED)
{
    reply(session, "+OK %zu", session->last);
    return true;
}

static void reply_unavailable(struct pop3_session *session, const struct error *err)
{
    if (err->number == ENOENT)
        reply(session, "-ERR Message has been deleted by another program.");
    else if (err->kind == ERROR_MALFORMED)
        reply(session, "-ERR [UTF8] This message can only be had with UTF8.");
    else
        reply_trouble(session, err);
}

/* The file, and what is sent in place of its headers; otherwise the client has been told. */
static bool open_message(struct pop3_session *session, const struct pop3_message *message,
                         struct message_file *file, struct pop3_surrogate *surrogate)
{
    struct error err = {0};

    *surrogate = (struct pop3_surrogate){0};
    if (!mailbox_open_message(session->mailbox, message->index, file, &err)) {
        reply_unavailable(session, &err);
        return false;
    }
    if (session->utf8 || pop3_surrogate_make(session, message, file, surrogate, &err))
        return true;
    fd_close(&file->fd);
    reply_unavailable(session, &err);
    return false;
}

static void send_message(struct pop3_session *session, struct message_file *file,
                         struct pop3_surrogate *surrogate, uint64_t lines, uint64_t *octets_r)
{
    if (!pop3_send_message(session, file, surrogate, lines, octets_r)) {
        log_warning("pop3(%s)<%s>: read a message: %s", session->user, session->session,
                    strerror(errno));
        session->ended = true; /* half of it is sent: only the end can say so */
    }
    pop3_surrogate_release(surrogate);
    fd_close(&file->fd);
}

static void reply_size(struct pop3_session *session, const struct pop3_message *message)
{
    reply(session, "+OK %" PRIu64 " octets", message->size);
}

static bool run_retr(struct pop3_session *session, struct span arguments)
{
    struct pop3_message *message = take_message(session, false, &arguments);
    struct pop3_surrogate surrogate;
    struct message_file file;
    uint64_t octets;

    if (message == NULL)
        return false;
    if (!need_sizes(session) || !open_message(session, message, &file, &surrogate))
        return true;
    reply_size(session, message);
    send_message(session, &file, &surrogate, UINT64_MAX, &octets);
    message->seen = true;
    if (number_of(session, message) > session->last)
        session->last = number_of(session, message);
    session->retrievals++;
    session->retrieved_octets += octets;
    return true;
}

/* As many lines as the number has room for is the whole message, and Dovecot then answers as to RETR. */
static bool run_top(struct pop3_session *session, struct span arguments)
{
    struct pop3_message *message = take_message(session, true, &arguments);
    struct pop3_surrogate surrogate;
    struct message_file file;
    uint64_t lines, octets;

    if (message == NULL || !take_lines(session, arguments, &lines))
        return false;
    if ((lines == UINT64_MAX && !need_sizes(session)) ||
        !open_message(session, message, &file, &surrogate))
        return true;
    if (lines == UINT64_MAX)
        reply_size(session, message);
    else
        reply(session, "+OK");
    send_message(session, &file, &surrogate, lines, &octets);
    message->seen = message->seen || lines == UINT64_MAX;
    session->tops++;
    session->top_octets += octets;
    return true;
}

static bool run_dele(struct pop3_session *session, struct span arguments)
{
    struct pop3_message *message = take_message(session, false, &arguments);

    if (message == NULL)
        return false;
    message->deleted = true;
    session->deleted_count++;
    reply(session, "+OK Marked to be deleted.");
    return true;
}

static bool run_rset(struct pop3_session *session, struct span arguments UNUSED)
{
    /* As Dovecot does, what was retrieved counts as not seen, too. */
    for (size_t i = 0; i < session->count; i++)
        session->messages[i].deleted = session->messages[i].seen = false;
    session->deleted_count = 0;
    session->last = 0;
    session->forgets_seen = session->config->pop3_enable_last;
    reply(session, "+OK");
    return true;
}

static bool run_noop(struct pop3_session *session, struct span arguments UNUSED)
{
    reply(session, "+OK");
    return true;
}

static bool run_capa(struct pop3_session *session, struct span arguments UNUSED)
{
    reply(session, "+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\n"
                   "LANG\r\nUTF8 USER\r\n.");
    return true;
}

static bool run_lang(struct pop3_session *session, struct span arguments)
{
    reply(session, "%s", pop3_lang(span_trim(arguments)));
    return true;
}

static bool run_utf8(struct pop3_session *session, struct span arguments UNUSED)
{
    reply(session, "-ERR UTF8 comes before the login.");
    return false;
}

static bool run_quit(struct pop3_session *session, struct span arguments UNUSED)
{
    struct error err = {0};
    size_t deleted = session->deleted_count;

    session->ended = true;
    if (!session_update(session, &err)) {
        log_warning("pop3(%s)<%s>: %s", session->user, session->session, err.text);
        reply(session, "-ERR [SYS/TEMP] Deleting messages failed.");
        return true;
    }
    session->quit = true;
    reply(session, deleted > 0 ? "+OK Logging out, messages deleted." : "+OK Logging out.");
    return true;
}

/* verb, handler; may it be used? */
static const struct command {
    const char *verb;
    bool (*run)(struct pop3_session *session, struct span arguments);
    bool needs_last; /* pop3_enable_last */
} commands[] = {
    {"STAT", run_stat, false},
    {"LIST", run_list, false},
    {"UIDL", run_uidl, false},
    {"RETR", run_retr, false},
    {"TOP",  run_top,  false},
    {"DELE", run_dele, false},
    {"RSET", run_rset, false},
    {"NOOP", run_noop, false},
    {"LAST", run_last, true },
    {"CAPA", run_capa, false},
    {"LANG", run_lang, false},
    {"UTF8", run_utf8, false},
    {"QUIT", run_quit, false},
};

static const struct command *find_command(const struct pop3_session *session, struct span verb)
{
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
        if (span_equal_text_nocase(verb, commands[i].verb) &&
            (!commands[i].needs_last || session->config->pop3_enable_last))
            return &commands[i];
    return NULL;
}

static void reply_unknown(struct pop3_session *session, struct span verb)
{
    char shown[SHOWN + 1];
    size_t len = verb.len < SHOWN ? verb.len : SHOWN;

    for (size_t i = 0; i < len; i++)
        shown[i] = to_upper(verb.data[i]);
    shown[len] = '\0';
    if (len == 0)
        reply(session, "-ERR Unknown command.");
    else
        reply(session, "-ERR Unknown command: %s", shown);
}

/* As with Dovecot, a number of no message is as bad as a command that is none. */
void pop3_command(struct pop3_session *session, struct span line)
{
    struct span arguments = line, verb = span_take_until(&arguments, ' ');
    const struct command *command = find_command(session, verb);
    bool made_sense = false;

    if (command == NULL)
        reply_unknown(session, verb);
    else
        made_sense = command->run(session, skip_spaces(arguments));
    session->bad_commands = made_sense ? 0 : session->bad_commands + 1;
}
