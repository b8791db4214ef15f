/* Requeueing. */
#include "lib/base/base.h"

#include "tools/requeue.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/queue/intake.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define BLOCK_SIZE ((size_t)128 * 1024)

/* Who still waits. */
static size_t gather_recipients(const struct queue_envelope *envelope, struct arena *arena,
                                struct queue_recipient **recipients_r)
{
    size_t count = 0;

    *recipients_r = arena_array(arena, struct queue_recipient, envelope->recipient_count);
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        if (recipient_waits(envelope->recipients[i].status))
            (*recipients_r)[count++] = envelope->recipients[i];
    }
    return count;
}

static bool send_content(struct intake *intake, int file, const struct queue_envelope *envelope,
                         struct error *err)
{
    char *block = mem_resize(NULL, BLOCK_SIZE, 1);
    bool good = true;

    for (uint64_t done = 0; good && done < envelope->content_size;) {
        uint64_t left = envelope->content_size - done;
        size_t size = left < BLOCK_SIZE ? (size_t)left : BLOCK_SIZE;
        good = pread_all(file, block, size, (off_t)(envelope->content_offset + done));
        if (good)
            good = intake_content(intake, span_of(block, size), err);
        else
            error_errno(err, "read the queue file");
        done += size;
    }
    mem_free(block);
    return good;
}

static bool finish(struct intake *intake, struct arena *arena, const char *queue_id,
                   char new_id_r[QUEUE_ID_MAX], struct error *err)
{
    struct intake_outcome outcome;

    if (!intake_finish(intake, arena, &outcome, err))
        return false;
    if (!outcome.committed) {
        error_set(err, ERROR_TEMPORARY, "%s %s", outcome.status, outcome.text);
        return false;
    }
    (void)snprintf(new_id_r, QUEUE_ID_MAX, "%s", outcome.queue_id);
    log_info("%s: requeued as %s", queue_id, new_id_r);
    return true;
}

static bool give_to_cleanup(const struct config *config, struct connection **cleanup,
                            const char *queue_id, int file, const struct queue_envelope *envelope,
                            char new_id_r[QUEUE_ID_MAX], struct arena *arena, struct error *err)
{
    struct queue_recipient *recipients;
    struct intake_request request = {
        .service = config->cleanup_service_name, .origin = INTAKE_FORWARD, .full_name = ""};
    struct intake *intake;
    const char *new_id;
    size_t count;
    bool done;

    count = gather_recipients(envelope, arena, &recipients);
    if (count == 0)
        return true; /* nobody waits: all there is to do is to remove it */
    request.sender = envelope->sender;
    request.dsn_envid = envelope->dsn_envid;
    request.dsn_ret = envelope->dsn_ret;
    request.flags = envelope->flags & (QUEUE_BODY_8BITMIME | QUEUE_SMTPUTF8);
    request.arrival = envelope->arrival;
    request.attributes = envelope->attributes;
    request.attribute_count = envelope->attribute_count;
    intake = intake_open(cleanup, &request, &new_id, err);
    if (intake == NULL)
        return false;
    done = intake_recipients(intake, recipients, count, err) &&
           send_content(intake, file, envelope, err) &&
           finish(intake, arena, queue_id, new_id_r, err);
    intake_free(&intake);
    return done;
}

/* --- what is still to be told --------------------------------------------------------------------------------- */

/* Somebody was reached, and qmgr was stopped before it told the sender, who wants to know. */
static bool owes_report(const struct queue_envelope *envelope)
{
    bool owes = false;

    for (size_t i = 0; i < envelope->recipient_count && !owes; i++)
        owes = envelope->recipients[i].status == RECIPIENT_REACHED;
    return owes;
}

/* The file stays where qmgr finds it, with nobody left to deliver to: it tells what there is to tell, and removes it. */
static bool leave_report(int queue_directory, const struct config *config, const char *queue,
                         const char *queue_id, int file, const struct queue_envelope *envelope,
                         struct error *err)
{
    for (size_t i = 0; i < envelope->recipient_count; i++) {
        if (recipient_waits(envelope->recipients[i].status) &&
            !queue_file_mark(file, &envelope->recipients[i], RECIPIENT_DONE, err))
            return false;
    }
    if (fdatasync(file) != 0) {
        error_errno(err, "sync the status of recipients");
        return false;
    }
    return strcmp(queue, "deferred") == 0 ||
           queue_move(queue_directory, config, queue_id, queue, "deferred", err);
}

bool requeue_message(int queue_directory, const struct config *config, struct connection **cleanup,
                     const char *queue, const char *queue_id, char new_id_r[QUEUE_ID_MAX],
                     bool *owes_r, struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = queue_path(arena, config, queue, queue_id);
    int file = openat(queue_directory, path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct queue_envelope envelope;
    bool done = false;

    new_id_r[0] = '\0';
    if (file == -1)
        error_errno(err, "open %s", path);
    else if (queue_file_read(file, arena, &envelope, err))
        done = give_to_cleanup(config, cleanup, queue_id, file, &envelope, new_id_r, arena, err);
    *owes_r = done && owes_report(&envelope);
    if (*owes_r)
        done = leave_report(queue_directory, config, queue, queue_id, file, &envelope, err);
    else if (done)
        done = queue_remove(queue_directory, config, queue, queue_id, err);
    fd_close(&file);
    arena_free(&arena);
    return done;
}
