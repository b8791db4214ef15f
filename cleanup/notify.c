/* Telling the queue manager of a new message. */
#include "cleanup/notify.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/queue/qmgr_client.h"
#include "lib/service/service.h"

#include <poll.h>
#include <unistd.h>

#define PATIENCE_MS 1000  /* with a qmgr that does not read */
#define DEAF_MS     10000 /* after that in vain: mail goes on without it */

/* qmgr takes what comes in the order of its connection, but a connection may have ended since. */
static bool tell(struct cleanup *cleanup, const struct qmgr_request *request, struct error *err)
{
    if (cleanup->qmgr == NULL) {
        int fd = service_connect_fd(cleanup->config->queue_service_name, err);

        if (fd < 0)
            return false;
        fd_set_nonblocking(fd, false);
        cleanup->qmgr = connection_create(fd);
        connection_timeout(cleanup->qmgr, PATIENCE_MS);
    }
    if (qmgr_request_send(cleanup->qmgr, request, err))
        return true;
    connection_free(&cleanup->qmgr);
    return false;
}

void notify_qmgr(struct cleanup *cleanup, const char *queue_id, int file)
{
    const struct qmgr_request request = {
        .verb = QMGR_ARRIVED,
        .queue_id = queue_id,
        .file = file,
    };
    bool was_kept = cleanup->qmgr != NULL;
    int64_t now_ms = clock_monotonic_ms();
    struct error err = {0};

    if (now_ms < cleanup->qmgr_deaf_until_ms || tell(cleanup, &request, &err) ||
        (was_kept && tell(cleanup, &request, &err)))
        return;
    log_warning("%s: qmgr is not told, and will find it later: %s", queue_id, err.text);
    cleanup->qmgr_deaf_until_ms = now_ms + DEAF_MS;
}

/* --- when it comes too fast ---------------------------------------------------------------------------- */

static bool has_news(const struct connection *qmgr)
{
    struct pollfd input = {.fd = connection_fd(qmgr), .events = POLLIN};

    return ipc_has_input(qmgr) || poll(&input, 1, 0) > 0;
}

/* What qmgr has said since the last message; one that has gone says nothing any more. */
static void hear(struct cleanup *cleanup)
{
    struct arena *arena;
    struct qmgr_flow flow;
    struct error err;

    if (cleanup->qmgr == NULL || !has_news(cleanup->qmgr))
        return;
    arena = arena_create();
    while (cleanup->qmgr != NULL && has_news(cleanup->qmgr)) {
        if (qmgr_flow_receive(cleanup->qmgr, arena, &flow, &err)) {
            cleanup->qmgr_is_behind = flow.is_behind;
        } else {
            cleanup->qmgr_is_behind = false;
            connection_free(&cleanup->qmgr);
        }
    }
    arena_free(&arena);
}

void notify_wait(struct cleanup *cleanup, const char *queue_id)
{
    int delay_s = cleanup->config->in_flow_delay;

    hear(cleanup);
    if (!cleanup->qmgr_is_behind || delay_s <= 0)
        return;
    log_debug("%s: the active queue is full: waiting %d s", queue_id, delay_s);
    sleep((unsigned)delay_s);
}
