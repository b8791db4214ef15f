/* The commands of POP3's TRANSACTION state: RFC 1939 section 5, RFC 2449 (CAPA), RFC 3206 (SYS/TEMP). */
#include "lib/base/base.h"

#include "pop3d/session.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

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

static bool take_number(struct span *rest, uint64_t *number_r)
{
    return span_to_u64(span_take_word(rest), UINT32_MAX, number_r);
}

/* The index of an existing message that is not marked; otherwise the client has been told. */
static bool take_message(struct pop3_session *session, struct span *rest, size_t *index_r)
{
    struct span word = span_take_word(rest);
    uint64_t number;

    if (!span_to_u64(word, UINT32_MAX, &number)) {
        reply(session, "-ERR Invalid message number: %.*s", SPAN_PRINTF(word));
        return false;
    }
    if (number == 0 || number > session->mailbox->count) {
        reply(session, "-ERR There's no message %" PRIu64 ".", number);
        return false;
    }
    if (session->deleted[number - 1]) {
        reply(session, "-ERR Message is deleted.");
        return false;
    }
    *index_r = (size_t)number - 1;
    return true;
}

static bool need_sizes(struct pop3_session *session)
{
    struct error err = {0};

    if (session->sizes != NULL || session_load_sizes(session, &err))
        return true;
    reply_trouble(session, &err);
    return false;
}

/* --- handlers ------------------------------------------------------------------------------------------------ */

static void run_stat(struct pop3_session *session, struct span arguments UNUSED)
{
    uint64_t size = 0;

    if (!need_sizes(session))
        return;
    for (size_t i = 0; i < session->mailbox->count; i++)
        size += session->deleted[i] ? 0 : session->sizes[i];
    reply(session, "+OK %zu %" PRIu64, session->mailbox->count - session->deleted_count, size);
}

static void run_list(struct pop3_session *session, struct span arguments)
{
    size_t index;

    if (!need_sizes(session))
        return;
    if (arguments.len > 0) {
        if (take_message(session, &arguments, &index))
            reply(session, "+OK %zu %" PRIu64, index + 1, session->sizes[index]);
        return;
    }
    reply(session, "+OK %zu messages:", session->mailbox->count - session->deleted_count);
    for (size_t i = 0; i < session->mailbox->count; i++)
        if (!session->deleted[i])
            stream_printf(session->client, "%zu %" PRIu64 "\r\n", i + 1, session->sizes[i]);
    reply(session, ".");
}

static bool put_uidl(struct pop3_session *session, size_t index, struct buf *out)
{
    const char *known = session->uidls[index];

    buf_clear(out);
    if (known != NULL && buf_append_text(out, known))
        return true;
    if (pop3_uidl(session->config->pop3_uidl_format, session->mailbox->messages[index].uid,
                  session->mailbox->uidvalidity, out))
        return true;
    log_warning("pop3_uidl_format: \"%s\" has a variable that is not supported",
                session->config->pop3_uidl_format);
    return false;
}

static void run_uidl(struct pop3_session *session, struct span arguments)
{
    struct buf uidl = BUF(256);
    size_t index = 0;

    if (arguments.len > 0) {
        if (take_message(session, &arguments, &index) && put_uidl(session, index, &uidl))
            reply(session, "+OK %zu %s", index + 1, buf_text(&uidl));
    } else if (session->mailbox->count > 0 && !put_uidl(session, 0, &uidl)) {
        reply(session, "-ERR [SYS/PERM] Unique ids are not configured as they should be.");
    } else {
        reply(session, "+OK");
        for (size_t i = 0; i < session->mailbox->count; i++)
            if (!session->deleted[i] && put_uidl(session, i, &uidl))
                stream_printf(session->client, "%zu %s\r\n", i + 1, buf_text(&uidl));
        reply(session, ".");
    }
    buf_release(&uidl);
}

