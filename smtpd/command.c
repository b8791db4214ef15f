/* The table of SMTP commands and the dispatcher. */
#include "smtpd/command.h"

#include "lib/base/escape.h"
#include "lib/base/log.h"
#include "lib/map/map_fold.h"
#include "lib/message/header.h"

/* command.flags */
enum {
    LAST_IN_PIPE = 1, /* nothing may be pipelined behind it: RFC 2920 section 3.1 */
    BEFORE_TLS = 2,   /* allowed although TLS is demanded */
    JUNK = 4,         /* too many of them are an error: smtpd_junk_command_limit */
    NOT_AFTER_BDAT = 8,
    UNCHECKED = 16, /* what is pipelined behind it is no matter: nobody knows what it is */
};

struct command {
    const char *verb;
    void (*run)(struct smtpd_session *session, struct span arguments);
    unsigned phases, flags;
    const char *misplaced; /* the reply in any other phase */
};

static void run_auth(struct smtpd_session *session, struct span arguments UNUSED)
{
    if (session->config->smtpd_helo_required && session->hello_name == NULL)
        smtpd_refuse(session, "503 5.5.1 Error: send HELO/EHLO first");
    else
        smtpd_refuse(session, "503 5.5.1 Error: authentication not enabled");
}

/* XCLIENT, XFORWARD: no client is authorized. */
static void run_unauthorized(struct smtpd_session *session, struct span arguments)
{
    if (arguments.len == 0)
        smtpd_refuse(session, "501 5.5.4 Syntax: %s attribute=value...", session->where);
    else
        smtpd_refuse(session, "550 5.7.0 Error: insufficient authorization");
}

static void run_noop(struct smtpd_session *session, struct span arguments UNUSED)
{
    smtpd_reply(session, "250 2.0.0 Ok");
}

static void run_quit(struct smtpd_session *session, struct span arguments UNUSED)
{
    smtpd_reply(session, "221 2.0.0 Bye");
    smtpd_end(session, END_ORDERLY);
}

static void run_unknown(struct smtpd_session *session, struct span arguments UNUSED)
{
    smtpd_refuse(session, "500 5.5.2 Error: command not recognized");
}

static const char need_mail[] = "503 5.5.1 Error: need MAIL command";
static const char need_rcpt[] = "503 5.5.1 Error: need RCPT command";
static const char in_mail[] = "503 5.5.1 Error: MAIL transaction in progress";
static const char etrn_in_mail[] = "503 Error: MAIL transaction in progress";
static const char nested[] = "503 5.5.1 Error: nested MAIL command";

/* verb, handler, phases in which it is allowed, flags, the reply in any other phase; the order is
 * that of the counts in the log */
static const struct command commands[] = {
    {"HELO",     run_helo,         PHASE_ANY,     BEFORE_TLS | LAST_IN_PIPE | JUNK, NULL        },
    {"EHLO",     run_ehlo,         PHASE_ANY,     BEFORE_TLS | LAST_IN_PIPE | JUNK, NULL        },
    {"XCLIENT",  run_unauthorized, PHASE_NO_MAIL, BEFORE_TLS,                       in_mail     },
    {"XFORWARD", run_unauthorized, PHASE_NO_MAIL, 0,                                in_mail     },
    {"STARTTLS", run_starttls,     PHASE_ANY,     BEFORE_TLS | LAST_IN_PIPE,        NULL        },
    {"AUTH",     run_auth,         PHASE_ANY,     0,                                NULL        },
    {"MAIL",     run_mail,         PHASE_NO_MAIL, 0,                                nested      },
    {"RCPT",     run_rcpt,         PHASE_IN_MAIL, NOT_AFTER_BDAT,                   need_mail   },
    {"DATA",     run_data,         PHASE_IN_MAIL, NOT_AFTER_BDAT | LAST_IN_PIPE,    need_rcpt   },
    {"BDAT",     run_bdat,         PHASE_ANY,     0,                                NULL        },
    {"RSET",     run_rset,         PHASE_ANY,     JUNK,                             NULL        },
    {"NOOP",     run_noop,         PHASE_ANY,     BEFORE_TLS | LAST_IN_PIPE | JUNK, NULL        },
    {"VRFY",     run_vrfy,         PHASE_ANY,     LAST_IN_PIPE | JUNK,              NULL        },
    {"ETRN",     run_etrn,         PHASE_NO_MAIL, JUNK,                             etrn_in_mail},
    {"QUIT",     run_quit,         PHASE_ANY,     BEFORE_TLS,                       NULL        },
    {"UNKNOWN",  run_unknown,      PHASE_ANY,     UNCHECKED,                        NULL        },
};

#define UNKNOWN (&commands[ARRAY_LENGTH(commands) - 1])

struct command_count *command_counts_create(void)
{
    return mem_alloc(ARRAY_LENGTH(commands) * sizeof(struct command_count));
}

static void put_count(struct buf *line, const char *name, struct command_count count)
{
    buf_put_char(line, ' ');
    for (; *name != '\0'; name++)
        buf_put_char(line, to_lower(*name));
    if (count.good == count.all && count.all > 0)
        buf_put_printf(line, "=%u", count.all);
    else
        buf_put_printf(line, "=%u/%u", count.good, count.all);
}

