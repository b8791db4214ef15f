/* Taking over and handing over the queue. */
#include "qmgr/succession.h"

#include "qmgr/feed.h"
#include "qmgr/finish.h"
#include "qmgr/outcome.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/queue/qmgr_client.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_AGAIN_MS 10000 /* for messages that our predecessor has not let go */

/* --- taking over ---------------------------------------------------------------------------------------------- */

static bool lock_queue(struct qmgr *qmgr, struct error *err)
{
    if (mkdirat(qmgr->queue_directory, "active", 0700) != 0 && errno != EEXIST) {
        error_errno(err, "make queue directory active");
        return false;
    }
    qmgr->lock = openat(qmgr->queue_directory, "active", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (qmgr->lock != -1 && flock(qmgr->lock, LOCK_EX) == 0)
        return true;
    error_errno(err, "lock queue directory active");
    return false;
}

/* True: the file is in incoming/ now, or gone. False: it is being delivered. */
static bool take_over(struct qmgr *qmgr, const char *queue_id, const char *path)
{
    int file = openat(qmgr->queue_directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool is_locked = file != -1 && flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    struct error err;

    fd_close(&file);
    if (!is_locked &&
        !queue_move(qmgr->queue_directory, qmgr->config, queue_id, "active", "incoming", &err))
        log_warning("%s: %s", queue_id, err.text);
    return !is_locked;
}

/* How many messages are still being delivered by somebody else. */
static bool adopt(struct qmgr *qmgr, bool verbose, size_t *skipped_r, struct error *err)
{
    struct queue_scan *scan = queue_scan_open(qmgr->queue_directory, "active", err);
    char queue_id[QUEUE_ID_MAX];

    *skipped_r = 0;
    if (scan == NULL)
        return false;
    while (queue_scan_next(scan, queue_id, err)) {
        if (message_is_active(qmgr, queue_id) || take_over(qmgr, queue_id, queue_scan_path(scan)))
            continue;
        (*skipped_r)++;
        if (verbose)
            log_info("%s: skipped, still being delivered", queue_id);
    }
    queue_scan_close(&scan);
    return err->kind == ERROR_NONE;
}

/* Our predecessor tells us what it lets go; one that is killed cannot. */
static void on_look_again(void *context, int fd UNUSED, int events UNUSED)
{
    struct qmgr *qmgr = context;
    struct error err = {0};
    size_t skipped = 0;

    if (qmgr->draining)
        return;
    if (!adopt(qmgr, false, &skipped, &err))
        log_warning("%s", err.text);
    feed_scan(qmgr->feed);
    if (skipped > 0)
        timer_arm(qmgr->adopt_timer, LOOK_AGAIN_MS);
}

bool succession_begin(struct qmgr *qmgr, struct error *err)
{
    size_t skipped;

    if (!lock_queue(qmgr, err) || !adopt(qmgr, true, &skipped, err))
        return false;
    qmgr->adopt_timer = watch_timer(qmgr->loop, on_look_again, qmgr);
    if (skipped > 0)
        timer_arm(qmgr->adopt_timer, LOOK_AGAIN_MS);
    return true;
}

/* --- handing over ------------------------------------------------------------------------------------------------ */

/* A connection to our own socket, where nobody accepts any more: master starts another process for it.
 * NULL: there is no master, or none that would. */
static struct connection *call_successor(struct qmgr *qmgr)
{
    struct error err;
    int fd = service_connect_fd(qmgr->instance->name, &err);
    struct connection *successor;

    if (fd == -1) {
        log_debug("%s", err.text);
        return NULL;
    }
    successor = connection_create(fd);
    ipc_event_driven(successor);
    return successor;
}

static void announce(struct qmgr *qmgr)
{
    const struct qmgr_request request = {.verb = QMGR_SCAN, .queue_id = "", .file = -1};
    struct connection *successor = call_successor(qmgr);
    struct error err;

    if (successor != NULL && !qmgr_request_send(successor, &request, &err))
        log_debug("%s", err.text);
    connection_free(&successor);
}

void succession_let_go(struct message *message)
{
    struct qmgr *qmgr = message->qmgr;
    struct error err = {0};

    outcome_mark(message);
    if (message->marked && fdatasync(message->file) != 0)
        log_warning("%s: sync: %s", message->queue_id, strerror(errno));
    if (!queue_move(qmgr->queue_directory, qmgr->config, message->queue_id, "active", "incoming",
                    &err) &&
        err.number != ENOENT)
        log_warning("%s: %s", message->queue_id, err.text);
    message_retire(message);
    if (qmgr->lock == -1)
        announce(qmgr);
}

/* So that whoever follows leaves it alone. */
static void lock_message(struct message *message)
{
    struct error err = {0};
    int file = message_file(message, &err);

    if (file == -1)
        log_warning("%s: %s", message->queue_id, err.text);
    else if (flock(file, LOCK_EX | LOCK_NB) != 0)
        log_warning("%s: lock: %s", message->queue_id, strerror(errno));
}

void succession_end(struct qmgr *qmgr)
{
    struct connection *successor;
    size_t position = 0;
    struct span queue_id;
    void *value;

    qmgr->draining = true;
    while (hash_next(qmgr->active, &position, &queue_id, &value)) {
        struct message *message = value;
        if (message->in_flight > 0)
            lock_message(message);
        else
            finish_message(message); /* it may be let go */
    }
    fd_close(&qmgr->lock);
    successor = call_successor(qmgr);
    if (successor != NULL)
        feed_hand_over(qmgr->feed, successor);
    connection_free(&successor);
}
