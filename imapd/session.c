/* The session: its loop, replies, and its last line in the log. */
#include "lib/base/base.h"

#include "imapd/session.h"

#include "imapd/command.h"
#include "imapd/notify.h"
#include "imapd/park.h"
#include "imapd/search_context.h"
#include "imapd/set.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/service/service.h"
#include "lib/store/name.h"

#include <stdio.h>
#include <unistd.h>

void imapd_flush(struct imapd_session *session)
{
    stream_write(session->client, buf_span(&session->response));
    buf_clear(&session->response);
}

/* --- replies ----------------------------------------------------------------------------------- */

static void reply(struct imapd_session *session, const char *kind, const char *format, va_list args)
    PRINTF(3, 0);

static void reply(struct imapd_session *session, const char *kind, const char *format, va_list args)
{
    char text[2048];

    vsnprintf(text, sizeof(text), format, args);
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '\r' || *c == '\n')
            *c = ' ';
    }
    if (session->tag.len == 0)
        buf_put_char(&session->response, '*');
    buf_put(&session->response, session->tag);
    buf_put_printf(&session->response, " %s %s\r\n", kind, text);
    imapd_flush(session);
}

void imapd_ok(struct imapd_session *session, const char *format, ...)
{
    va_list args;

    imapd_tell_news(session);
    va_start(args, format);
    reply(session, "OK", format, args);
    va_end(args);
}

void imapd_no(struct imapd_session *session, const char *format, ...)
{
    va_list args;

    imapd_tell_news(session);
    va_start(args, format);
    reply(session, "NO", format, args);
    va_end(args);
}

void imapd_ok_code(struct imapd_session *session, struct span code, const char *text)
{
    imapd_tell_news(session);
    buf_put(&session->response, session->tag);
    buf_put_text(&session->response, " OK ");
    buf_put(&session->response, code);
    buf_put_printf(&session->response, "%s\r\n", text);
    imapd_flush(session);
}

static void reply_bad(struct imapd_session *session, const char *format, ...) PRINTF(2, 3);

static void reply_bad(struct imapd_session *session, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    reply(session, "BAD", format, args);
    va_end(args);
}

void imapd_bad(struct imapd_session *session, const char *text)
{
    reply_bad(session, "%s", text);
    if (++session->bad_commands >= IMAPD_BAD_MAX)
        imapd_bye(session, "Too many invalid IMAP commands.");
}

static const char *code_of(const struct error *err)
{
    switch (err->number) {
    case ENOENT:
        return "[NONEXISTENT] ";
    case EEXIST:
        return "[ALREADYEXISTS] ";
    case ENAMETOOLONG:
    case EINVAL:
        return "[CANNOT] ";
    case EDQUOT:
    case ENOSPC:
        return "[OVERQUOTA] ";
    case EACCES:
    case EPERM:
    case EROFS:
        return "[NOPERM] ";
    default:
        return err->kind == ERROR_PERMANENT ? "[CANNOT] " : "[UNAVAILABLE] ";
    }
}

void imapd_log_error(const struct imapd_session *session, const struct error *err)
{
    log_error("imap(%s)<%s>: %s", session->user, session->id, err->text);
}

void imapd_failed(struct imapd_session *session, const struct error *err)
{
    const char *code = code_of(err);

    if (err->kind == ERROR_PERMANENT) {
        imapd_no(session, "%s%s", code, err->text);
        return;
    }
    imapd_log_error(session, err);
    imapd_no(session, "%sInternal error occurred. Refer to server log for more information.", code);
}

void imapd_bye(struct imapd_session *session, const char *reason)
{
    buf_put_printf(&session->response, "* BYE %s\r\n", reason);
    imapd_flush(session);
    session->ended = true;
    if (session->end_reason == NULL)
        session->end_reason = reason;
}

const char *imapd_lost_for(const struct error *err)
{
    switch (err->number) {
    case ENOENT:
        return "Mailbox was deleted under us.";
    case ESTALE:
        return "UIDVALIDITY of the mailbox changed.";
    case ENODATA:
        return "IMAP session state is inconsistent, please relogin.";
    default:
        return NULL;
    }
}

void imapd_mailbox_lost(struct imapd_session *session, const struct error *err)
{
    mailbox_close(&session->mailbox);
    session->state = STATE_AUTHENTICATED;
    session->ended = true;
    session->last_words = imapd_lost_for(err);
    if (session->last_words == NULL) {
        imapd_log_error(session, err);
        session->last_words = "Internal error occurred. Refer to server log for more information.";
    }
}

/* --- arguments that many commands have --------------------------------------------------------- */

