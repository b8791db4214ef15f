/*
 * The order matters: first the mailbox is watched, then looked at for the last time, then the state is
 * written and sent; so nothing that happens in between is missed. Until it is sent the session is
 * ours, afterwards login's.
 */
#include "lib/base/base.h"

#include "imapd/park.h"

#include "imapd/notify_park.h"
#include "imapd/park_state.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define OUTPUT_MAX 32768 /* octets that login has still to take from its socket pair */

/* --- may it? ----------------------------------------------------------------------------------- */

/* What was seen is remembered by them. */
static bool has_modseqs(const struct imapd_session *session)
{
    return store_keeps_modseqs(session->store) &&
           (session->mailbox == NULL || !session->mailbox->no_modseqs);
}

int imapd_park_delay_ms(const struct imapd_session *session)
{
    if (session->parking == NULL || session->parking->login == NULL ||
        session->parking->is_refused || session->contexts.count > 0 || !has_modseqs(session) ||
        session->parking->pass.len == 0 || session->config->imap_park_delay == 0)
        return -1;
    return clock_ms(session->config->imap_park_delay);
}

/* The client says nothing, and nothing for it is stuck here. */
static bool is_at_rest(const struct imapd_session *session)
{
    struct pollfd client = {.fd = stream_fd(session->client), .events = POLLIN};
    int unsent = 0;

    if (session->ended || session->response.len > 0 || stream_has_input(session->client) ||
        stream_output_pending(session->client) > 0 || poll(&client, 1, 0) != 0)
        return false;
    return ioctl(client.fd, SIOCOUTQ, &unsent) != 0 || unsent <= OUTPUT_MAX;
}

/* A change that would not be told by an event, or not as one to the client. */
static bool is_mailbox_at_rest(const struct imapd_session *session)
{
    const struct mailbox *mailbox = session->mailbox;

    if (mailbox == NULL || !has_modseqs(session))
        return has_modseqs(session);
    return mailbox->awaited ? mailbox->expected <= MAILBOX_MEMORY_MAX
                            : !mailbox->changed && mailbox->count == session->told_count &&
                                  mailbox->count <= MAILBOX_MEMORY_MAX;
}

/* --- the state --------------------------------------------------------------------------------- */

/* false: the client's compression is at a point where nobody else can go on. */
static bool save_compression(const struct imapd_session *session, struct park_state *state)
{
    struct buf saved = BUF(PARKING_STATE_MAX);
    bool done = true;

    state->compressed = stream_is_compressed(session->client);
    if (state->compressed)
        done = stream_save_deflate(session->client, &saved);
    if (done)
        state->deflate = span_of(arena_text(session->arena, buf_span(&saved)), saved.len);
    buf_release(&saved);
    return done;
}

static bool save_mailbox(struct imapd_session *session, struct park_state *state)
{
    struct mailbox *mailbox = session->mailbox;
    struct error err = {0};

    state->read_only = mailbox->read_only;
    state->told_keywords = session->told_keywords;
    state->mailbox = span_text(mailbox->name);
    if (!mailbox_remember(mailbox, session->told_count, session->arena, &state->memory, &err))
        return false; /* the next look at the mailbox tells why */
    state->uidvalidity = state->memory.uidvalidity;
    state->modseq = state->memory.modseq;
    return true;
}

/* false: too long */
static bool save_notify(const struct imapd_session *session, struct park_state *state)
{
    struct buf saved = BUF(PARK_STATE_MAX);
    bool done = session->notify == NULL || notify_remember(session, &saved);

    if (done)
        state->notify = span_of(arena_text(session->arena, buf_span(&saved)), saved.len);
    buf_release(&saved);
    return done;
}

static bool write_state(struct imapd_session *session, bool idling, struct buf *out)
{
    struct park_state state = {
        .pid = (uint64_t)session->pid,
        .octets_in = imapd_octets_in(session),
        .octets_out = imapd_octets_out(session),
        .counters = session->counters,
        .bad_commands = session->bad_commands,
        .enabled = session->enabled,
        .idling = idling,
        .selected = session->mailbox != NULL,
        .tag = idling ? session->tag : SPAN_EMPTY,
        .saved_count = session->saved.count,
    };
    struct uid_range *saved = arena_array(session->arena, struct uid_range, state.saved_count + 1);

    for (size_t i = 0; i < state.saved_count; i++)
        saved[i] = (struct uid_range){session->saved.ranges[i].low, session->saved.ranges[i].high};
    state.saved = saved;

    if ((session->mailbox != NULL && !save_mailbox(session, &state)) ||
        !save_compression(session, &state))
        return false;
    session->parking->is_refused = !save_notify(session, &state) || !park_state_write(&state, out);
    return !session->parking->is_refused;
}

/* --- login ------------------------------------------------------------------------------------- */

/* Whatever it was: from here on there is nobody to park at. */
static void lose_login(struct imapd_session *session, const struct error *err)
{
    if (err->kind != ERROR_NONE)
        log_warning("imap(%s)<%s>: park: %s", session->user, session->id, err->text);
    session->parking->login = NULL;
}

/* login's inotify instance, or else IDLE's own. */
static bool get_notifier(struct imapd_session *session, const struct imapd_idle *idle,
                         struct imapd_leaving *leaving)
{
    static const struct parking_watching watching = {0};
    struct connection *login = session->parking->login;
    struct parking_notifier answer = {.notifier = -1};
    struct error err = {0};

    if (!ipc_send(login, &parking_watching_message, &watching, &err) ||
        !ipc_receive(login, &parking_notifier_message, session->arena, &answer, &err)) {
        lose_login(session, &err);
        return false;
    }
    leaving->notifier = answer.notifier;
    leaving->is_ours = answer.notifier < 0;
    if (leaving->is_ours)
        leaving->notifier = idle->notifier >= 0 ? fcntl(idle->notifier, F_DUPFD_CLOEXEC, 0)
                                                : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return true;
}

