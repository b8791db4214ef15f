/* Portions of recipients (qmgr/portions.h). What cannot be read is tried again when the message is due the next
 * time, for which everything is checked anew. */
#include "qmgr/portions.h"

#include "qmgr/finish.h"
#include "qmgr/hungry.h"
#include "qmgr/jobs.h"
#include "qmgr/owed.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define PORTION_MAX 5000 /* so that other events have their turn */

static size_t read_recipients(struct message *message, size_t limit,
                              struct queue_recipient *recipients)
{
    struct qmgr *qmgr = message->qmgr;
    struct error err = {0};
    int file = message_file(message, &err);
    size_t count = 0;

    if (file == -1 || !queue_reader_next(qmgr->reader, file, &message->position, qmgr->portion,
                                         limit, recipients, &count, &err)) {
        log_warning("%s: read recipients: %s", message->queue_id, err.text);
        message->is_unreadable = true;
        message->position.pending = 0;
    }
    return count;
}

static void take_recipient(struct message *message, const struct queue_recipient *recipient)
{
    const size_t number = (size_t)(recipient->status_offset - message->position.end);

    if (recipient->status == RECIPIENT_REACHED && owed_resume(message, recipient, number))
        return;
    if (message->forced)
        finish_by_force(message, recipient, number);
    else
        jobs_place(message, recipient, number);
}

static void read_portion(struct message *message, int64_t share)
{
    struct qmgr *qmgr = message->qmgr;
    size_t limit = share > PORTION_MAX ? PORTION_MAX : (size_t)share;
    struct queue_recipient *recipients;
    size_t count;

    if (limit > message->position.pending)
        limit = message->position.pending;
    recipients = arena_array(qmgr->portion, struct queue_recipient, limit);
    count = read_recipients(message, limit, recipients);
    reading_read(&message->reading, message->position.pending, clock_monotonic_ms());
    for (size_t i = 0; i < count; i++)
        take_recipient(message, &recipients[i]);
    reading_scheduled(&message->reading);
    arena_reset(qmgr->portion);
    log_debug("%s: %zu recipients read, %zu unread, %" PRId64 " of all messages in memory",
              message->queue_id, count, message->position.pending,
              schedule_readings(qmgr->schedule)->in_memory);
}

void portions_begin(struct message *message)
{
    const int64_t all = message->qmgr->config->qmgr_message_recipient_limit;

    if (message->position.pending > 0)
        read_portion(message, reading_first_share(&message->reading, all));
}

static struct message *message_of(struct reading *reading)
{
    return (struct message *)(void *)((char *)reading - offsetof(struct message, reading));
}

bool portions_run(struct qmgr *qmgr)
{
    struct reading *reading = hungry_next(schedule_readings(qmgr->schedule), clock_monotonic_ms());

    if (reading == NULL)
        return false;
    read_portion(message_of(reading), reading_next_share(reading));
    finish_message(message_of(reading));
    return true;
}
