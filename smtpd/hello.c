/* EHLO and HELO, and STARTTLS: RFC 5321 section 4.1.1.1, RFC 3207. */
#include "smtpd/hello.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/config/name_flags.h"
#include "smtpd/access.h"
#include "smtpd/command.h"

#define HELLO_NAME_MAX 2048 /* a line */
#define DISCARDED_MAX  4096

/* In the order in which Postfix announces them. */
static const struct name_flag keywords[] = {
    {"PIPELINING",          HELLO_PIPELINING         },
    {"SIZE",                HELLO_SIZE               },
    {"VRFY",                HELLO_VRFY               },
    {"ETRN",                HELLO_ETRN               },
    {"STARTTLS",            HELLO_STARTTLS           },
    {"XVERP",               HELLO_XVERP              },
    {"ENHANCEDSTATUSCODES", HELLO_ENHANCEDSTATUSCODES},
    {"8BITMIME",            HELLO_8BITMIME           },
    {"DSN",                 HELLO_DSN                },
    {"CHUNKING",            HELLO_CHUNKING           },
    {NULL,                  0                        },
};

/* What may be named in smtpd_discard_ehlo_keywords, in the order of the log. Some are never announced. */
static const struct name_flag discardable[] = {
    {"8BITMIME",            HELLO_8BITMIME           },
    {"AUTH",                HELLO_AUTH               },
    {"ETRN",                HELLO_ETRN               },
    {"PIPELINING",          HELLO_PIPELINING         },
    {"SIZE",                HELLO_SIZE               },
    {"VERP",                HELLO_XVERP              },
    {"VRFY",                HELLO_VRFY               },
    {"XCLIENT",             HELLO_XCLIENT            },
    {"XFORWARD",            HELLO_XFORWARD           },
    {"STARTTLS",            HELLO_STARTTLS           },
    {"ENHANCEDSTATUSCODES", HELLO_ENHANCEDSTATUSCODES},
    {"DSN",                 HELLO_DSN                },
    {"SMTPUTF8",            HELLO_SMTPUTF8           },
    {"CHUNKING",            HELLO_CHUNKING           },
    {"SILENT-DISCARD",      HELLO_LOG                },
    {NULL,                  0                        },
};

unsigned hello_keywords(const char *parameter, const char *discarded)
{
    return ~name_flags(discardable, discarded, parameter);
}

static void log_discarded(unsigned announced)
{
    struct buf names = BUF(1000);

    name_flags_put(discardable, ~announced, &names);
    if (names.len > 0 && (announced & HELLO_LOG) != 0)
        log_info("discarding EHLO keywords:%s", buf_text(&names));
    buf_release(&names);
}

/* What smtpd_discard_ehlo_keyword_address_maps say of this client counts instead of the list for all;
 * so does that list when they cannot be asked, which is logged. */
static unsigned announced_to(const struct smtpd_session *session)
{
    const struct smtpd_server *server = session->server;
    struct buf words = BUF(DISCARDED_MAX);
    unsigned announced = server->announced;
    struct error err;

    if (!maps_is_empty(server->hello_discards) &&
        maps_find(server->hello_discards, span_text(session->peer.text), MAP_FOLD_KEY, &words, NULL,
                  &err) == MAP_FOUND)
        announced = hello_keywords("smtpd_discard_ehlo_keyword_address_maps", buf_text(&words));
    buf_release(&words);
    return announced;
}

/* What log lines can bear: no control characters, nothing but ASCII. */
static char *printable_name(struct span name)
{
    char *printable = mem_span(span_first(name, HELLO_NAME_MAX));

    for (char *c = printable; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || (unsigned char)*c >= 127)
            *c = '?';
    }
    return printable;
}

/* What headers and later look-ups can bear, too: no syntax. */
static void neuter_name(char *name)
{
    for (; *name != '\0'; name++) {
        if (strchr(" <>()\\\";@", *name) != NULL)
            *name = '?';
    }
}

static void forget_hello(struct smtpd_session *session)
{
    mem_free(session->hello_name);
    session->hello_name = NULL;
    smtpd_reset(session);
}

/* Both greetings: the name is remembered, and a mail transaction is over. False: refused, and all is
 * as before. HELO takes back nothing of an earlier EHLO: pipelining was announced then. */
