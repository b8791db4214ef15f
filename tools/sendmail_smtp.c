/*
 * A small SMTP server for the caller alone: its messages go to buzondrop(1), and so it needs no rights, no
 * tables and no mail system that runs. Replies are those of smtpd(8).
 */
#include "lib/base/base.h"

#include "tools/sendmail_smtp.h"

#include "lib/base/file.h"
#include "lib/io/stream.h"
#include "lib/map/match_list.h"
#include "lib/message/address.h"
#include "lib/message/header.h"
#include "lib/queue/parameters.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#define ERRORS_MAX 100 /* a program that goes on and on with nonsense */

enum phase { PHASE_START = 1, PHASE_SENDER = 2, PHASE_RECIPIENT = 4, PHASE_ANY = 7 };

struct session {
    const struct config *config;
    struct match_list *forbidden; /* commands that end everything */
    struct stream *input;
    struct arena *arena; /* of a message */
    enum phase phase;
    const char *sender;
    const char *body;
    const char *envelope_id; /* DSN: RFC 3461 */
    char dsn_return;
    struct strlist recipients;
    struct strlist notify; /* submission.notify */
    bool ended;
    unsigned errors;
};

static void PRINTF(2, 3) reply(struct session *session, const char *format, ...)
{
    struct buf line = BUF(2000);
    char text[1900];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    buf_put_printf(&line, "%s\r\n", text);
    if (!write_all(STDOUT_FILENO, buf_span(&line)))
        session->ended = true;
    if (text[0] == '5' && ++session->errors >= ERRORS_MAX)
        session->ended = true;
    buf_release(&line);
}

static void reset(struct session *session)
{
    session->phase = PHASE_START;
    strlist_clear(&session->recipients);
    strlist_clear(&session->notify);
    arena_reset(session->arena);
}

/* --- commands ----------------------------------------------------------------------------------------- */

static void run_helo(struct session *session, struct span arguments)
{
    if (arguments.len == 0) {
        reply(session, "501 Syntax: HELO hostname");
        return;
    }
    reset(session);
    reply(session, "250 %s", session->config->myhostname);
}

static void run_ehlo(struct session *session, struct span arguments)
{
    if (arguments.len == 0) {
        reply(session, "501 Syntax: EHLO hostname");
        return;
    }
    reset(session);
    reply(session, "250-%s", session->config->myhostname);
    reply(session, "250-PIPELINING");
    if (session->config->message_size_limit > 0)
        reply(session, "250-SIZE %" PRId64, session->config->message_size_limit);
    else
        reply(session, "250-SIZE");
    reply(session, "250-VRFY");
    reply(session, "250-ENHANCEDSTATUSCODES");
    reply(session, "250-8BITMIME");
    reply(session, "250 DSN");
}

/* "FROM:<path>" and what follows it; NULL: it was refused. */
static const char *take_path(struct session *session, const char *keyword, const char *syntax,
                             const char *bad, struct span *arguments)
{
    struct cursor at;
    const char *address;

    if (!span_starts_with_nocase(*arguments, keyword)) {
        reply(session, "501 5.5.4 Syntax: %s", syntax);
        return NULL;
    }
    *arguments = span_trim(span_skip(*arguments, strlen(keyword)));
    if (arguments->len == 0) {
        reply(session, "501 5.5.4 Syntax: %s", syntax);
        return NULL;
    }
    at = cursor_of(*arguments);
    if (address_parse_path(session->arena, &at, false, &address) != PARSE_DONE) {
        reply(session, "%s", bad);
        return NULL;
    }
    *arguments = span_trim(span_of(at.next, cursor_left(at)));
    return address;
}