void command_counts_log(const struct smtpd_session *session)
{
    struct buf line = BUF(1000);
    struct command_count sum = {0, 0};

    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        struct command_count count = session->counts[i];

        if (count.all > 0)
            put_count(&line, commands[i].verb, count);
        sum.good += count.good;
        sum.all += count.all;
    }
    put_count(&line, "commands", sum);
    log_info("disconnect from %s%s", session->peer.label, buf_text(&line));
    buf_release(&line);
}

static const struct command *find_command(struct span verb)
{
    for (const struct command *command = commands; command < UNKNOWN; command++) {
        if (span_equal_text_nocase(verb, command->verb))
            return command;
    }
    return UNKNOWN;
}

/* A header line, or what smtpd_forbidden_commands names: this is no mail client. */
static bool is_forbidden(const struct smtpd_session *session, struct span verb, struct span line)
{
    struct cursor at = cursor_of(line);
    struct header_field field;
    struct error err;

    return header_next(&at, true, &field) == PARSE_DONE ||
           match_list_name(session->server->forbidden_commands, verb, &err) == MAP_FOUND;
}

static bool is_noop(const struct smtpd_session *session, struct span verb)
{
    struct error err;

    return session->config->smtpd_noop_commands[0] != '\0' &&
           match_list_name(session->server->noop_commands, verb, &err) == MAP_FOUND;
}

/* For the log: what cannot be printed as C has it. */
static const char *escape(struct arena *arena, struct span input)
{
    struct buf text = BUF(4 * input.len + 1);
    const char *escaped;

    escape_encode(input, &text);
    escaped = arena_text(arena, buf_span(&text));
    buf_release(&text);
    return escaped;
}

/* The client talks on although the command ends its turn, or without PIPELINING to allow it. */
static bool is_badly_pipelined(struct smtpd_session *session, const struct command *command)
{
    struct span input;

    if ((session->is_esmtp && (command->flags & LAST_IN_PIPE) == 0) ||
        (command->flags & UNCHECKED) != 0 || !stream_has_input(session->client))
        return false;
    if (!session->pipelining_logged && stream_fill(session->client, &input) == STREAM_OK)
        log_info("improper command pipelining after %s from %s: %s", session->where,
                 session->peer.label, escape(session->command_arena, span_first(input, 100)));
    session->pipelining_logged = true;
    return true;
}

static void count_junk(struct smtpd_session *session)
{
    if (session->junk_count++ > session->config->smtpd_junk_command_limit)
        session->error_count++;
}

static void run_allowed(struct smtpd_session *session, const struct command *command,
                        struct span arguments)
{
    const struct config *config = session->config;

    if (session->phase == PHASE_REFUSED && command->run != run_quit) {
        smtpd_refuse(session, "503 5.7.0 Error: access denied for %s", session->peer.label);
    } else if (session->server->tls_level == TLS_LEVEL_ENCRYPT && session->tls == NULL &&
               (command->flags & BEFORE_TLS) == 0) {
        smtpd_refuse(session, "530 5.7.0 Must issue a STARTTLS command first");
    } else if (is_badly_pipelined(session, command) && config->smtpd_forbid_unauth_pipelining) {
        smtpd_refuse(session, "554 5.5.0 Error: SMTP protocol synchronization");
        smtpd_end(session, END_ORDERLY);
    } else if ((command->flags & NOT_AFTER_BDAT) != 0 &&
               (session->phase == PHASE_CHUNKS ||
                (session->content.failed && command->run != run_rcpt))) {
        smtpd_refuse(session, "503 5.5.1 Error: %s after BDAT", command->verb);
    } else if ((command->phases & session->phase) == 0 && session->phase != PHASE_REFUSED) {
        smtpd_refuse(session, "%s", command->misplaced);
    } else {
        command->run(session, arguments);
    }
    if ((command->flags & JUNK) != 0)
        count_junk(session);
}

/* A NUL ends the line, as it does for Postfix: nobody can have a use for what is behind it. */
void smtpd_command(struct smtpd_session *session, struct span line)
{
    struct span arguments = span_trim(span_first(line, span_find(line, '\0')));
    struct span whole = arguments;
    struct span verb = span_take_word(&arguments);
    const struct command *command = find_command(verb);
    struct command_count *count = &session->counts[command - commands];

    session->refused = false;
    if (verb.len == 0 || (session->config->smtputf8_enable && !map_is_utf8(whole))) {
        smtpd_refuse(session, "500 5.5.2 Error: bad %ssyntax", verb.len == 0 ? "" : "UTF-8 ");
        return;
    }
    if (is_noop(session, verb)) { /* whatever it would mean otherwise */
        smtpd_reply(session, "250 2.0.0 Ok");
        count_junk(session);
        return;
    }
    count->all++;
    session->where = command->verb;
    if (command == UNKNOWN && is_forbidden(session, verb, whole)) {
        log_warning("non-SMTP command from %s: %.100s", session->peer.label,
                    escape(session->command_arena, whole));
        smtpd_refuse(session, "221 2.7.0 Error: I can break rules, too. Goodbye.");
        smtpd_end(session, END_ORDERLY);
    } else {
        run_allowed(session, command, arguments);
    }
    if (!session->refused)
        count->good++;
}
