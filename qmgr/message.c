/* Messages in memory: how they come and go. */
#include "qmgr/message.h"

#include "qmgr/finish.h"
#include "qmgr/portions.h"
#include "qmgr/verp.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/delivery/log_line.h"

#include <fcntl.h>
#include <unistd.h>

bool message_is_active(const struct qmgr *qmgr, const char *queue_id)
{
    return hash_get(qmgr->active, span_text(queue_id)) != NULL;
}

/* --- memory --------------------------------------------------------------------------------------------- */

static struct message *create(struct qmgr *qmgr, const char *queue_id, int file)
{
    struct arena *arena = arena_create();
    struct message *message = arena_new(arena, struct message);

    message->qmgr = qmgr;
    message->arena = arena;
    message->queue_id = arena_copy(arena, queue_id);
    message->number = ++qmgr->messages;
    message->file = file;
    message->active = clock_wall();
    qmgr->open_files++;
    return message;
}

static void close_file(struct message *message)
{
    if (message->file == -1)
        return;
    fd_close(&message->file);
    message->qmgr->open_files--;
}

static void release(struct message *message)
{
    struct arena *arena = message->arena;

    close_file(message);
    watch_free(&message->pause);
    findings_release(&message->failures);
    findings_release(&message->successes);
    findings_release(&message->delays);
    findings_release(&message->deferred);
    hash_free(&message->reasons, NULL);
    hash_free(&message->owed, NULL);
    hash_free(&message->flush_sites, NULL);
    arena_free(&arena);
}

static void forget(struct message *message)
{
    (void)hash_remove(message->qmgr->active, span_text(message->queue_id));
    reading_end(&message->reading);
}

void message_free(struct message *message)
{
    forget(message);
    release(message);
}

void message_retire(struct message *message)
{
    forget(message);
    close_file(message);
    watch_free(&message->pause);
    message->next_retired = message->qmgr->retired;
    message->qmgr->retired = message;
}

void message_begin_flight(struct message *message)
{
    message->in_flight++;
    service_hold(message->qmgr->instance);
}

void message_end_flight(struct message *message)
{
    ASSERT(message->in_flight > 0);
    message->in_flight--;
}

/* Others need descriptors, too. */
static void set_file_aside(struct message *message)
{
    struct stat status;

    if (fstat(message->file, &status) != 0)
        return;
    message->device = status.st_dev;
    message->inode = status.st_ino;
    close_file(message);
}

/* -1 and errno: ENOENT, too, if another file has come to lie there. */
static int open_again(const struct message *message, const char *path)
{
    static const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int file = openat(message->qmgr->queue_directory, path, flags);
    struct stat status;

    if (file == -1 || fstat(file, &status) != 0) {
        fd_close(&file);
    } else if (status.st_dev != message->device || status.st_ino != message->inode) {
        fd_close(&file);
        errno = ENOENT;
    }
    return file;
}

int message_file(struct message *message, struct error *err)
{
    struct qmgr *qmgr = message->qmgr;
    const char *path;

    if (message->file != -1)
        return message->file;
    path = queue_path(message->arena, qmgr->config, "active", message->queue_id);
    message->file = open_again(message, path);
    if (message->file == -1)
        error_errno(err, "open %s", path);
    else
        qmgr->open_files++;
    return message->file;
}

bool message_is_over(const struct message *message)
{
    return message->deliveries == 0 && message->reading.unread == 0;
}

/* --- deliveries ----------------------------------------------------------------------------------------- */

struct delivery *delivery_create(struct message *message)
{
    struct delivery *delivery = mem_new(struct delivery);

    delivery->message = message;
    message->deliveries++;
    return delivery;
}

void delivery_add(struct delivery *delivery, struct recipient *recipient)
{
    if (delivery->count == delivery->capacity) {
        delivery->capacity = delivery->capacity == 0 ? 1 : delivery->capacity * 4;
        delivery->recipients =
            mem_resize(delivery->recipients, delivery->capacity, sizeof(struct recipient *));
    }
    delivery->recipients[delivery->count++] = recipient;
}

