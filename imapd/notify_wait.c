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

#define RETRY_MS 30000 /* of what could not be looked at */

/* What is next: the end for silence, a word that shows life, parking, another look. */
static int wait_ms(const struct imapd_session *session, const struct imapd_idle *idle)
{
    const struct notify *notify = session->notify;
    int64_t now_ms = clock_monotonic_ms(), next_ms = idle->ends_ms;
    int recheck_ms =
        session->mailbox != NULL && idle->notifier >= 0 ? mailbox_recheck_ms(session->mailbox) : -1;

    if (idle->notify_ms != 0 && idle->notify_ms < next_ms)
        next_ms = idle->notify_ms;
    if (idle->park_ms != 0 && idle->park_ms < next_ms)
        next_ms = idle->park_ms;
    if (recheck_ms >= 0 && now_ms + recheck_ms < next_ms)
        next_ms = now_ms + recheck_ms;
    if (notify != NULL && notify->watch->is_stale && now_ms + RETRY_MS < next_ms)
        next_ms = now_ms + RETRY_MS;
    return next_ms < now_ms ? 0 : (int)(next_ms - now_ms);
}

/* true: the client said something, or is gone. */
static bool wait_for_event(struct imapd_session *session, const struct imapd_idle *idle)
{
    const struct notify *notify = session->notify;
    struct pollfd watched[] = {
        {.fd = stream_fd(session->client),                                         .events = POLLIN},
        {.fd = idle->notifier,                                                     .events = POLLIN},
        {.fd = notify == NULL ? -1 : notify->watch->notifier,                      .events = POLLIN},
        {.fd = notify == NULL ? -1 : notify_metadata_descriptor(notify->metadata),
         .events = POLLIN                                                                          },
    };
    char events[4096];

    if (stream_has_input(session->client))
        return true;
    if (poll(watched, ARRAY_LENGTH(watched), wait_ms(session, idle)) <= 0)
        return false;
    if (watched[1].revents != 0)
        (void)!read(idle->notifier, events, sizeof(events)); /* that there are any is enough */
    return watched[0].revents != 0;
}

static bool show_life(struct imapd_session *session, struct imapd_idle *idle)
{
    int64_t now_ms = clock_monotonic_ms();

    if (now_ms >= idle->ends_ms) {
        imapd_bye(session, "Disconnected for inactivity.");
        return false;
    }
    if (idle->notify_ms != 0 && now_ms >= idle->notify_ms) {
        buf_put_text(&session->response, "* OK Still here\r\n");
        idle->notify_ms = now_ms + (int64_t)session->config->imap_idle_notify_interval * 1000;
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

static void wait_for_client(struct imapd_session *session, struct imapd_idle *idle)
{
    bool client = false;

    while (!session->ended && !client) {
        arena_reset(session->arena); /* there may be no end of news */
        notify_tell_all(session);
        if (session->ended || !show_life(session, idle) || !flush(session) ||
            imapd_park_when_due(session, idle))
            return;
        client = wait_for_event(session, idle);
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

/* When the session shall be parked; 0: never. */
static int64_t park_at_ms(struct imapd_session *session)
{
    int64_t now_ms = clock_monotonic_ms();
    int delay_ms = imapd_park_delay_ms(session);
    bool is_brief = delay_ms >= 0 && session->parking->is_brief;

    if (delay_ms >= 0)
        session->parking->is_brief = false;
    return delay_ms < 0 ? 0 : is_brief ? now_ms : now_ms + delay_ms;
}

bool notify_wait(struct imapd_session *session, struct imapd_idle *idle)
{
    struct imapd_idle between = {.notifier = -1};

    if (idle == NULL) {
        between.ends_ms = session->heard_ms + (int64_t)session->config->imap_idle_timeout * 1000;
        between.park_ms = park_at_ms(session);
        idle = &between;
    }
    if (session->mailbox != NULL && notify_wants_selected(session) && idle->notifier < 0)
        idle->notifier = watch_selected(session);
    service_quiet(true);
    wait_for_client(session, idle);
    service_quiet(false);
    fd_close(&idle->notifier);
    return !session->ended;
}
