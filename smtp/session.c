/* A conversation with a server: commands and replies, and its end. */
#include "smtp/session.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/service/service.h"

#include <poll.h>

#define REPLY_LINE_MAX 16384 /* RFC 5321 has 512 */

static void said(struct session *session, char sign, struct span line)
{
    debug_peers_line(sign, session->relay, line);
    transcript_line(&session->transcript, sign == '>', line);
}

void session_say(struct session *session, const char *line)
{
    said(session, '>', span_text(line));
    stream_write_text(session->stream, line);
    stream_write_text(session->stream, "\r\n");
}

struct failure session_lost(struct session *session, struct arena *arena, enum stream_status status,
                            const char *doing)
{
    const char *what = status == STREAM_TIMEOUT ? "conversation with" : "lost connection with";
    const char *how = status == STREAM_TIMEOUT ? "timed out while" : "while";

    session->dead = true;
    return (struct failure){
        .status = "4.4.2",
        .text = arena_printf(arena, "%s %s %s %s", what, session->label, how, doing),
        .is_unreachable = true,
    };
}

static struct failure nonsense(struct session *session, struct arena *arena)
{
    session->dead = true;
    transcript_error(&session->transcript, TRANSCRIPT_PROTOCOL);
    return (struct failure){
        .status = "4.5.0",
        .text = arena_printf(arena, "protocol error: host %s said: %s", session->label,
                             buf_text(&session->reply.text)),
        .is_unreachable = true,
    };
}

/* smtp_reply_filter: what stands in the place of a line. False: it cannot be asked, which is logged. */
static bool filter_reply(struct session *session, struct arena *arena, struct span *line)
{
    struct maps *table = session->settings->replies;
    struct buf filtered = BUF(REPLY_LINE_MAX);
    struct error err;
    enum map_result result = MAP_ABSENT;

    if (table != NULL && !maps_is_empty(table))
        result = maps_find(table, *line, MAP_FOLD_KEY, &filtered, NULL, &err);
    if (result == MAP_FOUND) {
        log_info("%s: replacing server reply \"%.*s\" with \"%s\"", session->relay,
                 SPAN_PRINTF(*line), buf_text(&filtered));
        *line = span_text(arena_text(arena, buf_span(&filtered)));
    }
    buf_release(&filtered);
    return result != MAP_UNAVAILABLE;
}

static struct failure without_filter(struct session *session, struct arena *arena)
{
    session->dead = true;
    return (struct failure){
        .status = "4.3.0",
        .text = arena_printf(arena, "local data error while talking to %s", session->label),
    };
}

bool session_listen_lines(struct session *session, struct arena *arena, int timeout_s,
                          const char *doing, session_line *on_line, struct failure *failure_r)
{
    enum parse_result result = PARSE_INCOMPLETE;
    enum stream_status status;
    struct span line, text;

    stream_timeout(session->stream, clock_ms(timeout_s));
    reply_clear(&session->reply);
    status = stream_flush(session->stream);
    while (status == STREAM_OK && result == PARSE_INCOMPLETE) {
        status = stream_read_line(session->stream, REPLY_LINE_MAX, &line, NULL);
        if (status != STREAM_OK)
            break;
        said(session, '<', line);
        if (!filter_reply(session, arena, &line)) {
            *failure_r = without_filter(session, arena);
            return false;
        }
        result = reply_add_line(&session->reply, line, &text);
        if (on_line != NULL)
            on_line(session, text);
    }
    if (status == STREAM_OK && result == PARSE_DONE)
        return true;
    *failure_r = status == STREAM_OK || status == STREAM_TOO_LONG
                     ? nonsense(session, arena)
                     : session_lost(session, arena, status, doing);
    return false;
}

bool session_listen(struct session *session, struct arena *arena, int timeout_s, const char *doing,
                    struct failure *failure_r)
{
    return session_listen_lines(session, arena, timeout_s, doing, NULL, failure_r);
}

/* That code says that we do not know our SMTP: RFC 5321 section 4.2.1, and 555 of MAIL and RCPT. */
static bool is_protocol_error(int code)
{
    return code < 400 || (code >= 500 && code < 510) || code == 555;
}

struct failure session_refusal(struct session *session, struct arena *arena, const char *command)
{
    const char *said = buf_text(&session->reply.text);
    bool is_refusal = session->reply.code >= 400;

    if (is_protocol_error(session->reply.code))
        transcript_error(&session->transcript, TRANSCRIPT_PROTOCOL);

    return (struct failure){
        .status = is_refusal ? arena_copy(arena, session->reply.status) : "4.5.0",
        .text =
            arena_printf(arena, "host %s said: %s (in reply to %s)", session->label, said, command),
        .remote_mta = arena_printf(arena, "dns; %s", session->host),
        .diagnostic = arena_printf(arena, "smtp; %s", said),
    };
}

bool session_is_alive(struct session *session)
{
    struct pollfd server = {.fd = stream_fd(session->stream), .events = POLLIN};

    return !session->dead && !stream_has_input(session->stream) && poll(&server, 1, 0) == 0;
}

