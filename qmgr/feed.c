/* Where the next message comes from. New mail and deferred mail take turns, so that neither a flood of
 * new nor a flush of old messages holds the other up. */
#include "qmgr/feed.h"

#include "qmgr/agent.h"
#include "qmgr/message.h"
#include "qmgr/tables.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/queue/qmgr_client.h"

#include <fcntl.h>
#include <sys/stat.h>

#define ACTIVATIONS_AT_ONCE 20   /* before other events have their turn */
#define ENTRIES_AT_ONCE     500  /* of deferred/, where only the date is wanted */
#define LEFTOVER_AGE_S      3600 /* an unfinished file this old has lost its cleanup */
#define LATER_S             300  /* until what could not be read is tried again */
#define WAIT_MAX_S          60   /* the wall clock may be set meanwhile */
#define SECOND_MS           1000
#define HANDED_OVER_MAX     100 /* messages by name; more of them are all */

/* A walk over one queue. */
struct walk {
    const char *queue;
    struct queue_scan *scan; /* NULL: none is under way */
    bool again;              /* another one is wanted after this */
    int64_t not_before;      /* when it may begin: after trouble, some time later */
};

struct feed {
    struct qmgr *qmgr;
    struct watch *timer;  /* the next step */
    struct walk incoming; /* activates what it finds */
    struct walk dates;    /* of deferred messages */
    bool old_turn;        /* a deferred message is next, if one is due */
};

static bool is_full(const struct qmgr *qmgr)
{
    return hash_count(qmgr->active) > 0 &&
           hash_count(qmgr->active) >= (size_t)qmgr->config->qmgr_message_active_limit;
}

static bool has_room(struct qmgr *qmgr)
{
    return tables_are_current(qmgr) && !is_full(qmgr);
}

bool feed_is_behind(const struct feed *feed)
{
    return is_full(feed->qmgr);
}

/* --- walks ---------------------------------------------------------------------------------------------------- */

/* What a walk comes across but cannot look at is not forgotten: there is another walk later. */
static void walk_later(struct walk *walk)
{
    walk->again = true;
    walk->not_before = clock_wall().tv_sec + LATER_S;
}

/* Seconds until a walk wants to go on; -1: it does not. */
static int64_t walk_wait(const struct walk *walk)
{
    int64_t now = clock_wall().tv_sec;

    if (walk->scan == NULL && !walk->again)
        return -1;
    return walk->scan != NULL || walk->not_before <= now ? 0 : walk->not_before - now;
}

static bool is_walking(const struct walk *walk)
{
    return walk_wait(walk) == 0;
}

/* The next queue id of a walk; false: it is over, or was never begun. */
static bool walk_on(struct feed *feed, struct walk *walk, char queue_id_r[QUEUE_ID_MAX])
{
    struct error err = {0};

    if (walk->scan == NULL && is_walking(walk)) {
        walk->again = false;
        walk->scan = queue_scan_open(feed->qmgr->queue_directory, walk->queue, &err);
    }
    if (walk->scan != NULL && queue_scan_next(walk->scan, queue_id_r, &err))
        return true;
    if (err.kind != ERROR_NONE) {
        log_warning("walk over queue %s: %s", walk->queue, err.text);
        walk_later(walk);
    }
    queue_scan_close(&walk->scan);
    return false;
}

