/* IDLE: RFC 2177. The kernel tells when the mailbox's directories change. */
#include "lib/base/base.h"

#include "imapd/command.h"
#include "imapd/notify.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/service/service.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define WATCHED (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MODIFY)
#define POLL_MS 30000 /* where nothing can be watched */

struct idle {
    int64_t ends_ms;   /* the client said nothing for too long */
    int64_t notify_ms; /* when it is told that we are still here */
    int notifier;      /* -1: there is none */
};

/* *client_r: it said something, or is gone. */
static void wait_for_event(struct imapd_session *session, const struct idle *idle, bool *client_r)
{
    struct pollfd watched[2] = {
        {.fd = stream_fd(session->client), .events = POLLIN},
        {.fd = idle->notifier,             .events = POLLIN},
    };
    int64_t until_ms = idle->ends_ms < idle->notify_ms ? idle->ends_ms : idle->notify_ms;
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

static void watch_mailbox(struct imapd_session *session, struct idle *idle)
{
    const char *const *path;

    if (session->mailbox == NULL)
        return;
    idle->notifier = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (path = mailbox_watch(session->mailbox); idle->notifier >= 0 && *path != NULL; path++) {
        if (inotify_add_watch(idle->notifier, *path, WATCHED) < 0)
            fd_close(&idle->notifier);
    }
}

static int64_t in_ms(int seconds)
{
    return clock_monotonic_ms() + (int64_t)seconds * 1000;
}

static void wait_for_done(struct imapd_session *session, struct idle *idle)
{
    bool client = false;

    while (!session->ended && !client) {
        imapd_tell_news(session);
        if (clock_monotonic_ms() >= idle->notify_ms) {
            buf_put_text(&session->response, "* OK Still here\r\n");
            idle->notify_ms = in_ms(session->config->imap_idle_notify_interval);
        }
        if (session->ended || !flush(session))
            return;
        if (clock_monotonic_ms() >= idle->ends_ms) {
            imapd_bye(session, "Disconnected for inactivity.");
            return;
        }
        wait_for_event(session, idle, &client);
    }
}

static void finish(struct imapd_session *session)
{
    struct span line;
    enum stream_status status = stream_read_line(session->client, IMAPD_LINE_MAX, &line, NULL);

    if (status != STREAM_OK)
        imapd_input_failed(session, status);
    else if (span_equal_text_nocase(line, "DONE"))
        imapd_ok(session, "Idle completed.");
    else
        imapd_bad(session, "Expected DONE.");
}

void imapd_run_idle(struct imapd_session *session, struct cursor at)
{
    struct idle idle = {
        .ends_ms = in_ms(session->config->imap_idle_timeout),
        .notify_ms = in_ms(session->config->imap_idle_notify_interval),
        .notifier = -1,
    };

    if (!parse_end(&at)) {
        imapd_bad(session, "Error in IMAP command: Too many arguments.");
        return;
    }
    watch_mailbox(session, &idle);
    buf_put_text(&session->response, "+ idling\r\n");
    service_quiet(true);
    if (session->notify != NULL)
        (void)!notify_wait(session, true);
    else
        wait_for_done(session, &idle);
    service_quiet(false);
    fd_close(&idle.notifier);
    if (!session->ended)
        finish(session);
}