/* Protocol errors are all that there is to tell of. */
static void tell_postmaster(struct session *session)
{
    const char *subject = arena_printf(session->arena, "%s client: errors from %s",
                                       session->settings->lmtp ? "LMTP" : "SMTP", session->relay);

    transcript_end(&session->transcript, session->cleanup, subject,
                   arena_printf(session->arena, "Unexpected response from %s.", session->relay),
                   NULL);
    transcript_release(&session->transcript);
}

static void session_free(struct session **session)
{
    struct arena *arena = (*session)->arena;

    tell_postmaster(*session);
    debug_peers_end((*session)->debug_peers);
    if ((*session)->stream != NULL)
        stream_free(&(*session)->stream);
    reply_release(&(*session)->reply);
    *session = NULL;
    arena_free(&arena);
}

static struct session *session_create(const struct session_target *target, int fd)
{
    struct arena *arena = arena_create();
    struct session *session = arena_new(arena, struct session);
    char text[SOCKET_TEXT_MAX];
    const char *address =
        target->unix_path != NULL ? target->unix_path : socket_address_text(&target->address, text);

    *session = (struct session){
        .settings = target->settings,
        .arena = arena,
        .stream = fd < 0 ? NULL : stream_create(fd),
        .host = arena_copy(arena, target->host),
        .label = arena_printf(arena, "%s[%s]", target->host, address),
        .destination = arena_copy(arena, target->destination),
        .address = target->address,
        .opened_ms = clock_monotonic_ms(),
        .debug_peers = target->debug_peers,
        .cleanup = target->cleanup,
    };
    transcript_begin(&session->transcript, target->settings->config);
    session->relay = target->unix_path != NULL
                         ? session->label
                         : arena_printf(arena, "%s:%u", session->label, target->port);
    return session;
}

/* smtp_bind_address, when there is one of this family */
static bool has_source(const struct settings *settings, int family, struct address_socket *source_r)
{
    const char *text = family == AF_INET6 ? settings->bind_address6 : settings->bind_address;

    return text[0] != '\0' && socket_parse_numeric(span_text(text), 0, source_r) &&
           source_r->any.sa_family == family;
}

/* An address that we do not have (any more) is done without, unless smtp_bind_address_enforce. */
static int connect_from(const struct session_target *target, const struct address_socket *source,
                        int timeout_ms, struct error *err)
{
    const struct settings *settings = target->settings;
    int fd = socket_connect(&target->address, source, timeout_ms, err);
    char text[SOCKET_TEXT_MAX];

    if (fd >= 0 || err->number != EADDRNOTAVAIL || settings->bind_address_enforce)
        return fd;
    log_warning("%s_bind_address %s: %s", settings->prefix, socket_address_text(source, text),
                strerror(err->number));
    return socket_connect(&target->address, NULL, timeout_ms, err);
}

static int connect_to(const struct session_target *target, struct error *err)
{
    int timeout_ms = clock_ms(target->settings->connect_timeout);
    struct address_socket source;

    if (target->unix_path != NULL)
        return service_connect_path(target->unix_path, timeout_ms, err);
    if (has_source(target->settings, target->address.any.sa_family, &source))
        return connect_from(target, &source, timeout_ms, err);
    return socket_connect(&target->address, NULL, timeout_ms, err);
}

static struct session *connect_once(struct arena *arena, const struct session_target *target,
                                    struct failure *failure_r)
{
    struct session *session;
    struct error err = {0};
    int fd = connect_to(target, &err);

    session = session_create(target, fd);
    if (fd >= 0) {
        debug_peers_begin(target->debug_peers, target->host, &target->address);
        return session;
    }
    *failure_r = (struct failure){
        .status = "4.4.1",
        .text = arena_printf(arena, "connect to %s: %s", session->relay,
                             err.number == 0           ? err.text
                             : err.number == ETIMEDOUT ? "Connection timed out"
                                                       : strerror(err.number)),
        .is_unreachable = true,
    };
    session_free(&session);
    return NULL;
}

struct session *session_open(struct arena *arena, const struct session_target *target,
                             struct failure *failure_r)
{
    enum hello_result result = HELLO_PLAIN;
    struct session *session = NULL;

    for (bool try_tls = true; result == HELLO_PLAIN; try_tls = false) {
        session = connect_once(arena, target, failure_r);
        if (session == NULL)
            return NULL;
        result = session_greet(session, arena, target, try_tls, failure_r);
        if (result == HELLO_FAILED)
            failure_r->relay = arena_copy(arena, session->relay);
        if (result != HELLO_DONE)
            session_close(&session);
    }
    return session;
}

void session_close(struct session **session)
{
    struct failure failure;
    struct session *closing = *session;

    if (closing == NULL)
        return;
    if (!closing->dead) {
        stream_timeout(closing->stream, clock_ms(closing->settings->quit_timeout));
        session_say(closing, "QUIT");
        if (!closing->settings->skip_quit_response)
            (void)!session_listen(closing, closing->arena, closing->settings->quit_timeout,
                                  "sending QUIT command", &failure);
        else if (stream_flush(closing->stream) != STREAM_OK)
            closing->dead = true;
        if (!closing->dead && stream_tls(closing->stream) != NULL)
            stream_end_tls(closing->stream);
    }
    session_free(session);
}