bool imapd_leaving_add(struct imapd_leaving *leaving, int descriptor)
{
    for (size_t i = 0; i < leaving->watch_count; i++) {
        if (descriptor >= 0 && leaving->watches[i].descriptor == (uint64_t)descriptor)
            return true;
    }
    if (descriptor < 0 || leaving->watch_count == PARKING_WATCHES_MAX)
        return false;
    leaving->watches[leaving->watch_count++].descriptor = (uint64_t)descriptor;
    return true;
}

static bool watches_selected(const struct imapd_session *session)
{
    return session->mailbox != NULL && notify_wants_selected(session);
}

/* A session for which there is too much to watch stays, and does not try again. */
static bool add_watches(struct imapd_session *session, struct imapd_leaving *leaving)
{
    bool done = leaving->notifier >= 0;

    if (watches_selected(session)) {
        const char *const *path = mailbox_watch(session->mailbox);
        for (; done && *path != NULL; path++)
            done = imapd_leaving_add(leaving,
                                     inotify_add_watch(leaving->notifier, *path, IMAPD_WATCHED));
    }
    if (done && session->notify != NULL) {
        done = notify_add_watches(session, leaving);
        session->parking->is_refused = !done;
    }
    return done;
}

static bool is_idling(const struct imapd_idle *idle)
{
    return idle != NULL && idle->is_command;
}

static bool send_away(struct imapd_session *session, const struct imapd_idle *idle,
                      const struct imapd_leaving *leaving, struct span state)
{
    struct imapd_parking *parking = session->parking;
    int64_t now_ms = clock_monotonic_ms();
    char *name = imapd_log_name(session), *counters = imapd_counters_text(session);
    const struct parking_parked parked = {
        .client = stream_fd(session->client),
        .notifier = leaving->is_ours ? leaving->notifier : -1,
        .pass = parking->pass,
        .state = state,
        .name = name,
        .counters = counters,
        .octets_in = imapd_octets_in(session),
        .octets_out = imapd_octets_out(session),
        .silent_ms = (uint64_t)(now_ms - session->heard_ms),
        .notify_ms =
            is_idling(idle) && idle->notify_ms > now_ms ? (uint64_t)(idle->notify_ms - now_ms) : 0,
        .idling = is_idling(idle),
        .compressed = stream_is_compressed(session->client),
        .watches = leaving->watches,
        .watch_count = leaving->watch_count,
    };
    struct error err = {0};

    parking->parked = ipc_send(parking->login, &parking_parked_message, &parked, &err);
    if (!parking->parked)
        lose_login(session, &err);
    mem_free(name);
    mem_free(counters);
    return parking->parked;
}

static void stay(struct imapd_session *session)
{
    static const struct parking_staying staying = {0};
    struct error err = {0};

    if (session->parking->login != NULL &&
        !ipc_send(session->parking->login, &parking_staying_message, &staying, &err))
        lose_login(session, &err);
}

/* --- parking ----------------------------------------------------------------------------------- */

/* What happened before the mailbox was watched is told now. A mailbox that came meanwhile is not watched for login: then it
 * is too early. */
static bool tell_last_news(struct imapd_session *session)
{
    const struct notify_watch *watch = notify_watch_of(session);
    enum stream_status status;

    if (watch != NULL)
        notify_tell_all(session);
    else
        imapd_tell_news(session);
    imapd_flush(session);
    status = stream_flush(session->client);
    if (status != STREAM_OK)
        imapd_input_failed(session, status);
    return watch == notify_watch_of(session) && is_at_rest(session) &&
           is_mailbox_at_rest(session) &&
           (!watches_selected(session) || mailbox_recheck_ms(session->mailbox) < 0);
}

static bool leave(struct imapd_session *session, const struct imapd_idle *idle,
                  const struct imapd_leaving *leaving)
{
    struct buf state = BUF(PARKING_STATE_MAX);
    bool done;

    done = write_state(session, is_idling(idle), &state) &&
           send_away(session, idle, leaving, buf_span(&state));
    buf_release(&state);
    return done;
}

static bool park_watching(struct imapd_session *session, const struct imapd_idle *idle)
{
    struct imapd_leaving leaving = {.notifier = -1};
    bool done;

    if (!get_notifier(session, idle, &leaving))
        return false;
    done =
        add_watches(session, &leaving) && tell_last_news(session) && leave(session, idle, &leaving);
    if (!done)
        stay(session);
    fd_close(&leaving.notifier);
    return done;
}

bool imapd_park(struct imapd_session *session, const struct imapd_idle *idle)
{
    static const struct imapd_leaving nothing = {.notifier = -1};

    if (imapd_park_delay_ms(session) < 0 || !is_at_rest(session) || !is_mailbox_at_rest(session))
        return false;
    if (idle == NULL && session->notify != NULL)
        return false; /* notify_wait does it */
    if (session->notify != NULL || (idle != NULL && session->mailbox != NULL))
        return park_watching(session, idle);
    return leave(session, idle, &nothing);
}

bool imapd_park_when_due(struct imapd_session *session, struct imapd_idle *idle)
{
    int delay_ms = imapd_park_delay_ms(session);

    if (idle->park_ms == 0 || clock_monotonic_ms() < idle->park_ms)
        return false;
    service_quiet(false);
    if (imapd_park(session, idle)) {
        session->ended = true;
        return true;
    }
    service_quiet(true);
    idle->park_ms = delay_ms < 0 ? 0 : clock_monotonic_ms() + delay_ms;
    return false;
}
