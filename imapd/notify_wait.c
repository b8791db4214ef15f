/* Waiting for the client, and for news in the meantime: between commands and in IDLE. */
#include "lib/base/base.h"

#include "imapd/notify_metadata.h"

#include "imapd/park.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/service/service.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

struct waiting {
    int64_t ends_ms;  /* the client said nothing for too long */
    int64_t shows_ms; /* when a line is due that shows that the connection lives; 0: never */
    int selected;     /* watches the selected mailbox; -1: nothing does */
};

static int wait_ms(const struct imapd_session *session, const struct waiting *waiting)
{
    int64_t now_ms = clock_monotonic_ms(), left_ms = waiting->ends_ms - now_ms;
    int recheck_ms = session->mailbox != NULL && waiting->selected >= 0
                         ? mailbox_recheck_ms(session->mailbox)
                         : -1;

    if (waiting->shows_ms != 0 && waiting->shows_ms - now_ms < left_ms)
        left_ms = waiting->shows_ms - now_ms;
    if (recheck_ms >= 0 && recheck_ms < left_ms)
        left_ms = recheck_ms;
    return left_ms < 0 ? 0 : (int)left_ms;
}

/* true: the client said something, or is gone. */
static bool wait_for_event(struct imapd_session *session, const struct waiting *waiting)
{
    const struct notify *notify = session->notify;
    struct pollfd watched[] = {
        {.fd = stream_fd(session->client),                                         .events = POLLIN},
        {.fd = waiting->selected,                                                  .events = POLLIN},
        {.fd = notify == NULL ? -1 : notify->watch->notifier,                      .events = POLLIN},
        {.fd = notify == NULL ? -1 : notify_metadata_descriptor(notify->metadata),
         .events = POLLIN                                                                          },
    };
    char events[4096];

    if (stream_has_input(session->client))
        return true;
    if (poll(watched, ARRAY_LENGTH(watched), wait_ms(session, waiting)) <= 0)
        return false;
    if (watched[1].revents != 0)
        (void)!read(waiting->selected, events, sizeof(events)); /* that there are any is enough */
    return watched[0].revents != 0;
}

static bool show_life(struct imapd_session *session, struct waiting *waiting)
{
    int64_t now_ms = clock_monotonic_ms();

    if (now_ms >= waiting->ends_ms) {
        imapd_bye(session, "Disconnected for inactivity.");
        return false;
    }
    if (waiting->shows_ms != 0 && now_ms >= waiting->shows_ms) {
        buf_put_text(&session->response, "* OK Still here\r\n");
        waiting->shows_ms = now_ms + (int64_t)session->config->imap_idle_notify_interval * 1000;
    }
    return true;
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

static void wait_for_client(struct imapd_session *session, struct waiting *waiting)
{
    bool client = false;

    while (!session->ended && !client) {
        arena_reset(session->arena); /* there may be no end of news */
        if (session->notify != NULL)
            notify_tell(session);
        if (session->notify != NULL && !session->ended)
            notify_tell_selected(session);
        if (session->ended || !show_life(session, waiting) || !flush(session))
            return;
        client = wait_for_event(session, waiting);
    }
}

/* -1: it cannot be watched, or need not. */
static int watch_selected(const struct imapd_session *session)
{
    int notifier = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    const char *const *path = mailbox_watch(session->mailbox);

    for (; notifier >= 0 && *path != NULL; path++) {
        if (inotify_add_watch(notifier, *path, IMAPD_WATCHED) < 0)
            fd_close(&notifier);
    }
    return notifier;
}

bool notify_wait(struct imapd_session *session, bool still_here)
{
    const struct config *config = session->config;
    int64_t now_ms = clock_monotonic_ms();
    struct waiting waiting = {
        .ends_ms = now_ms + (int64_t)config->imap_idle_timeout * 1000,
        .selected = -1,
    };

    if (still_here && config->imap_idle_notify_interval > 0)
        waiting.shows_ms = now_ms + (int64_t)config->imap_idle_notify_interval * 1000;
    if (session->mailbox != NULL && notify_wants_selected(session))
        waiting.selected = watch_selected(session);
    service_quiet(true);
    wait_for_client(session, &waiting);
    service_quiet(false);
    fd_close(&waiting.selected);
    return !session->ended;
}