/* An open queue file and its status; -1: it is gone, or is none, or else *later_r. */
static int open_file(struct feed *feed, const char *queue, const char *queue_id,
                     struct stat *status_r, bool *later_r)
{
    struct qmgr *qmgr = feed->qmgr;
    const char *path = queue_path(qmgr->scratch, qmgr->config, queue, queue_id);
    int file = openat(qmgr->queue_directory, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    *later_r = file == -1 && errno != ENOENT && errno != ELOOP;
    if (file == -1 && errno != ENOENT)
        log_warning("open %s: %s", path, strerror(errno));
    arena_reset(qmgr->scratch);
    if (file == -1 || (fstat(file, status_r) == 0 && S_ISREG(status_r->st_mode)))
        return file;
    fd_close(&file);
    return -1;
}

/* --- incoming ---------------------------------------------------------------------------------------------------- */

/* Not yet a message. Nobody was told that it is one, so it goes when nobody can be writing it. */
static void consider_leftover(struct feed *feed, const char *queue_id, const struct stat *status)
{
    struct qmgr *qmgr = feed->qmgr;
    struct error err = {0};

    if (clock_wall().tv_sec - status->st_mtime < LEFTOVER_AGE_S)
        return;
    log_warning("%s: removing what was left of a message that was never accepted", queue_id);
    if (!queue_remove(qmgr->queue_directory, qmgr->config, "incoming", queue_id, &err))
        log_warning("%s: %s", queue_id, err.text);
}

static bool take_incoming(struct feed *feed)
{
    const struct qmgr *qmgr = feed->qmgr;
    struct error err = {0};
    char queue_id[QUEUE_ID_MAX];
    struct stat status;
    bool later;
    int file;

    if (!walk_on(feed, &feed->incoming, queue_id))
        return false;
    if (message_is_active(feed->qmgr, queue_id))
        return true;
    if (!queue_scan_settle(feed->incoming.scan, qmgr->queue_directory, qmgr->config, "incoming",
                           queue_id, &err)) {
        log_warning("%s: %s", queue_id, err.text);
        walk_later(&feed->incoming);
        return true;
    }
    file = open_file(feed, "incoming", queue_id, &status, &later);
    if (later)
        walk_later(&feed->incoming);
    if (file == -1)
        return true;
    if ((status.st_mode & (QUEUE_MODE_WHOLE | QUEUE_MODE_HOLD)) == QUEUE_MODE_WHOLE) {
        if (message_activate(feed->qmgr, queue_id, file, &status, MESSAGE_FOUND) ==
            ACTIVATION_LATER)
            walk_later(&feed->incoming);
    } else {
        fd_close(&file);
        consider_leftover(feed, queue_id, &status);
    }
    return true;
}

void feed_arrived(struct feed *feed, const char *queue_id, int file)
{
    if (file == -1 || is_walking(&feed->incoming) || !has_room(feed->qmgr) ||
        message_is_active(feed->qmgr, queue_id)) {
        fd_close(&file);
        feed_scan(feed);
        return;
    }
    if (message_activate(feed->qmgr, queue_id, file, NULL, MESSAGE_ARRIVED) == ACTIVATION_LATER) {
        walk_later(&feed->incoming);
        feed_room(feed);
    }
    agents_run(feed->qmgr);
}

void feed_scan(struct feed *feed)
{
    feed->incoming.again = true;
    feed->incoming.not_before = 0;
    feed_room(feed);
}

/* --- deferred ---------------------------------------------------------------------------------------------------- */

static void activate_deferred(struct feed *feed, const char *queue_id, int file,
                              const struct stat *status, enum message_origin origin)
{
    if (message_activate(feed->qmgr, queue_id, file, status, origin) == ACTIVATION_LATER)
        due_add(&feed->qmgr->due, clock_wall().tv_sec + LATER_S, queue_id);
}

/* An entry with an earlier date than the file is from before the message was tried again. */
static bool take_due(struct feed *feed)
{
    struct due_message message;
    struct stat status;
    bool later;
    int file;

    if (!due_take(&feed->qmgr->due, clock_wall().tv_sec, &message))
        return false;
    file = open_file(feed, "deferred", message.queue_id, &status, &later);
    if (later)
        due_add(&feed->qmgr->due, clock_wall().tv_sec + LATER_S, message.queue_id);
    if (file == -1)
        return true;
    if (message.flushed || message.when >= status.st_mtime)
        activate_deferred(feed, message.queue_id, file, &status,
                          message.flushed ? MESSAGE_FLUSHED : MESSAGE_DUE);
    else
        fd_close(&file);
    return true;
}

/* Walks on until it has an answer for some entries; activates nothing. */
static void load_dates(struct feed *feed)
{
    struct qmgr *qmgr = feed->qmgr;
    char queue_id[QUEUE_ID_MAX];
    struct stat status;

    for (int n = 0; n < ENTRIES_AT_ONCE && walk_on(feed, &feed->dates, queue_id); n++) {
        bool found = fstatat(qmgr->queue_directory, queue_scan_path(feed->dates.scan), &status,
                             AT_SYMLINK_NOFOLLOW) == 0;

        if (found && S_ISREG(status.st_mode))
            due_add(&qmgr->due, status.st_mtime, queue_id);
        else if (!found && errno != ENOENT)
            due_add(&qmgr->due, clock_wall().tv_sec + LATER_S, queue_id);
    }
}

/* --- the step --------------------------------------------------------------------------------------------------------- */

static bool take_any(struct feed *feed)
{
    feed->old_turn = !feed->old_turn;
    return feed->old_turn ? take_due(feed) || take_incoming(feed)
                          : take_incoming(feed) || take_due(feed);
}

/* Of two times to wait, of which -1 is none. */
static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Arm the timer for the next step, if there is to be one. */
static void await_step(struct feed *feed)
{
    struct qmgr *qmgr = feed->qmgr;
    int64_t wait = due_next(&qmgr->due, clock_wall().tv_sec);

    if (qmgr->draining)
        return;
    wait = sooner(wait, walk_wait(&feed->incoming));
    if (!has_room(qmgr))
        wait = -1;
    wait = sooner(wait, walk_wait(&feed->dates));
    if (wait >= 0)
        timer_arm(feed->timer, SECOND_MS * (wait < WAIT_MAX_S ? wait : WAIT_MAX_S));
}

static void on_step(void *context, int fd UNUSED, int events UNUSED)
{
    struct feed *feed = context;

    if (feed->qmgr->draining)
        return;
    for (int n = 0; n < ACTIVATIONS_AT_ONCE && has_room(feed->qmgr) && take_any(feed); n++)
        continue;
    load_dates(feed);
    agents_run(feed->qmgr);
    await_step(feed);
}

void feed_room(struct feed *feed)
{
    await_step(feed);
}

void feed_load_deferred(struct feed *feed)
{
    feed->dates.again = true;
    feed->dates.not_before = 0;
    await_step(feed);
}

void feed_flush(struct feed *feed)
{
    due_flush(&feed->qmgr->due);
    feed_scan(feed); /* of what had to stay in incoming, too */
}

void feed_flush_message(struct feed *feed, const char *queue_id)
{
    due_add_flushed(&feed->qmgr->due, queue_id);
    await_step(feed);
}

/* --- the successor ------------------------------------------------------------------------------------------------ */

static void hand_over(struct connection *successor, enum qmgr_verb verb, const char *queue_id)
{
    const struct qmgr_request request = {.verb = verb, .queue_id = queue_id, .file = -1};
    struct error err;

    if (!qmgr_request_send(successor, &request, &err))
        log_warning("hand a flush over: %s", err.text);
}

void feed_hand_over(struct feed *feed, struct connection *successor)
{
    struct due *due = &feed->qmgr->due;
    struct due_message message;

    if (due->flushed.count > HANDED_OVER_MAX) {
        hand_over(successor, QMGR_FLUSH, "");
    } else {
        while (due->flushed.count > 0 && due_take(due, 0, &message))
            hand_over(successor, QMGR_FLUSH_MESSAGE, message.queue_id);
    }
}

struct feed *feed_create(struct qmgr *qmgr)
{
    struct feed *feed = mem_new(struct feed);

    feed->qmgr = qmgr;
    feed->timer = watch_timer(qmgr->loop, on_step, feed);
    feed->incoming.queue = "incoming";
    feed->dates.queue = "deferred";
    return feed;
}
