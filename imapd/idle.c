/* IDLE: RFC 2177. The kernel tells when the mailbox's directories change. */
#include "lib/base/base.h"

#include "imapd/command.h"
#include "imapd/notify.h"
#include "imapd/park.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/service/service.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define POLL_MS 30000 /* where nothing can be watched */

static int64_t sooner(int64_t one_ms, int64_t other_ms)
{
    return other_ms != 0 && other_ms < one_ms ? other_ms : one_ms;
}

/* *client_r: it said something, or is gone. */
static void wait_for_event(struct imapd_session *session, const struct imapd_idle *idle,
                           bool *client_r)
{
    struct pollfd watched[2] = {
        {.fd = stream_fd(session->client), .events = POLLIN},
        {.fd = idle->notifier,             .events = POLLIN},
    };
    int64_t until_ms = sooner(sooner(idle->ends_ms, idle->notify_ms), idle->park_ms);
    int64_t wait_ms = until_ms - clock_monotonic_ms();
    int recheck_ms = session->mailbox == NULL ? -1 : mailbox_recheck_ms(session->mailbox);
    char events[4096];

    if (idle->notifier < 0 && session->mailbox != NULL && wait_ms > POLL_MS)
        wait_ms = POLL_MS;
    if (recheck_ms >= 0 && recheck_ms < wait_ms)
        wait_ms = recheck_ms;
    *client_r = stream_has_input(session->client);
    if (*client_r)
        return;
    if (poll(watched, 2, wait_ms < 0 ? 0 : (int)wait_ms) <= 0)
        return;
    *client_r = watched[0].revents != 0;
    if (watched[1].revents != 0)
        (void)!read(idle->notifier, events, sizeof(events)); /* that there are any is all we want */
}

static bool flush(struct imapd_session *session)
{
    enum stream_status status;

    imapd_flush(session);
    status = stream_flush(session->client);
    if (status != STREAM_OK)
        imapd_input_failed(session, status);
    return status == STREAM_OK;
}

static void watch_mailbox(struct imapd_session *session, struct imapd_idle *idle)
{
    const char *const *path;

    if (session->mailbox == NULL || idle->notifier >= 0)
        return;
    idle->notifier = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (path = mailbox_watch(session->mailbox); idle->notifier >= 0 && *path != NULL; path++) {
        if (inotify_add_watch(idle->notifier, *path, IMAPD_WATCHED) < 0)
            fd_close(&idle->notifier);
    }
}

static int64_t in_ms(int seconds)
{
    return clock_monotonic_ms() + (int64_t)seconds * 1000;
}

static void tell(struct imapd_session *session, struct imapd_idle *idle)
{
    imapd_tell_news(session);
    if (!session->ended && clock_monotonic_ms() >= idle->notify_ms) {
        buf_put_text(&session->response, "* OK Still here\r\n");
        idle->notify_ms = in_ms(session->config->imap_idle_notify_interval);
    }
}

static bool has_spoken(const struct imapd_session *session)
{
    struct pollfd client = {.fd = stream_fd(session->client), .events = POLLIN};

    return stream_has_input(session->client) || poll(&client, 1, 0) > 0;
}

/* True: it is watched only from now on, and what happened before has still to be looked at. */
static bool begin_watching(struct imapd_session *session, struct imapd_idle *idle)
{
    bool was_watched = session->mailbox == NULL || idle->notifier >= 0;

    watch_mailbox(session, idle);
    return !was_watched && idle->notifier >= 0;
}

static void wait_for_done(struct imapd_session *session, struct imapd_idle *idle)
{
    bool client = false;

    while (!session->ended && !client) {
        tell(session, idle);
        if (session->ended || !flush(session) || imapd_park_when_due(session, idle) ||
            has_spoken(session))
            return;
        if (clock_monotonic_ms() >= idle->ends_ms) {
            imapd_bye(session, "Disconnected for inactivity.");
            return;
        }
        if (!begin_watching(session, idle))
            wait_for_event(session, idle, &client);
    }
}

static void finish(struct imapd_session *session)
{
    struct span line, before;
    enum stream_status status = stream_read_line(session->client, IMAPD_LINE_MAX, &line, NULL);

    session->heard_ms = clock_monotonic_ms();
    if (status != STREAM_OK) {
        imapd_input_failed(session, status);
    } else if (span_equal_text_nocase(line, "DONE")) {
        imapd_ok(session, "Idle completed.");
    } else { /* another command, and what it brings along */
        session->has_literal =
            line.len > 0 && parse_literal_at_end(line, &before, &session->literal);
        imapd_bad(session, "Expected DONE.");
        if (session->has_literal && !session->ended)
            imapd_skip_literal(session);
    }
}

void imapd_idle(struct imapd_session *session, struct imapd_idle *idle)
{
    service_quiet(true);
    if (session->notify != NULL)
        (void)!notify_wait(session, idle);
    else
        wait_for_done(session, idle);
    service_quiet(false);
    fd_close(&idle->notifier);
    if (!session->ended)
        finish(session);
}

void imapd_run_idle(struct imapd_session *session, struct cursor at)
{
    int delay_ms = imapd_park_delay_ms(session);
    struct imapd_idle idle = {
        .is_command = true,
        .ends_ms = in_ms(session->config->imap_idle_timeout),
        .notify_ms = in_ms(session->config->imap_idle_notify_interval),
        .park_ms = delay_ms < 0 ? 0 : clock_monotonic_ms() + delay_ms,
        .notifier = -1,
    };

    if (!parse_end(&at)) {
        imapd_bad(session, "Error in IMAP command: Too many arguments.");
        return;
    }
    buf_put_text(&session->response, "+ idling\r\n");
    imapd_idle(session, &idle);
}