static bool greet(struct smtpd_session *session, struct span name, bool is_esmtp)
{
    char *former_name = session->hello_name;
    const char *refusal;

    session->hello_name = printable_name(name); /* a refusal here and now shows what was said */
    refusal = access_check_helo(session);
    if (refusal != NULL) {
        smtpd_refuse(session, "%s", refusal);
        mem_free(session->hello_name);
        session->hello_name = former_name;
        return false;
    }
    mem_free(former_name);
    smtpd_reset(session);
    neuter_name(session->hello_name);
    session->is_esmtp = session->is_esmtp || is_esmtp;
    if (session->phase == PHASE_CONNECTED)
        session->phase = PHASE_GREETED;
    return true;
}

void run_helo(struct smtpd_session *session, struct span arguments)
{
    if (arguments.len == 0)
        smtpd_refuse(session, "501 Syntax: HELO hostname");
    else if (greet(session, arguments, false))
        smtpd_reply(session, "250 %s", session->config->myhostname);
}

static bool may_start_tls(const struct smtpd_session *session)
{
    const struct smtpd_server *server = session->server;

    return session->tls == NULL && server->tls_level != TLS_LEVEL_NONE &&
           (server->tls != NULL || server->tls_level == TLS_LEVEL_ENCRYPT);
}

void run_ehlo(struct smtpd_session *session, struct span arguments)
{
    unsigned announced = announced_to(session);
    const char *line = session->config->myhostname;

    if (arguments.len == 0) {
        smtpd_refuse(session, "501 Syntax: EHLO hostname");
        return;
    }
    if (!greet(session, arguments, true))
        return;
    session->announced = announced;
    log_discarded(announced);
    if (session->config->disable_vrfy_command)
        announced &= ~(unsigned)HELLO_VRFY;
    if (!may_start_tls(session))
        announced &= ~(unsigned)HELLO_STARTTLS;
    if (access_may_verp(session) != MAP_FOUND)
        announced &= ~(unsigned)HELLO_XVERP;
    for (size_t i = 0; keywords[i].name != NULL; i++) {
        if ((keywords[i].flag & announced) == 0)
            continue;
        line = arena_printf(session->command_arena, "250-%s", line);
        smtpd_said(session, '>', span_text(line));
        stream_printf(session->client, "%s\r\n", line);
        line = keywords[i].name;
        if (keywords[i].flag == HELLO_SIZE && session->config->message_size_limit > 0)
            line = arena_printf(session->command_arena, "SIZE %" PRId64,
                                session->config->message_size_limit);
    }
    smtpd_reply(session, "250 %s", line);
}

bool hello_start_tls(struct smtpd_session *session)
{
    struct tls_session *tls = tls_session_server(session->server->tls);
    struct error err = {0};

    stream_timeout(session->client, clock_ms(session->config->smtpd_starttls_timeout));
    if (!stream_start_tls(session->client, tls, &err)) {
        log_info("SSL_accept error from %s: %s", session->peer.label, err.text);
        smtpd_end(session, END_LOST);
        return false;
    }
    stream_timeout(session->client, clock_ms(session->config->smtpd_timeout));
    session->tls = stream_tls(session->client);
    if (session->config->smtpd_tls_loglevel >= 1)
        log_info("Anonymous TLS connection established from %s: %s", session->peer.label,
                 tls_describe(session->command_arena, session->tls, true));
    return true;
}

/* What the client said before the handshake is forgotten after it: RFC 3207 section 4.2. */
void run_starttls(struct smtpd_session *session, struct span arguments)
{
    if (arguments.len > 0) {
        smtpd_refuse(session, "501 5.5.4 Syntax: STARTTLS");
    } else if (session->tls != NULL) {
        smtpd_refuse(session, "554 5.5.1 Error: TLS already active");
    } else if (!may_start_tls(session)) {
        smtpd_refuse(session, "502 5.5.1 Error: command not implemented");
    } else if (session->server->tls == NULL) {
        smtpd_refuse(session, "454 4.7.0 TLS not available due to local problem");
    } else {
        smtpd_reply(session, "220 2.0.0 Ready to start TLS");
        stream_discard_input(session->client);
        smtpd_flush(session);
        if (session->ended || !hello_start_tls(session))
            return;
        forget_hello(session);
        session->is_esmtp = false;
    }
}
