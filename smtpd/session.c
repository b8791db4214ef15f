/* The state of one client's session: its beginning and end, replies, log lines. */
#include "smtpd/session.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/message/address.h"
#include "smtpd/command.h"
#include "smtpd/footer.h"

#include <stdio.h>
#include <unistd.h>

#define REPLY_MAX     2048        /* octets of a reply; RFC 5321 asks for 512 a line */
#define FOOTED_MAX    (16 * 1024) /* with its footer */
#define PREPENDED_MAX (64 * 1024)

void smtpd_soften(const struct config *config, char *reply)
{
    if (!config->soft_bounce || reply[0] != '5')
        return;
    reply[0] = '4';
    if (strlen(reply) > 6 && reply[4] == '5' && reply[5] == '.')
        reply[4] = '4';
}

/* Clients that make too many errors wait for each reply, good or bad. */
static void slow_down(struct smtpd_session *session)
{
    if (session->error_count >= session->config->smtpd_soft_error_limit &&
        session->config->smtpd_error_sleep_time > 0) {
        smtpd_flush(session);
        sleep((unsigned)session->config->smtpd_error_sleep_time);
    }
}

void smtpd_said(struct smtpd_session *session, char sign, struct span text)
{
    debug_peers_line(sign, session->peer.label, text);
    transcript_line(&session->transcript, sign == '>', text);
}

void smtpd_tell_postmaster(struct smtpd_session *session, int threshold, const char *reason)
{
    const char *subject;

    if (session->transcript.lines <= (size_t)(threshold < 0 ? 0 : threshold))
        return;
    subject =
        arena_printf(session->command_arena, "SMTP server: errors from %s", session->peer.label);
    transcript_end(&session->transcript, &session->server->cleanup, subject, NULL, reason);
}

static void say(struct smtpd_session *session, struct span reply)
{
    smtpd_said(session, '>', reply);
    stream_write(session->client, reply);
    stream_write_text(session->client, "\r\n");
}

/* Whatever refuses may have a footer. */
static void put_reply(struct smtpd_session *session, const char *text)
{
    struct buf reply = BUF(FOOTED_MAX);

    if (text[0] != '4' && text[0] != '5') {
        say(session, span_text(text));
        return;
    }
    buf_put_text(&reply, text);
    footer_add(session, &reply);
    say(session, buf_span(&reply));
    buf_release(&reply);
}

static void send_reply(struct smtpd_session *session, char *reply)
{
    smtpd_soften(session->config, reply);
    if (strncmp(reply, "421", 3) == 0 || strncmp(reply, "521", 3) == 0)
        session->ended = true;
    slow_down(session);
    put_reply(session, reply);
}

void smtpd_reply(struct smtpd_session *session, const char *format, ...)
{
    char reply[REPLY_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(reply, sizeof(reply), format, arguments);
    va_end(arguments);
    send_reply(session, reply);
}

void smtpd_refuse(struct smtpd_session *session, const char *format, ...)
{
    char reply[REPLY_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(reply, sizeof(reply), format, arguments);
    va_end(arguments);
    session->refused = true;
    session->error_count++;
    transcript_error(&session->transcript, transcript_class_of(reply));
    send_reply(session, reply);
}

void smtpd_end(struct smtpd_session *session, enum session_end end)
{
    if (!session->ended)
        session->end = end;
    session->ended = true;
}

void smtpd_stream_failed(struct smtpd_session *session, enum stream_status status)
{
    if (status == STREAM_TIMEOUT) {
        stream_deadline(session->client, 0);
        put_reply(session,
                  arena_printf(session->command_arena, "421 4.4.2 %s Error: timeout exceeded",
                               session->config->myhostname));
    }
    session->refused = true;
    smtpd_end(session, status == STREAM_TIMEOUT ? END_TIMEOUT : END_LOST);
}

void smtpd_flush(struct smtpd_session *session)
{
    enum stream_status status = stream_flush(session->client);

    if (status != STREAM_OK)
        smtpd_end(session, status == STREAM_TIMEOUT ? END_TIMEOUT : END_LOST);
}

void smtpd_begin_deadline(struct smtpd_session *session)
{
    if (!session->config->smtpd_per_request_deadline)
        return;
    session->deadline_ms = clock_monotonic_ms() + session->config->smtpd_timeout * INT64_C(1000);
    stream_deadline(session->client, session->deadline_ms);
}

void smtpd_extend_deadline(struct smtpd_session *session, size_t octets)
{
    int rate = session->config->smtpd_min_data_rate;

    if (!session->config->smtpd_per_request_deadline)
        return;
    session->deadline_ms += (int64_t)(octets * 1000 / (unsigned)rate);
    stream_deadline(session->client, session->deadline_ms);
}

const char *smtpd_protocol(const struct smtpd_session *session)
{
    return session->is_esmtp ? "ESMTP" : "SMTP";
}

void smtpd_log_decision(struct smtpd_session *session, const char *decision, const char *text)
{
    struct arena *arena = session->command_arena;
    const char *sender = session->envelope.sender;
    const char *from = "";
    const char *to = "";
    const char *helo = "";

    if (sender != NULL)
        from = arena_printf(arena, " from=<%s>", address_quote(arena, sender));
    if (session->recipient != NULL)
        to = arena_printf(arena, " to=<%s>", address_quote(arena, session->recipient));
    if (session->hello_name != NULL)
        helo = arena_printf(arena, " helo=<%s>", session->hello_name);
    log_info("%s: %s: %s from %s: %s;%s%s proto=%s%s",
             session->queue_id == NULL ? "NOQUEUE" : session->queue_id, decision, session->where,
             session->peer.label, text, from, to, smtpd_protocol(session), helo);
}

void smtpd_reset(struct smtpd_session *session)
{
    intake_free(&session->intake);
    strlist_release(&session->envelope.orders.copies);
    buf_release(&session->envelope.prepended);
    session->envelope = (struct smtpd_envelope){.prepended = BUF(PREPENDED_MAX)};
    session->content = (struct smtpd_content){0};
    session->recipient = NULL;
    session->queue_id = NULL;
    arena_reset(session->mail_arena);
    smtpd_tell_postmaster(session, session->config->smtpd_history_flush_threshold, NULL);
    if (session->phase != PHASE_REFUSED)
        session->phase = session->hello_name == NULL ? PHASE_CONNECTED : PHASE_GREETED;
}

void smtpd_session_init(struct smtpd_session *session, struct smtpd_server *server,
                        struct stream *client)
{
    *session = (struct smtpd_session){
        .server = server,
        .config = server->config,
        .client = client,
        .session_arena = arena_create(),
        .mail_arena = arena_create(),
        .command_arena = arena_create(),
        .announced = server->announced,
        .phase = PHASE_CONNECTED,
        .where = "CONNECT",
        .counts = command_counts_create(),
    };
    transcript_begin(&session->transcript, server->config);
    smtpd_reset(session);
    stream_timeout(client, clock_ms(session->config->smtpd_timeout));
}

void smtpd_session_release(struct smtpd_session *session)
{
    smtpd_reset(session);
    transcript_release(&session->transcript);
    mem_free(session->hello_name);
    mem_free(session->counts);
    stream_free(&session->client);
    arena_free(&session->command_arena);
    arena_free(&session->mail_arena);
    arena_free(&session->session_arena);
}