static void run_mail(struct session *session, struct span arguments)
{
    struct parameters parameters;
    const char *refusal;
    const char *sender = take_path(session, "FROM:", "MAIL FROM:<address>",
                                   "501 5.1.7 Bad sender address syntax", &arguments);

    if (sender == NULL)
        return;
    refusal = parameters_parse(session->arena, PARAMETERS_OF_MAIL, arguments, true, &parameters);
    if (refusal == NULL && session->config->message_size_limit > 0 &&
        parameters.size > (uint64_t)session->config->message_size_limit)
        refusal = "552 5.3.4 Message size exceeds fixed limit";
    if (refusal != NULL) {
        reply(session, "%s", refusal);
        return;
    }
    session->sender = sender;
    session->body = parameters.eight_bit ? "8BITMIME" : "";
    session->envelope_id = parameters.dsn_envid == NULL ? "" : parameters.dsn_envid;
    session->dsn_return = parameters.dsn_ret;
    session->phase = PHASE_SENDER;
    reply(session, "250 2.1.0 Ok");
}

static void add_notify(struct session *session, const struct parameters *parameters)
{
    char *notify = mem_printf("%c%s", '@' + (int)parameters->dsn_notify,
                              parameters->dsn_orcpt == NULL ? "" : parameters->dsn_orcpt);

    strlist_add(&session->notify, notify);
    mem_free(notify);
}

static void run_rcpt(struct session *session, struct span arguments)
{
    static const char bad_recipient[] = "501 5.1.3 Bad recipient address syntax";
    struct parameters parameters;
    const char *refusal;
    const char *recipient =
        take_path(session, "TO:", "RCPT TO:<address>", bad_recipient, &arguments);

    if (recipient == NULL)
        return;
    refusal = parameters_parse(session->arena, PARAMETERS_OF_RCPT, arguments, true, &parameters);
    if (refusal == NULL && recipient[0] == '\0')
        refusal = bad_recipient;
    if (refusal == NULL &&
        session->recipients.count >= (size_t)session->config->smtpd_recipient_limit)
        refusal = "452 4.5.3 Error: too many recipients";
    if (refusal != NULL) {
        reply(session, "%s", refusal);
        return;
    }
    strlist_add(&session->recipients, recipient);
    add_notify(session, &parameters);
    session->phase = PHASE_RECIPIENT;
    reply(session, "250 2.1.5 Ok");
}

/* Lines up to the dot; false: the input ended before. What is wrong with them, the end will tell. */
static bool read_content(struct session *session, struct sending *sending)
{
    size_t limit = (size_t)session->config->line_length_limit;
    bool in_line = false; /* longer than the limit: it goes on */
    struct span line;

    for (;;) {
        enum stream_status status = stream_read_line(session->input, limit, &line, NULL);
        bool is_cut = status == STREAM_TOO_LONG && stream_fill(session->input, &line) == STREAM_OK;

        if (status != STREAM_OK && !is_cut)
            return false;
        line = span_first(line, limit);
        if (!in_line && !is_cut && span_equal_text(line, "."))
            return true;
        if (!in_line && line.len > 0 && line.data[0] == '.')
            (void)submission_content(sending, span_skip(line, 1));
        else
            (void)submission_content(sending, line);
        if (is_cut)
            stream_consume(session->input, line.len);
        else
            (void)submission_content(sending, SPAN_LITERAL("\n"));
        in_line = is_cut;
    }
}

static void run_data(struct session *session, struct span arguments UNUSED)
{
    struct submission submission = {
        .config = session->config,
        .sender = session->sender,
        .full_name = "",
        .envelope_id = session->envelope_id,
        .body = session->body,
        .dsn_return = session->dsn_return,
        .recipients = session->recipients,
        .notify = session->notify,
    };
    struct sending *sending = submission_begin(&submission);
    int status;

    reply(session, "354 End data with <CR><LF>.<CR><LF>");
    if (!read_content(session, sending)) {
        submission_abandon(&sending);
        session->ended = true;
        return;
    }
    status = submission_end(&sending);
    if (status == EX_OK)
        reply(session, "250 2.0.0 Ok: queued");
    else if (status == EX_DATAERR)
        reply(session, "552 5.3.4 Error: message file too big");
    else
        reply(session, "451 4.3.0 Error: queue file write error");
    reset(session);
}

