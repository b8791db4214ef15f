/* Notices on their way: a pool of connections for each kind, and a line of those that wait for one. */
#include "qmgr/notify.h"

#include "qmgr/agent.h"
#include "qmgr/finish.h"
#include "qmgr/pool.h"
#include "qmgr/verify.h"
#include "qmgr/verp.h"

#define CONNECTIONS 20 /* of each kind */
#define USES_MAX    100
#define SECOND_MS   1000

struct telling {
    struct message *message;
    enum notice_kind kind;
    struct findings *findings;
    size_t count; /* of their first batch, from the first that is not told */
    struct telling *next;
};

struct line {
    struct qmgr *qmgr;
    struct pool *pool;
    struct telling *first, **end;
};

struct notifier {
    struct line lines[NOTICE_SUCCESS + 1];
};

/* Last thing: everything may be gone afterwards but the notifier itself. */
static void end(struct line *line, struct telling *telling, bool done, const char *reason)
{
    const struct service_instance *instance = line->qmgr->instance;
    const struct telling ended = *telling;

    mem_free(telling);
    ended.findings->is_being_told = false;
    message_end_flight(ended.message);
    finish_told(ended.message, ended.kind, ended.findings, ended.count, done, reason);
    service_release(instance);
}

static uint64_t microseconds(struct timeval when)
{
    return (uint64_t)when.tv_sec * 1000000 + (uint64_t)when.tv_usec;
}

/* With VERP, failures go to the sender that the recipient's copy had, one by one. */
static bool uses_verp(const struct message *message, enum notice_kind kind)
{
    return message->verp != NULL && kind == NOTICE_FAILURE &&
           !message->qmgr->config->disable_verp_bounces;
}

static const char *sender_of(const struct telling *telling)
{
    const struct batch *batch = telling->findings->first;
    const struct notice_recipient *first = &batch->recipients[batch->told];

    return uses_verp(telling->message, telling->kind)
               ? verp_return_path(telling->message, telling->message->qmgr->scratch,
                                  first->original, first->address)
               : telling->message->envelope.sender;
}

/* sendmail -v asks of the first attempt alone. */
static bool is_requested(const struct telling *telling)
{
    const struct batch *batch = telling->findings->first;

    return telling->kind == NOTICE_SUCCESS &&
           (verify_is_wanted(telling->message) ||
            (verify_traces(telling->message) && !batch->recipients[batch->told].was_warned));
}

static bool send_notice(struct peer *peer, const struct telling *telling, struct error *err)
{
    struct message *message = telling->message;
    const struct queue_envelope *envelope = &message->envelope;
    const struct batch *batch = telling->findings->first;
    struct notice notice = {
        .kind = telling->kind,
        .is_requested = is_requested(telling),
        .queue_id = message->queue_id,
        .sender = sender_of(telling),
        .dsn_envid = envelope->dsn_envid,
        .dsn_ret = (unsigned char)envelope->dsn_ret,
        .flags = envelope->flags,
        .arrival_us = microseconds(envelope->arrival),
        .content_offset = envelope->content_offset,
        .content_size = envelope->content_size,
        .queue_file = message_file(message, err),
        .recipients = batch->recipients + batch->told,
        .recipient_count = telling->count,
    };

    return notice.queue_file != -1 && notice_send(peer->connection, &notice, err);
}

/* True: it is on its way, or has ended. False: no connection is free. */
static bool start(struct line *line, struct telling *telling)
{
    struct error err = {0};
    struct peer *peer = pool_take(line->pool, telling, &err);

    if (peer == NULL && err.kind == ERROR_NONE)
        return false;
    if (peer != NULL && send_notice(peer, telling, &err)) {
        pool_sent(peer);
        return true;
    }
    if (peer != NULL)
        pool_drop(peer);
    end(line, telling, false, err.text);
    return true;
}

static void run(struct line *line)
{
    while (line->first != NULL) {
        struct telling *telling = line->first;
        line->first = telling->next;
        if (line->first == NULL)
            line->end = &line->first;
        if (start(line, telling))
            continue;
        telling->next = line->first; /* back to where it was */
        if (line->first == NULL)
            line->end = &telling->next;
        line->first = telling;
        return;
    }
}

void notify_start(struct message *message, enum notice_kind kind, struct findings *findings)
{
    struct line *line = &message->qmgr->notifier->lines[kind];
    struct telling *telling = mem_new(struct telling);
    size_t count = findings->first->count - findings->first->told;
    size_t limit = uses_verp(message, kind) ? 1 : NOTICE_RECIPIENTS_MAX;

    telling->message = message;
    telling->kind = kind;
    telling->findings = findings;
    telling->count = count > limit ? limit : count;
    findings->is_being_told = true;
    *line->end = telling;
    line->end = &telling->next;
    message_begin_flight(message);
    run(line);
}

static bool on_message(struct peer *peer, void *context, struct error *err)
{
    struct line *line = context;
    struct arena *scratch = line->qmgr->scratch;
    struct notice_answer answer;

    if (!notice_answer_receive(peer->connection, scratch, &answer, err))
        return false;
    struct telling *telling = peer->work;
    pool_give_back(peer);
    end(line, telling, answer.done, answer.text);
    arena_reset(scratch);
    run(line);
    agents_run(line->qmgr); /* a message that waited for this may be read further */
    return true;
}

static void on_lost(void *work, void *context, const struct error *err)
{
    struct line *line = context;

    end(line, work, false, err->kind == ERROR_NONE ? "the service hung up" : err->text);
    run(line);
    agents_run(line->qmgr);
}

struct notifier *notifier_create(struct qmgr *qmgr)
{
    const struct config *config = qmgr->config;
    const char *const services[] = {
        [NOTICE_FAILURE] = config->bounce_service_name,
        [NOTICE_DELAY] = config->defer_service_name,
        [NOTICE_SUCCESS] = config->trace_service_name,
    };
    struct notifier *notifier = mem_new(struct notifier);

    for (size_t kind = 0; kind < ARRAY_LENGTH(services); kind++) {
        struct line *line = &notifier->lines[kind];
        const struct pool_settings settings = {
            .service = services[kind],
            .maximum = CONNECTIONS,
            .idle_ms = config->ipc_idle * SECOND_MS,
            .busy_ms = config->qmgr_daemon_timeout * SECOND_MS,
            .ipc_ms = config->qmgr_ipc_timeout * SECOND_MS,
            .uses = USES_MAX,
            .context = line,
            .on_message = on_message,
            .on_lost = on_lost,
        };
        line->qmgr = qmgr;
        line->end = &line->first;
        line->pool = pool_create(qmgr->loop, &settings);
    }
    return notifier;
}

void notifier_free(struct notifier **notifier)
{
    for (size_t kind = 0; kind < ARRAY_LENGTH((*notifier)->lines); kind++)
        pool_free(&(*notifier)->lines[kind].pool);
    mem_free(*notifier);
    *notifier = NULL;
}
