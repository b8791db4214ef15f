/*
 * The daemon `cleanup`: the only way into the queue. smtpd, pickup, bounce and local connect and hand
 * messages over, many over one connection. It completes and rewrites headers, rewrites and expands
 * the envelope, writes the queue file, and tells qmgr once that is on stable storage.
 */
#include "lib/base/base.h"

#include "cleanup/checks.h"
#include "cleanup/content.h"
#include "cleanup/envelope.h"
#include "cleanup/message.h"
#include "cleanup/notify.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/service/service.h"

#include <sys/statvfs.h>

#define LOOK_AT_SPACE_MS 1000

static struct {
    struct cleanup cleanup;
    struct message message;
} process;

/* --- before the first message -------------------------------------------------------------------- */

/* Tables are opened while files outside the queue can be seen. */
static bool prepare(const struct service_instance *instance, struct error *err)
{
    const struct config *config = instance->config;
    struct cleanup *cleanup = &process.cleanup;

    cleanup->config = config;
    cleanup->route = route_create(config, false);
    cleanup->sender_bcc = maps_open(config, config->sender_bcc_maps, false);
    cleanup->recipient_bcc = maps_open(config, config->recipient_bcc_maps, false);
    cleanup->checks = checks_open(config);
    return strlist_split_config(&cleanup->dropped_headers, config->message_drop_headers, err);
}

static bool start(const struct service_instance *instance, struct error *err UNUSED)
{
    struct cleanup *cleanup = &process.cleanup;
    struct message *message = &process.message;

    cleanup->queue_directory = instance->queue_directory;
    cleanup->writer = queue_writer_create(instance->queue_directory, instance->config);
    message->cleanup = cleanup;
    message->arena = arena_create();
    message->scratch = arena_create();
    content_prepare(message);
    return true;
}

/* --- may another message come? -------------------------------------------------------------------- */

/* Asked before each message: whoever changed a table may count on it for the next one. */
static bool is_stale(const struct service_instance *instance UNUSED)
{
    const struct cleanup *cleanup = &process.cleanup;

    return route_changed(cleanup->route) || maps_changed(cleanup->sender_bcc) ||
           maps_changed(cleanup->recipient_bcc) || checks_changed(cleanup->checks);
}

static bool refuse_for_space(struct error *refusal, uint64_t free_octets, const char *than)
{
    log_warning("not enough free space in mail queue: %" PRIu64 " bytes < %s", free_octets, than);
    error_set(refusal, ERROR_TEMPORARY, "insufficient system storage");
    refusal->number = ENOSPC;
    return false;
}

/* As Postfix: queue_minfree, and one and a half of the largest message; and this message's size, as
 * far as the client has told it. */
static bool has_space(struct cleanup *cleanup, uint64_t size_hint, struct error *refusal)
{
    const struct config *config = cleanup->config;
    int64_t now_ms = clock_monotonic_ms();
    struct statvfs status;
    uint64_t left;

    if (size_hint < 1024 * 1024 && now_ms - cleanup->looked_at_space_ms < LOOK_AT_SPACE_MS)
        return true;
    if (fstatvfs(cleanup->queue_directory, &status) != 0)
        return true; /* writing will tell */
    left = (uint64_t)status.f_bavail * status.f_frsize;
    if (left < (uint64_t)config->queue_minfree)
        return refuse_for_space(refusal, left, "queue_minfree");
    if (left / 3 * 2 < (uint64_t)config->message_size_limit)
        return refuse_for_space(refusal, left, "1.5*message size limit");
    if (left - (uint64_t)config->queue_minfree < size_hint)
        return refuse_for_space(refusal, left, "queue_minfree and this message");
    cleanup->looked_at_space_ms = now_ms;
    return true;
}

/* --- serving ---------------------------------------------------------------------------------------- */

/* The whole of it, block by block; a client that hangs up gives the message up. */
static bool receive_content(struct connection *client, const struct intake_message *given,
                            struct error *err)
{
    struct span block = given->content;
    bool more = given->more;

    content_block(&process.message, block);
    while (more) {
        if (!ipc_receive_block(client, &block, err))
            return false;
        content_block(&process.message, block);
        more = block.len > 0;
    }
    content_end(&process.message);
    return true;
}

static bool receive_orders(struct connection *client, struct error *err)
{
    struct intake_orders orders;

    if (!intake_receive_orders(client, process.message.arena, &orders, err))
        return false;
    envelope_take_orders(&process.message, &orders);
    strlist_release(&orders.copies);
    return true;
}

static bool take_message(struct connection *client, struct error *err)
{
    struct message *message = &process.message;
    struct intake_message given;
    struct intake_outcome outcome;
    bool answered;

    if (!intake_receive_message(client, message->arena, &given, err))
        return false;
    if (given.aborted)
        return true;
    envelope_set_sender(message);
    envelope_add_recipients(message, given.recipients, given.recipient_count);
    if (!receive_content(client, &given, err) || (given.ordered && !receive_orders(client, err)))
        return false;
    message_commit(message, &outcome);
    answered = intake_send_outcome(client, &outcome, err); /* first: it is waited for */
    message_announce(message);
    return answered;
}

static bool serve_message(struct connection *client, const struct intake_request *request,
                          struct error *err)
{
    struct error refusal = {0};
    bool served;

    if (!has_space(&process.cleanup, request->size_hint, &refusal))
        return intake_send_opened(client, "", &refusal, err);
    message_begin(&process.message, request);
    if (request->origin != INTAKE_INTERNAL) /* which qmgr waits for */
        notify_wait(&process.cleanup, process.message.queue_id);
    served = intake_send_opened(client, process.message.queue_id, NULL, err) &&
             take_message(client, err);
    queue_writer_abandon(process.cleanup.writer);
    return served;
}

/* Message after message, until the client hangs up; or we do, when tables have changed: it then
 * connects again, and meets a process that has the new ones. */
static bool serve(struct connection *client, const struct service_instance *instance,
                  struct error *err)
{
    struct intake_request request;
    bool served = true;

    while (served) {
        arena_reset(process.message.arena);
        service_quiet(true);
        if (!intake_receive_open(client, process.message.arena, &request, err))
            break;
        service_quiet(false);
        if (is_stale(instance))
            return true;
        served = serve_message(client, &request, err);
    }
    return err->kind == ERROR_NONE;
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "cleanup",
        .user = SERVICE_USER_QUEUE,
        .sandbox = SANDBOX_NO_EXEC,
        .prepare = prepare,
        .start = start,
        .serve = serve,
        .is_stale = is_stale,
    };

    return service_main(&service, argc, argv);
}
