/* Telling the queue manager of a new message. */
#include "cleanup/notify.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/queue/qmgr_client.h"
#include "lib/service/service.h"

#define PATIENCE_MS 1000  /* with a qmgr that does not read */
#define DEAF_MS     10000 /* after that in vain: mail goes on without it */

/* qmgr takes what comes in the order of its connection, but a connection may have ended since. */
static bool tell(struct cleanup *cleanup, const struct qmgr_request *request, struct error *err)
{
    if (cleanup->qmgr == NULL) {
        int fd = service_connect_fd("qmgr", err);

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
