/* The last steps of a message. Each may have to wait for the bounce service; finish_message then goes
 * on where it stopped, because what was told is counted as told. */
#include "qmgr/finish.h"

#include "qmgr/agent.h"
#include "qmgr/fast_flush.h"
#include "qmgr/feed.h"
#include "qmgr/notify.h"
#include "qmgr/outcome.h"
#include "qmgr/succession.h"
#include "qmgr/verify.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/delivery/log_line.h"
#include "lib/delivery/reasons.h"

#include <sys/stat.h>
#include <unistd.h>

#define SECOND_MS    1000
#define FINDINGS_MAX ((size_t)4 * BATCH_MAX) /* of one message in memory, before it has to wait */
#define REASONS_MAX  10000 /* an administrator's wish is granted to more recipients without */

/* The message is out of the active queue: there is room for another one. */
static void leave(struct message *message)
{
    struct feed *feed = message->qmgr->feed;

    message_free(message);
    feed_room(feed);
}

/* The rest of the message is for the queue manager that follows. */
static bool is_ending(const struct message *message)
{
    return message->qmgr->draining && message->in_flight == 0;
}

/* --- trouble with the queue itself ------------------------------------------------------------------------- */

static void on_pause_over(void *context, int fd UNUSED, int events UNUSED)
{
    struct message *message = context;
    struct qmgr *qmgr = message->qmgr;

    message->is_paused = false;
    finish_message(message);
    agents_run(qmgr); /* it may be read further */
}

/* Try again later; until then nothing is forgotten, neither here nor by a restart. */
static void pause_message(struct message *message, const char *why)
{
    const struct qmgr *qmgr = message->qmgr;

    log_warning("%s: %s; will try again", message->queue_id, why);
    if (is_ending(message)) {
        succession_let_go(message);
        return;
    }
    outcome_mark(message);
    message->is_paused = true;
    if (message->pause == NULL)
        message->pause = watch_timer(qmgr->loop, on_pause_over, message);
    timer_arm(message->pause, (int64_t)SECOND_MS * qmgr->config->transport_retry_time);
}

/* Somebody removed the file or put it on hold while we had it. In the latter case it must know who is
 * done, for the day of its release. */
static void leave_missing(struct message *message)
{
    outcome_mark(message);
    if (message->file != -1 && message->marked && fdatasync(message->file) != 0)
        log_warning("%s: sync: %s", message->queue_id, strerror(errno));
    log_info("%s: no longer in the active queue", message->queue_id);
    leave(message);
}

/* --- the end ----------------------------------------------------------------------------------------------- */

static void remove_message(struct message *message)
{
    const struct qmgr *qmgr = message->qmgr;
    struct error err = {0};

    if (!queue_remove(qmgr->queue_directory, qmgr->config, "active", message->queue_id, &err)) {
        if (err.number == ENOENT)
            leave_missing(message);
        else
            pause_message(message, err.text);
        return;
    }
    if (message->has_reasons)
        reasons_remove(qmgr->queue_directory, qmgr->config, message->queue_id);
    log_info("%s: removed", message->queue_id);
    leave(message);
}

/* The older a message is, the longer it waits; within the limits, and never less than from one of
 * Postfix's queue runs to the next. */
static int64_t next_attempt(const struct message *message, int64_t now)
{
    const struct config *config = message->qmgr->config;
    int64_t wait = now - message->envelope.arrival.tv_sec;

    if (wait > config->maximal_backoff_time)
        wait = config->maximal_backoff_time;
    if (wait < config->minimal_backoff_time)
        wait = config->minimal_backoff_time;
    if (wait < config->queue_run_delay)
        wait = config->queue_run_delay;
    return now + wait;
}

/* On stable storage who is done, before the file lies where it may stay for days. */
static bool prepare_deferral(struct message *message, int64_t when, struct error *err)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = when}};
    int file = message_file(message, err);

    if (file == -1)
        return false;
    if (message->marked && fdatasync(file) != 0) {
        error_errno(err, "sync the status of recipients");
        return false;
    }
    if (futimens(file, times) != 0) {
        error_errno(err, "set the time of the next attempt");
        return false;
    }
    return true;
}

