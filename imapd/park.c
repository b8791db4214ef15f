/*
 * The order matters: first the mailbox is watched, then looked at for the last time, then the state is
 * written and sent; so nothing that happens in between is missed. Until it is sent the session is
 * ours, afterwards login's.
 */
#include "lib/base/base.h"

#include "imapd/park.h"

#include "imapd/park_state.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/store/name.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUTPUT_MAX 32768 /* octets that login has still to take from its socket pair */

/* What goes along with the state. */
struct leaving {
    struct parking_watch watches[PARKING_WATCHES_MAX];
    size_t watch_count;
    int notifier; /* ours or login's */
    bool is_ours;
};

/* --- may it? ----------------------------------------------------------------------------------- */

int imapd_park_delay_ms(const struct imapd_session *session)
{
    if (session->parking == NULL || session->parking->login == NULL ||
        session->parking->is_refused || session->notify != NULL ||
        stream_is_compressed(session->client) || session->contexts.count > 0 ||
        session->parking->pass.len == 0 || session->config->imap_park_delay == 0)
        return -1;
    return session->config->imap_park_delay * 1000;
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

    return mailbox == NULL || (!mailbox->changed && mailbox->count == session->told_count &&
                               mailbox->count <= MAILBOX_MEMORY_MAX);
}

/* --- the state --------------------------------------------------------------------------------- */

static bool write_state(const struct imapd_session *session, bool idling, struct buf *out)
{
    const struct mailbox *mailbox = session->mailbox;
    struct park_state state = {
        .pid = (uint64_t)session->pid,
        .octets_in = imapd_octets_in(session),
        .octets_out = imapd_octets_out(session),
        .counters = session->counters,
        .bad_commands = session->bad_commands,
        .enabled = session->enabled,
        .idling = idling,
        .selected = mailbox != NULL,
        .tag = idling ? session->tag : SPAN_EMPTY,
        .saved_count = session->saved.count,
    };
    struct uid_range *saved = arena_array(session->arena, struct uid_range, state.saved_count + 1);

    for (size_t i = 0; i < state.saved_count; i++)
        saved[i] = (struct uid_range){session->saved.ranges[i].low, session->saved.ranges[i].high};
    state.saved = saved;

    if (mailbox != NULL) {
        state.read_only = mailbox->read_only;
        state.told_keywords = session->told_keywords;
        state.mailbox = span_text(mailbox->name);
        state.memory = mailbox_remember(mailbox, session->told_count, session->arena);
        state.uidvalidity = state.memory.uidvalidity;
        state.modseq = state.memory.modseq;
    }
    return park_state_write(&state, out);
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
                         struct leaving *leaving)
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

static bool add_watches(const struct imapd_session *session, struct leaving *leaving)
{
    const char *const *path = mailbox_watch(session->mailbox);

    for (; leaving->notifier >= 0 && *path != NULL; path++) {
        int descriptor = inotify_add_watch(leaving->notifier, *path, IMAPD_WATCHED);
        if (descriptor < 0 || leaving->watch_count == PARKING_WATCHES_MAX)
            return false;
        leaving->watches[leaving->watch_count++].descriptor = (uint64_t)descriptor;
    }
    return leaving->notifier >= 0;
}

static bool send_away(struct imapd_session *session, const struct imapd_idle *idle,
                      const struct leaving *leaving, struct span state)
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
            idle != NULL && idle->notify_ms > now_ms ? (uint64_t)(idle->notify_ms - now_ms) : 0,
        .idling = idle != NULL,
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

/* What happened before the mailbox was watched is told now. */
static bool tell_last_news(struct imapd_session *session)
{
    enum stream_status status;

    imapd_tell_news(session);
    imapd_flush(session);
    status = stream_flush(session->client);
    if (status != STREAM_OK)
        imapd_input_failed(session, status);
    return is_at_rest(session) && is_mailbox_at_rest(session) &&
           mailbox_recheck_ms(session->mailbox) < 0;
}