bool imapd_check_mailbox(struct imapd_session *session, struct span name, const char **name_r)
{
    struct error err = {0};

    if (!imapd_encode_name(session, &name)) {
        imapd_no(session, "[CANNOT] Mailbox name is not UTF-8, or too long");
        return false;
    }
    if (!mailbox_name_check(session->arena, name, store_separator(session->store), name_r, &err)) {
        imapd_no(session, "[CANNOT] %s", err.text);
        return false;
    }
    return true;
}

bool imapd_take_mailbox(struct imapd_session *session, struct cursor *at, const char **name_r)
{
    struct span name;

    if (!parse_space(at) || !parse_astring(session->arena, at, &name)) {
        imapd_bad(session, "Error in IMAP command: Invalid arguments.");
        return false;
    }
    return imapd_check_mailbox(session, name, name_r);
}

bool imapd_take_messages(struct imapd_session *session, struct cursor *at,
                         struct selection *selection_r)
{
    struct set set;

    if (!parse_space(at) || !set_parse(session->arena, at, &set) ||
        !set_resolve(session->arena, &set, session->mailbox, session->by_uid, &session->saved,
                     selection_r)) {
        imapd_bad(session, "Error in IMAP command: Invalid messageset");
        return false;
    }
    return true;
}

/* --- the loop ---------------------------------------------------------------------------------- */

/* Output leaves when no other command of the client waits already. */
static bool flush_when_idle(struct imapd_session *session)
{
    enum stream_status status = STREAM_OK;

    if (!session->ended && stream_has_input(session->client))
        return true;
    status = stream_flush(session->client);
    if (status != STREAM_OK && !session->ended)
        imapd_input_failed(session, status);
    return status == STREAM_OK;
}

/* False: the session is parked. */
static bool await_command(struct imapd_session *session)
{
    int delay_ms = imapd_park_delay_ms(session);

    while (delay_ms >= 0 && stream_wait(session->client, delay_ms) == STREAM_TIMEOUT) {
        service_quiet(false);
        if (imapd_park(session, NULL)) {
            session->ended = true;
            return false;
        }
        service_quiet(true);
        delay_ms = imapd_park_delay_ms(session);
    }
    return true;
}

static void serve_command(struct imapd_session *session)
{
    if (!flush_when_idle(session))
        return;
    if (session->notify != NULL && !notify_wait(session, NULL))
        return;
    service_quiet(true);
    if (!await_command(session) || !imapd_read_command(session))
        return;
    service_quiet(false);
    session->heard_ms = clock_monotonic_ms();
    imapd_command(session);
}

/* --- the end ----------------------------------------------------------------------------------- */

uint64_t imapd_octets_in(const struct imapd_session *session)
{
    return session->earlier_in + stream_octets_in(session->client);
}

uint64_t imapd_octets_out(const struct imapd_session *session)
{
    return session->earlier_out + stream_octets_out(session->client);
}

char *imapd_log_name(const struct imapd_session *session)
{
    return mem_printf("imap(%s)<%d><%s>", session->user, (int)session->pid, session->id);
}

char *imapd_counters_text(const struct imapd_session *session)
{
    const struct imapd_counters *c = &session->counters;

    return mem_printf("deleted=%" PRIu64 " expunged=%" PRIu64 " trashed=%" PRIu64
                      " hdr_count=%" PRIu64 " hdr_bytes=%" PRIu64 " body_count=%" PRIu64
                      " body_bytes=%" PRIu64,
                      c->deleted, c->expunged, c->trashed, c->header_count, c->header_octets,
                      c->body_count, c->body_octets);
}

static void log_end(const struct imapd_session *session)
{
    char *name = imapd_log_name(session), *counters = imapd_counters_text(session);

    log_info("%s: Disconnected: %s in=%" PRIu64 " out=%" PRIu64 " %s", name,
             session->end_reason == NULL ? "Connection closed" : session->end_reason,
             imapd_octets_in(session), imapd_octets_out(session), counters);
    mem_free(name);
    mem_free(counters);
}

void imapd_session_begin(struct imapd_session *session)
{
    session->state = STATE_AUTHENTICATED;
    session->pid = getpid();
    session->heard_ms = clock_monotonic_ms();
    session->arena = arena_create();
    session->command = BUF(IMAPD_LINE_MAX + 2);
    session->response = BUF(BUF_UNLIMITED);
    stream_timeout(session->client, clock_ms(session->config->imap_idle_timeout));
}

void imapd_session_run(struct imapd_session *session)
{
    while (!session->ended)
        serve_command(session);
    if (session->last_words != NULL)
        imapd_bye(session, session->last_words);
    if (session->parking == NULL || !session->parking->parked) {
        (void)!stream_flush(session->client);
        log_end(session);
    }
    notify_free(&session->notify);
    mailbox_close(&session->mailbox);
    store_close(&session->store);
    search_contexts_clear(&session->contexts);
    saved_set_release(&session->saved);
    arena_free(&session->arena);
    buf_release(&session->command);
    buf_release(&session->response);
    stream_free(&session->client);
}
