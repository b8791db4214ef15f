/* A parked session goes on: its state is read, and things are as they were, or the client is told that they cannot be. */
#include "lib/base/base.h"

#include "imapd/park.h"

#include "imapd/notify_park.h"
#include "imapd/park_state.h"
#include "lib/base/clock.h"
#include "lib/store/name.h"

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
        .is_command = true,
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
    if (state.compressed != 0 && !stream_resume_deflate(session->client, state.deflate)) {
        session->ended = true; /* nothing can be said */
        return;
    }
    recall_session(session, resume, &state);
    if (!recall_mailbox(session, &state))
        return;
    if (state.notify.len > 0)
        notify_recall(session, state.notify);
    if (state.idling == 0 && session->notify != NULL) {
        session->parking->is_brief = resume->changed;
        return;
    }
    if (state.idling == 0) {
        session->no_expunges = true; /* no command is in progress: RFC 3501 section 7.4.1 */
        imapd_tell_news(session);
        imapd_flush(session);
        return;
    }
    buf_put(&session->command,
            state.tag); /* where the tag of a command is; the arena is emptied in between */
    session->tag = buf_span(&session->command);
    go_on_idling(session, resume);
}
