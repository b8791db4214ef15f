/* Actions on messages in the queue. */
#include "lib/base/base.h"

#include "tools/super.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/delivery/reasons.h"
#include "lib/queue/qmgr_client.h"
#include "lib/service/service.h"

#include "tools/requeue.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEFTOVER_AGE_S 86400 /* nobody writes a message for so long */

const struct super_words super_words[DEEDS] = {
    [DEED_REQUEUED] = {"requeued",           "Requeued"          },
    [DEED_DELETED] = {"removed",            "Deleted"           },
    [DEED_EXPIRED] = {"expired",            "Force-expired"     },
    [DEED_HELD] = {"placed on hold",     "Placed on hold"    },
    [DEED_RELEASED] = {"released from hold", "Released from hold"},
};

/* --- helpers -------------------------------------------------------------------------------------------------- */

/* Is it there, and whole? What cleanup is still writing is no message yet. */
static bool find(const struct super *super, const char *queue, const char *queue_id, mode_t *mode_r,
                 struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = queue_path(arena, super->config, queue, queue_id);
    struct stat status;
    bool found = fstatat(super->queue_directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0;

    if (found && (!S_ISREG(status.st_mode) || (status.st_mode & QUEUE_MODE_WHOLE) == 0)) {
        errno = ENOENT;
        found = false;
    }
    if (found)
        *mode_r = status.st_mode & 07777;
    else
        error_errno(err, "%s", path);
    arena_free(&arena);
    return found;
}

/* qmgr finds by itself only what it knows of. Without one there is nobody to tell. */
static void tell_qmgr(struct super *super, const char *queue_id)
{
    const struct qmgr_request request = {
        .verb = QMGR_FLUSH_MESSAGE, .queue_id = queue_id, .file = -1};
    struct error err = {0};

    if (super->qmgr == NULL && !super->qmgr_is_down)
        super->qmgr = service_connect(super->config->queue_service_name, &err);
    super->qmgr_is_down = super->qmgr == NULL;
    if (super->qmgr != NULL && !qmgr_request_send(super->qmgr, &request, &err)) {
        log_warning("%s: qmgr is not told: %s", queue_id, err.text);
        connection_free(&super->qmgr);
    }
}

void super_disconnect(struct super *super)
{
    connection_free(&super->qmgr);
    connection_free(&super->cleanup);
    hash_free(&super->requeued, NULL);
}

/* --- actions -------------------------------------------------------------------------------------------------- */

static bool delete_message(struct super *super, const char *queue, const char *queue_id,
                           bool done_r[DEEDS], struct error *err)
{
    mode_t mode;

    if (!find(super, queue, queue_id, &mode, err) ||
        !queue_remove(super->queue_directory, super->config, queue, queue_id, err))
        return false;
    reasons_remove(super->queue_directory, super->config, queue_id);
    done_r[DEED_DELETED] = true;
    return true;
}

static bool hold_message(struct super *super, const char *queue, const char *queue_id,
                         bool done_r[DEEDS], struct error *err)
{
    mode_t mode;

    done_r[DEED_HELD] =
        find(super, queue, queue_id, &mode, err) &&
        queue_move(super->queue_directory, super->config, queue_id, queue, "hold", err);
    return done_r[DEED_HELD];
}

/* What cleanup put on hold at once may have its mark still. */
static bool forget_hold(struct super *super, const char *queue, const char *queue_id, mode_t mode,
                        struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = queue_path(arena, super->config, queue, queue_id);
    bool good = (mode & QUEUE_MODE_HOLD) == 0 ||
                fchmodat(super->queue_directory, path, mode & ~QUEUE_MODE_HOLD, 0) == 0;

    if (!good)
        error_errno(err, "set the mode of %s", path);
    arena_free(&arena);
    return good;
}

static bool release_message(struct super *super, const char *queue, const char *queue_id,
                            bool done_r[DEEDS], struct error *err)
{
    mode_t mode;

    if (!find(super, queue, queue_id, &mode, err) ||
        !forget_hold(super, queue, queue_id, mode, err) ||
        !queue_move(super->queue_directory, super->config, queue_id, queue, "deferred", err))
        return false;
    tell_qmgr(super, queue_id);
    done_r[DEED_RELEASED] = true;
    return true;
}

static bool expire_message(struct super *super, const char *queue, const char *queue_id,
                           bool done_r[DEEDS], struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = queue_path(arena, super->config, queue, queue_id);
    mode_t mode;
    bool good = find(super, queue, queue_id, &mode, err);

    if (good && (mode & QUEUE_MODE_EXPIRE) == 0) {
        good = fchmodat(super->queue_directory, path, mode | QUEUE_MODE_EXPIRE, 0) == 0;
        done_r[DEED_EXPIRED] = good;
        if (!good)
            error_errno(err, "expire file %s: cannot set permission", path);
    }
    arena_free(&arena);
    return good;
}

static bool expire_and_release(struct super *super, const char *queue, const char *queue_id,
                               bool done_r[DEEDS], struct error *err)
{
    return expire_message(super, queue, queue_id, done_r, err) &&
           (strcmp(queue, "hold") != 0 || release_message(super, queue, queue_id, done_r, err));
}

/* What we have put into the queue ourselves is not there for our caller. */
static bool requeue(struct super *super, const char *queue, const char *queue_id,
                    bool done_r[DEEDS], struct error *err)
{
    char new_id[QUEUE_ID_MAX];
    bool owes;
    mode_t mode;

    if (hash_get(super->requeued, span_text(queue_id)) != NULL) {
        error_set(err, ERROR_PERMANENT, "%s: is new", queue_id);
        err->number = ENOENT;
        return false;
    }
    if (!find(super, queue, queue_id, &mode, err) ||
        !requeue_message(super->queue_directory, super->config, &super->cleanup, queue, queue_id,
                         new_id, &owes, err))
        return false;
    if (new_id[0] != '\0')
        (void)hash_put(super->requeued, span_text(new_id), super);
    if (owes) {
        (void)hash_put(super->requeued, span_text(queue_id), super);
        tell_qmgr(super, queue_id);
    } else {
        reasons_remove(super->queue_directory, super->config, queue_id);
    }
    done_r[DEED_REQUEUED] = true;
    return true;
}

static const struct super_action actions[] = {
    {'d', delete_message,     {"hold", "incoming", "active", "deferred"}, true },
    {'e', expire_message,     {"hold", "incoming", "active", "deferred"}, false},
    {'f', expire_and_release, {"hold", "incoming", "active", "deferred"}, false},
    {'h', hold_message,       {"incoming", "active", "deferred"},         false},
    {'H', release_message,    {"hold"},                                   false},
    {'r', requeue,            {"hold", "incoming", "active", "deferred"}, false},
};

const struct super_action *super_action_find(char option)
{
    for (size_t i = 0; i < ARRAY_LENGTH(actions); i++) {
        if (actions[i].option == option)
            return &actions[i];
    }
    return NULL;
}

bool super_action_has(const struct super_action *action, const char *queue)
{
    bool has = action->anywhere;

    for (size_t i = 0; !has && action->queues[i] != NULL; i++)
        has = strcmp(action->queues[i], queue) == 0;
    return has;
}

/* --- order in the directories ----------------------------------------------------------------------------------- */

static bool is_anywhere(const struct super *super, const char *queue_id)
{
    static const char *const queues[] = {"active", "deferred", "incoming", "hold"};
    struct error err;
    mode_t mode;

    for (size_t i = 0; i < ARRAY_LENGTH(queues); i++) {
        if (find(super, queues[i], queue_id, &mode, &err))
            return true;
    }
    return false;
}

static bool is_leftover(const struct super *super, const char *path)
{
    struct stat status;

    return fstatat(super->queue_directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode) &&
           (status.st_mode & (QUEUE_MODE_WHOLE | QUEUE_MODE_HOLD)) != QUEUE_MODE_WHOLE &&
           clock_wall().tv_sec - status.st_mtime > LEFTOVER_AGE_S;
}

size_t super_purge(struct super *super)
{
    static const char *const queues[] = {"incoming", REASONS_OF_DELAY, REASONS_OF_SUCCESS};
    char queue_id[QUEUE_ID_MAX];
    struct error err = {0};
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(queues); i++) {
        struct queue_scan *scan = queue_scan_open(super->queue_directory, queues[i], &err);
        while (scan != NULL && queue_scan_next(scan, queue_id, &err)) {
            const char *path = queue_scan_path(scan);
            bool is_reason = strcmp(queues[i], "incoming") != 0;
            if (is_reason ? is_anywhere(super, queue_id) : !is_leftover(super, path))
                continue;
            if (unlinkat(super->queue_directory, path, 0) == 0)
                count++;
            else if (errno != ENOENT)
                log_warning("remove %s: %s", path, strerror(errno));
        }
        queue_scan_close(&scan);
        if (err.kind != ERROR_NONE)
            log_warning("%s", err.text);
    }
    return count;
}