static bool leave(struct imapd_session *session, const struct imapd_idle *idle,
                  const struct leaving *leaving)
{
    struct buf state = BUF(PARKING_STATE_MAX);
    bool done;

    if (!write_state(session, idle != NULL, &state)) {
        session->parking->is_refused = true;
        done = false;
    } else {
        done = send_away(session, idle, leaving, buf_span(&state));
    }
    buf_release(&state);
    return done;
}

static bool park_watching(struct imapd_session *session, const struct imapd_idle *idle)
{
    struct leaving leaving = {.notifier = -1};
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
    static const struct leaving nothing = {.notifier = -1};

    if (imapd_park_delay_ms(session) < 0 || !is_at_rest(session) || !is_mailbox_at_rest(session))
        return false;
    if (idle != NULL && session->mailbox != NULL)
        return park_watching(session, idle);
    return leave(session, idle, &nothing);
}

/* --- going on ---------------------------------------------------------------------------------- */

static bool recall_mailbox(struct imapd_session *session, const struct park_state *state)
{
    struct error err = {0};
    const char *name;

    if (state->selected == 0)
        return true;
    if (mailbox_name_check(session->arena, state->mailbox, store_separator(session->store), &name,
                           &err))
        session->mailbox =
            mailbox_recall(session->store, name, state->read_only != 0, &state->memory, &err);
    if (session->mailbox == NULL) {
        imapd_mailbox_lost(session, &err);
        return false;
    }
    session->state = STATE_SELECTED;
    session->told_count = 0;
    for (size_t i = 0; i < state->memory.known_count; i++)
        session->told_count += state->memory.known[i].last - state->memory.known[i].first + 1;
    session->told_keywords = (uint32_t)state->told_keywords;
    return true;
}

static void recall_saved(struct imapd_session *session, const struct park_state *state)
{
    struct saved_set *saved = &session->saved;

    if (state->saved_count == 0)
        return;
    saved->ranges = mem_resize(NULL, state->saved_count, sizeof(*saved->ranges));
    saved->count = saved->capacity = state->saved_count;
    for (size_t i = 0; i < saved->count; i++)
        saved->ranges[i] = (struct set_range){state->saved[i].first, state->saved[i].last};
}

static void recall_session(struct imapd_session *session, const struct parking_resume *resume,
                           const struct park_state *state)
{
    session->pid = (pid_t)(state->pid & INT32_MAX);
    session->earlier_in = state->octets_in;
    session->earlier_out = state->octets_out + resume->told;
    session->counters = state->counters;
    recall_saved(session, state);
    session->enabled = (unsigned)state->enabled;
    session->bad_commands = state->bad_commands > IMAPD_BAD_MAX ? 0 : (unsigned)state->bad_commands;
    session->heard_ms = clock_monotonic_ms() - (int64_t)resume->silent_ms;
}

static void go_on_idling(struct imapd_session *session, const struct parking_resume *resume)
{
    int64_t now_ms = clock_monotonic_ms();
    int delay_ms = imapd_park_delay_ms(session);
    struct imapd_idle idle = {
        .ends_ms = session->heard_ms + (int64_t)session->config->imap_idle_timeout * 1000,
        .notify_ms = now_ms + (int64_t)resume->notify_ms,
        .park_ms = resume->changed ? now_ms
                   : delay_ms < 0  ? 0
                                   : now_ms + delay_ms,
        .notifier = -1,
    };

    imapd_idle(session, &idle);
}

void imapd_unpark(struct imapd_session *session, const struct parking_resume *resume)
{
    struct park_state state;

    if (park_state_read(session->arena, resume->state, &state) != PARSE_DONE) {
        imapd_bye(session, "The server has been upgraded, please connect again.");
        return;
    }
    recall_session(session, resume, &state);
    if (!recall_mailbox(session, &state))
        return;
    if (state.idling == 0) {
        session->no_expunges = true; /* no command is in progress: RFC 3501 section 7.4.1 */
        imapd_tell_news(session);
        imapd_flush(session);
        return;
    }
    session->tag = span_of(arena_text(session->arena, state.tag), state.tag.len);
    go_on_idling(session, resume);
}