static bool open_message(struct pop3_session *session, size_t index, struct message_file *file)
{
    struct error err = {0};

    if (mailbox_open_message(session->mailbox, index, file, &err))
        return true;
    if (err.number == ENOENT)
        reply(session, "-ERR Message has been deleted by another program.");
    else
        reply_trouble(session, &err);
    return false;
}

static void send_message(struct pop3_session *session, struct message_file *file, uint64_t lines,
                         uint64_t *octets_r)
{
    if (!pop3_send_message(session, file, lines, octets_r)) {
        log_warning("pop3(%s)<%s>: read a message: %s", session->user, session->session,
                    strerror(errno));
        session->ended = true; /* half of it is sent: only the end can say so */
    }
    fd_close(&file->fd);
}

static void run_retr(struct pop3_session *session, struct span arguments)
{
    struct message_file file;
    uint64_t octets;
    size_t index;

    if (!take_message(session, &arguments, &index) || !need_sizes(session) ||
        !open_message(session, index, &file))
        return;
    reply(session, "+OK %" PRIu64 " octets", session->sizes[index]);
    send_message(session, &file, UINT64_MAX, &octets);
    session->seen[index] = true;
    session->retrievals++;
    session->retrieved_octets += octets;
}

static void run_top(struct pop3_session *session, struct span arguments)
{
    struct message_file file;
    uint64_t lines, octets;
    size_t index;

    if (!take_message(session, &arguments, &index))
        return;
    if (!take_number(&arguments, &lines)) {
        reply(session, "-ERR Invalid number of lines.");
        return;
    }
    if (!open_message(session, index, &file))
        return;
    reply(session, "+OK");
    send_message(session, &file, lines, &octets);
    session->tops++;
    session->top_octets += octets;
}

static void run_dele(struct pop3_session *session, struct span arguments)
{
    size_t index;

    if (!take_message(session, &arguments, &index))
        return;
    session->deleted[index] = true;
    session->deleted_count++;
    session->deleted_size += session->sizes == NULL ? 0 : session->sizes[index];
    reply(session, "+OK Marked to be deleted.");
}

static void run_rset(struct pop3_session *session, struct span arguments UNUSED)
{
    memset(session->deleted, 0, session->mailbox->count * sizeof(*session->deleted));
    session->deleted_count = 0;
    session->deleted_size = 0;
    reply(session, "+OK");
}

static void run_noop(struct pop3_session *session, struct span arguments UNUSED)
{
    reply(session, "+OK");
}

static void run_capa(struct pop3_session *session, struct span arguments UNUSED)
{
    reply(session, "+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\n.");
}

static void run_quit(struct pop3_session *session, struct span arguments UNUSED)
{
    struct error err = {0};
    size_t deleted = session->deleted_count;

    session->ended = true;
    if (!session_update(session, &err)) {
        log_warning("pop3(%s)<%s>: %s", session->user, session->session, err.text);
        reply(session, "-ERR [SYS/TEMP] Deleting messages failed.");
        return;
    }
    session->quit = true;
    reply(session, deleted > 0 ? "+OK Logging out, messages deleted." : "+OK Logging out.");
}

/* verb, handler */
static const struct command {
    const char *verb;
    void (*run)(struct pop3_session *session, struct span arguments);
} commands[] = {
    {"STAT", run_stat},
    {"LIST", run_list},
    {"UIDL", run_uidl},
    {"RETR", run_retr},
    {"TOP",  run_top },
    {"DELE", run_dele},
    {"RSET", run_rset},
    {"NOOP", run_noop},
    {"CAPA", run_capa},
    {"QUIT", run_quit},
};

void pop3_command(struct pop3_session *session, struct span line)
{
    struct span arguments = line, verb = span_take_word(&arguments);

    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
        if (span_equal_text_nocase(verb, commands[i].verb)) {
            commands[i].run(session, span_trim(arguments));
            return;
        }
    reply(session, "-ERR Unknown command: %.*s", SPAN_PRINTF(span_first(verb, 64)));
}