static void run_rset(struct session *session, struct span arguments)
{
    if (arguments.len > 0) {
        reply(session, "501 5.5.4 Syntax: RSET");
        return;
    }
    reset(session);
    reply(session, "250 2.0.0 Ok");
}

static void run_noop(struct session *session, struct span arguments UNUSED)
{
    reply(session, "250 2.0.0 Ok");
}

static void run_vrfy(struct session *session, struct span arguments)
{
    if (arguments.len == 0)
        reply(session, "501 5.5.4 Syntax: VRFY address [SMTPUTF8]");
    else
        reply(session, "252 2.0.0 %.*s", SPAN_PRINTF(span_first(arguments, 500)));
}

static void run_quit(struct session *session, struct span arguments UNUSED)
{
    reply(session, "221 2.0.0 Bye");
    session->ended = true;
}

/* verb, handler, phases in which it is allowed, the reply in any other */
static const struct command {
    const char *verb;
    void (*run)(struct session *session, struct span arguments);
    unsigned phases;
    const char *misplaced;
} commands[] = {
    {"HELO", run_helo, PHASE_ANY,                      NULL                                  },
    {"EHLO", run_ehlo, PHASE_ANY,                      NULL                                  },
    {"MAIL", run_mail, PHASE_START,                    "503 5.5.1 Error: nested MAIL command"},
    {"RCPT", run_rcpt, PHASE_SENDER | PHASE_RECIPIENT, "503 5.5.1 Error: need MAIL command"  },
    {"DATA", run_data, PHASE_RECIPIENT,                "503 5.5.1 Error: need RCPT command"  },
    {"RSET", run_rset, PHASE_ANY,                      NULL                                  },
    {"NOOP", run_noop, PHASE_ANY,                      NULL                                  },
    {"VRFY", run_vrfy, PHASE_ANY,                      NULL                                  },
    {"QUIT", run_quit, PHASE_ANY,                      NULL                                  },
};

/* A header line, or what smtpd_forbidden_commands names: this is no mail program. */
static bool is_forbidden(const struct session *session, struct span verb, struct span line)
{
    struct cursor at = cursor_of(line);
    struct header_field field;
    struct error err;

    return header_next(&at, true, &field) == PARSE_DONE ||
           match_list_name(session->forbidden, verb, &err) == MAP_FOUND;
}

static void refuse_verb(struct session *session, struct span verb, struct span line)
{
    if (verb.len == 0) {
        reply(session, "500 5.5.2 Error: bad syntax");
    } else if (is_forbidden(session, verb, line)) {
        reply(session, "221 2.7.0 Error: I can break rules, too. Goodbye.");
        session->ended = true;
    } else {
        reply(session, "500 5.5.2 Error: command not recognized");
    }
}

static void run_line(struct session *session, struct span line)
{
    const struct span whole = line;
    struct span verb = span_take_word(&line);

    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        const struct command *command = &commands[i];

        if (!span_equal_text_nocase(verb, command->verb))
            continue;
        if ((command->phases & session->phase) == 0)
            reply(session, "%s", command->misplaced);
        else
            command->run(session, span_trim(line));
        return;
    }
    refuse_verb(session, verb, whole);
}

int sendmail_smtp(const struct config *config)
{
    struct session session = {
        .config = config,
        .forbidden = match_list_create(config, "smtpd_forbidden_commands",
                                       config->smtpd_forbidden_commands, MATCH_STRING, true),
        .input = stream_create(STDIN_FILENO),
        .arena = arena_create(),
        .phase = PHASE_START,
    };
    struct span line;

    stream_timeout(session.input, 0);
    reply(&session, "220 %s", config->smtpd_banner);
    while (!session.ended && stream_read_line(session.input, (size_t)config->line_length_limit,
                                              &line, NULL) == STREAM_OK)
        run_line(&session, line);
    strlist_release(&session.recipients);
    strlist_release(&session.notify);
    arena_free(&session.arena);
    match_list_free(&session.forbidden);
    stream_free(&session.input);
    return EX_OK;
}