static void defer_message(struct message *message)
{
    struct qmgr *qmgr = message->qmgr;
    int64_t when = next_attempt(message, clock_wall().tv_sec);
    struct error err = {0};

    if (qmgr->draining) { /* whoever follows would not know when it is due */
        succession_let_go(message);
        return;
    }
    if (!prepare_deferral(message, when, &err) ||
        !queue_move(qmgr->queue_directory, qmgr->config, message->queue_id, "active", "deferred",
                    &err)) {
        if (err.number == ENOENT)
            leave_missing(message);
        else
            pause_message(message, err.text);
        return;
    }
    due_add(&qmgr->due, when, message->queue_id);
    fast_flush_tell(qmgr->fast_flush, message);
    leave(message);
}

/* --- who is deferred ----------------------------------------------------------------------------------------- */

static bool is_expired(const struct message *message)
{
    const struct config *config = message->qmgr->config;
    bool is_bounce = message->envelope.sender[0] == '\0';
    int lifetime = is_bounce ? config->bounce_queue_lifetime : config->maximal_queue_lifetime;

    return !message->bounce_failed &&
           (message->forced || clock_wall().tv_sec >= message->envelope.arrival.tv_sec + lifetime);
}

/* What was late has failed. */
static void expire(struct message *message, const struct batch *batch)
{
    if (!message->expired)
        log_info(
            "%s: from=<%s>, status=%s, returned to sender", message->queue_id,
            delivery_log_address(message->qmgr->config, message->arena, message->envelope.sender),
            message->forced ? "force-expired" : "expired");
    message->expired = true;
    for (size_t i = 0; i < batch->count; i++) {
        if (notice_wanted(NOTICE_FAILURE, batch->recipients[i].dsn_notify))
            findings_add(&message->failures, &batch->recipients[i]);
        else
            outcome_settle(message, batch->recipients[i].number, RECIPIENT_DONE);
    }
}

static bool is_late(const struct message *message)
{
    int warning_time = message->qmgr->config->delay_warning_time;

    return warning_time > 0 &&
           clock_wall().tv_sec >= message->envelope.arrival.tv_sec + warning_time;
}

/* Whose sender was not told of the delay yet. */
static void find_late(struct message *message, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct notice_recipient *recipient = &batch->recipients[i];
        if (!recipient->was_warned && notice_wanted(NOTICE_DELAY, recipient->dsn_notify))
            findings_add(&message->delays, recipient);
    }
}

/* sendmail -v: the first attempt is told at once. Who is warned of the delay by that is not a second time. */
static void find_traced(struct message *message, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct notice_recipient delayed = batch->recipients[i];
        delayed.action = DELIVERY_ACTION_DELAYED;
        if (!delayed.was_warned)
            findings_add(&message->successes, &delayed);
    }
}

static void write_reasons(struct message *message, const struct batch *batch)
{
    const struct qmgr *qmgr = message->qmgr;
    struct error err = {0};
    bool written = message->wrote_reasons
                       ? reasons_add(qmgr->queue_directory, qmgr->config, REASONS_OF_DELAY,
                                     message->queue_id, batch->recipients, batch->count, &err)
                       : reasons_write(qmgr->queue_directory, qmgr->config, REASONS_OF_DELAY,
                                       message->queue_id, batch->recipients, batch->count, &err);

    if (!written)
        log_warning("%s: %s", message->queue_id, err.text);
    message->has_reasons = true;
    message->wrote_reasons = message->wrote_reasons || written;
}

static void put_off(struct message *message)
{
    struct batch *batch = message->deferred.first;

    if (is_expired(message)) {
        expire(message, batch);
    } else {
        if (verify_traces(message))
            find_traced(message, batch);
        else if (is_late(message) && !message->bounce_failed)
            find_late(message, batch);
        write_reasons(message, batch);
        fast_flush_note(message->qmgr->fast_flush, message, batch);
        message->postponed += batch->count;
    }
    findings_told(&message->deferred, batch->count);
}

/* --- telling the sender -------------------------------------------------------------------------------------- */

/* True: something is being told, or must be before the message can be finished; it may be gone. */
static bool tell(struct message *message, enum notice_kind kind, struct findings *findings)
{
    struct error err = {0};

    if (findings->first == NULL || findings->is_being_told ||
        (!message_is_over(message) && !findings_is_full(findings)))
        return findings->is_being_told;
    outcome_mark(message); /* the file will outlast this a while */
    if (message_file(message, &err) != -1)
        notify_start(message, kind, findings);
    else if (err.number == ENOENT && message->deliveries == 0)
        leave_missing(message);
    else
        pause_message(message, err.text);
    return true;
}