void delivery_free(struct delivery *delivery)
{
    for (size_t i = 0; i < delivery->count; i++)
        mem_free(delivery->recipients[i]);
    mem_free(delivery->recipients);
    mem_free(delivery->failure.status);
    mem_free(delivery->failure.text);
    mem_free(delivery);
}

/* --- activation ----------------------------------------------------------------------------------------- */

static const char *queue_of(enum message_origin origin)
{
    return origin == MESSAGE_DUE || origin == MESSAGE_FLUSHED ? "deferred" : "incoming";
}

static enum activation save_corrupt(struct message *message, enum message_origin origin,
                                    const struct error *why)
{
    const struct qmgr *qmgr = message->qmgr;
    struct error err = {0};

    log_warning("saving corrupt file \"%s\" from queue \"%s\" to queue \"corrupt\": %s",
                message->queue_id, queue_of(origin), why->text);
    if (queue_move(qmgr->queue_directory, qmgr->config, message->queue_id, queue_of(origin),
                   "corrupt", &err))
        return ACTIVATION_NOTHING;
    log_warning("%s: %s", message->queue_id, err.text);
    return ACTIVATION_LATER;
}

/* What was there before we started may be the work of a crash: then content is compared, too. */
static bool read_file(struct message *message, const struct stat *status, struct error *err)
{
    if (!queue_reader_open(message->qmgr->reader, message->file, message->arena, &message->envelope,
                           &message->position, err))
        return false;
    return status == NULL || status->st_ctime > message->qmgr->started.tv_sec ||
           queue_file_content_is_whole(message->file, &message->envelope, err);
}

static enum activation load(struct message *message, const struct stat *status,
                            enum message_origin origin)
{
    const struct qmgr *qmgr = message->qmgr;
    struct error err = {0};

    if (!read_file(message, status, &err)) {
        if (err.kind == ERROR_MALFORMED)
            return save_corrupt(message, origin, &err);
        log_warning("%s: %s", message->queue_id, err.text);
        return ACTIVATION_LATER;
    }
    if (queue_move(qmgr->queue_directory, qmgr->config, message->queue_id, queue_of(origin),
                   "active", &err))
        return ACTIVATION_DONE;
    if (err.number == ENOENT)
        return ACTIVATION_NOTHING; /* removed or put on hold this moment */
    log_warning("%s: %s", message->queue_id, err.text);
    return ACTIVATION_LATER;
}

static void log_active(const struct message *message)
{
    log_info("%s: from=<%s>, size=%" PRIu64 ", nrcpt=%zu (queue active)", message->queue_id,
             delivery_log_address(message->qmgr->config, message->arena, message->envelope.sender),
             message->envelope.content_size, message->envelope.recipient_count);
}

enum activation message_activate(struct qmgr *qmgr, const char *queue_id, int file,
                                 const struct stat *status, enum message_origin origin)
{
    const int minimum = qmgr->config->qmgr_message_recipient_minimum;
    struct message *message = create(qmgr, queue_id, file);
    enum activation result = load(message, status, origin);

    if (result != ACTIVATION_DONE) {
        release(message);
        return result;
    }
    (void)hash_put(qmgr->active, span_text(queue_id), message);
    message->pending = message->position.pending;
    reading_begin(&message->reading, schedule_readings(qmgr->schedule), message->number,
                  minimum < 1 ? 1 : minimum, clock_monotonic_ms());
    verp_settle(message);
    message->has_reasons = origin != MESSAGE_ARRIVED;
    message->flushed = origin == MESSAGE_FLUSHED;
    message->forced = status != NULL && (status->st_mode & QUEUE_MODE_EXPIRE) != 0;
    log_active(message);
    if (message->forced)
        finish_prepare_force(message);
    portions_begin(message);
    if (qmgr->open_files > qmgr->open_files_max)
        set_file_aside(message);
    finish_message(message);
    return ACTIVATION_DONE;
}