/* What cannot be told as fast as it is found must not fill the memory. */
static void hold_back(struct message *message)
{
    const size_t untold = message->failures.count + message->successes.count +
                          message->delays.count + message->deferred.count;

    reading_hold(&message->reading, untold >= FINDINGS_MAX);
}

void finish_message(struct message *message)
{
    const bool is_over = message_is_over(message);

    while (!message->is_paused && message->deferred.first != NULL &&
           (is_over || findings_is_full(&message->deferred)))
        put_off(message);
    hold_back(message);
    if (!message->is_paused && (tell(message, NOTICE_FAILURE, &message->failures) ||
                                tell(message, NOTICE_SUCCESS, &message->successes) ||
                                tell(message, NOTICE_DELAY, &message->delays)))
        return;
    if (!is_over || message->is_paused) {
        if (is_ending(message))
            succession_let_go(message);
        return;
    }
    if (message->postponed > 0 || message->is_unreadable)
        defer_message(message);
    else
        remove_message(message);
}

/* --- the bounce service has answered ------------------------------------------------------------------------ */

static void take_over(struct message *message, enum notice_kind kind, const struct batch *batch,
                      size_t count)
{
    for (size_t i = batch->told; i < batch->told + count; i++) {
        if (batch->recipients[i].number == NO_RECIPIENT)
            continue;
        switch (kind) {
        case NOTICE_FAILURE:
            outcome_settle(message, batch->recipients[i].number, RECIPIENT_DONE);
            break;
        case NOTICE_DELAY:
            outcome_warned(message, batch->recipients[i].number);
            break;
        case NOTICE_SUCCESS:
            if (batch->recipients[i].action == DELIVERY_ACTION_DELAYED)
                outcome_warned(message, batch->recipients[i].number);
            else
                outcome_reported(message, batch->recipients[i].number);
            break;
        }
    }
}

/* Who could not be told of a failure will be when the next attempt fails, too. */
static void defer_failures(struct message *message, const struct batch *batch)
{
    message->bounce_failed = true;
    for (size_t i = batch->told; i < batch->count; i++) {
        struct notice_recipient deferred = batch->recipients[i];
        if (deferred.number == NO_RECIPIENT)
            continue;
        deferred.status = "4.3.0";
        deferred.text =
            arena_printf(message->qmgr->scratch, "bounce service failure (%s)", deferred.text);
        findings_add(&message->deferred, &deferred);
    }
}

void finish_told(struct message *message, enum notice_kind kind, struct findings *findings,
                 size_t count, bool done, const char *reason)
{
    struct batch *batch = findings->first;

    if (done) {
        take_over(message, kind, batch, count);
        findings_told(findings, count);
        finish_message(message);
        return;
    }
    switch (kind) {
    case NOTICE_FAILURE:
        log_warning("%s: tell the sender of a failure: %s", message->queue_id, reason);
        defer_failures(message, batch);
        findings_told(findings, batch->count - batch->told);
        finish_message(message);
        break;
    case NOTICE_DELAY: /* the next round tries again */
        log_warning("%s: tell the sender of the delay: %s", message->queue_id, reason);
        findings_told(findings, batch->count - batch->told);
        finish_message(message);
        break;
    case NOTICE_SUCCESS: /* it is settled: there is no next attempt */
        pause_message(message, reason);
        break;
    }
}

/* --- force ---------------------------------------------------------------------------------------------------- */

void finish_prepare_force(struct message *message)
{
    const struct qmgr *qmgr = message->qmgr;
    struct notice_recipient *reasons;
    size_t count;

    if (message->pending > REASONS_MAX)
        return;
    reasons = reasons_read(qmgr->queue_directory, qmgr->config, REASONS_OF_DELAY, message->queue_id,
                           message->arena, &count);
    message->reasons = hash_create();
    for (size_t i = 0; i < count; i++)
        (void)hash_put(message->reasons, span_text(reasons[i].address), &reasons[i]);
}

void finish_by_force(struct message *message, const struct queue_recipient *recipient,
                     size_t number)
{
    const struct notice_recipient *reason =
        message->reasons == NULL ? NULL : hash_get(message->reasons, span_text(recipient->address));
    struct notice_recipient found = {
        .address = recipient->address,
        .original = recipient->original,
        .dsn_orcpt = recipient->dsn_orcpt,
        .dsn_notify = recipient->dsn_notify,
        .status = "4.7.0",
        .text = "message is administratively expired",
    };

    if (reason != NULL)
        found = *reason;
    found.number = number;
    findings_add(&message->deferred, &found);
}
