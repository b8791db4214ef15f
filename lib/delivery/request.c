/* The conversation of qmgr and delivery agents: both halves over the same tables. */
#include "lib/base/base.h"

#include "lib/delivery/request.h"

#include "lib/base/clock.h"
#include "lib/delivery/log_line.h"
#include "lib/delivery/status_filter.h"
#include "lib/message/address.h"

#include <unistd.h>

#define ATTRIBUTES_MAX      100
#define ATTRIBUTE_NAME_MAX  100
#define ATTRIBUTE_VALUE_MAX 4096

static const struct ipc_field recipient_fields[] = {
    IPC_TEXT(struct delivery_recipient, address, ADDRESS_MAX),
    IPC_TEXT(struct delivery_recipient, original, ADDRESS_MAX),
    IPC_TEXT(struct delivery_recipient, dsn_orcpt, ADDRESS_MAX),
    IPC_NUMBER(struct delivery_recipient, dsn_notify, UINT8_MAX),
    IPC_NUMBER(struct delivery_recipient, id, UINT64_MAX),
    IPC_END,
};

static const struct ipc_field attribute_fields[] = {
    IPC_TEXT(struct queue_attribute, name, ATTRIBUTE_NAME_MAX),
    IPC_TEXT(struct queue_attribute, value, ATTRIBUTE_VALUE_MAX),
    IPC_END,
};

static const struct ipc_field request_fields[] = {
    IPC_TEXT(struct delivery_request, queue_id, QUEUE_ID_MAX),
    IPC_TEXT(struct delivery_request, nexthop, DELIVERY_TEXT_MAX),
    IPC_TEXT(struct delivery_request, sender, ADDRESS_MAX), /* "" is the null sender */
    IPC_TEXT(struct delivery_request, dsn_envid, ADDRESS_MAX),
    IPC_NUMBER(struct delivery_request, dsn_ret, UINT8_MAX),
    IPC_NUMBER(struct delivery_request, flags, UINT32_MAX),
    IPC_NUMBER(struct delivery_request, content_offset, INT64_MAX),
    IPC_NUMBER(struct delivery_request, content_size, INT64_MAX),
    IPC_NUMBER(struct delivery_request, arrival_us, INT64_MAX),
    IPC_NUMBER(struct delivery_request, active_us, INT64_MAX),
    IPC_FD(struct delivery_request, queue_file), /* open for reading */
    IPC_LIST(struct delivery_request, attributes, attribute_count, attribute_fields,
             ATTRIBUTES_MAX),
    IPC_LIST(struct delivery_request, recipients, recipient_count, recipient_fields,
             DELIVERY_RECIPIENTS_MAX),
    IPC_END,
};

static const struct ipc_message request_message = {"deliver", 1, request_fields};

static const struct ipc_field part_fields[] = {
    IPC_TEXT(struct delivery_part, address, ADDRESS_MAX),
    IPC_TEXT(struct delivery_part, status, DELIVERY_STATUS_MAX),
    IPC_TEXT(struct delivery_part, text, DELIVERY_TEXT_MAX),
    IPC_TEXT(struct delivery_part, diagnostic, DELIVERY_TEXT_MAX),
    IPC_END,
};

static const struct ipc_field report_fields[] = {
    IPC_NUMBER(struct delivery_report, recipient_id, UINT64_MAX),
    IPC_NUMBER(struct delivery_report, outcome, DELIVERY_BEST_MX),
    IPC_NUMBER(struct delivery_report, action, DELIVERY_ACTION_LAST),
    IPC_TEXT(struct delivery_report, status, DELIVERY_STATUS_MAX),
    IPC_TEXT(struct delivery_report, text, DELIVERY_TEXT_MAX),
    IPC_TEXT(struct delivery_report, relay, DELIVERY_TEXT_MAX),
    IPC_TEXT(struct delivery_report, remote_mta, DELIVERY_TEXT_MAX),
    IPC_TEXT(struct delivery_report, diagnostic, DELIVERY_TEXT_MAX),
    IPC_TEXT(struct delivery_report, action_address, ADDRESS_MAX),
    IPC_BOOL(struct delivery_report, nexthop_unreachable),
    IPC_LIST(struct delivery_report, parts, part_count, part_fields, DELIVERY_PARTS_MAX),
    IPC_END,
};

static const struct ipc_message report_message = {"delivered", 1, report_fields};

bool delivery_request_send(struct connection *agent, const struct delivery_request *request,
                           struct error *err)
{
    return ipc_send(agent, &request_message, request, err);
}

/* Nobody waits for the result of a request whose sender has gone: its successor asks for the same again, and it
 * would be delivered twice. */
static bool is_wanted(const struct connection *qmgr, const struct delivery_request *request,
                      struct error *err)
{
    if (!queue_id_is_valid(request->queue_id) || request->queue_file == -1) {
        error_set(err, ERROR_MALFORMED, "delivery request with a bad queue id or no queue file");
        return false;
    }
    error_clear(err);
    return !connection_is_closed(qmgr);
}

bool delivery_request_receive(struct connection *qmgr, const struct config *config,
                              struct delivery_request *request_r, struct error *err)
{
    *request_r = (struct delivery_request){
        .arena = arena_create(),
        .config = config,
        .queue_file = -1,
    };
    if (ipc_receive(qmgr, &request_message, request_r->arena, request_r, err)) {
        request_r->received = clock_wall();
        if (is_wanted(qmgr, request_r, err))
            return true;
    }
    delivery_request_release(request_r);
    return false;
}

void delivery_request_release(struct delivery_request *request)
{
    if (request->queue_file != -1)
        close(request->queue_file);
    request->queue_file = -1;
    arena_free(&request->arena);
}

/* A text as it goes into the message: never NULL, never past its bound. */
static const char *bounded(const struct delivery_request *request, const char *text, size_t max)
{
    struct span octets = span_text(text);

    if (octets.len <= max)
        return text == NULL ? "" : text;
    return arena_text(request->arena, span_first(octets, max));
}

/* soft_bounce: what would be final is tried again, and says so in its status code. */
static struct delivery_result soften(const struct delivery_request *request,
                                     const struct delivery_result *result)
{
    struct delivery_result softened = *result;

    if (result->outcome == DELIVERY_BOUNCED && request->config->soft_bounce)
        softened.status = arena_printf(request->arena, "4%s", &result->status[1]);
    return softened;
}

static const struct delivery_part *bounded_parts(const struct delivery_request *request,
                                                 const struct delivery_result *told)
{
    struct delivery_part *parts =
        arena_array(request->arena, struct delivery_part, told->part_count);

    for (size_t i = 0; i < told->part_count; i++)
        parts[i] = (struct delivery_part){
            .address = bounded(request, told->parts[i].address, ADDRESS_MAX),
            .status = bounded(request, told->parts[i].status, DELIVERY_STATUS_MAX),
            .text = bounded(request, told->parts[i].text, DELIVERY_TEXT_MAX),
            .diagnostic = bounded(request, told->parts[i].diagnostic, DELIVERY_TEXT_MAX),
        };
    return parts;
}

/* What goes to qmgr; `told` is softened already. */
static bool tell(struct connection *qmgr, const struct delivery_request *request,
                 const struct delivery_result *told, struct error *err)
{
    bool is_soft = told->outcome == DELIVERY_BOUNCED && request->config->soft_bounce;
    struct delivery_report report = {
        .recipient_id = told->recipient->id,
        .outcome = is_soft ? DELIVERY_DEFERRED : told->outcome,
        .action = told->action,
        .status = bounded(request, told->status, DELIVERY_STATUS_MAX),
        .text = bounded(request, told->text, DELIVERY_TEXT_MAX),
        .relay = told->relay == NULL ? "none" : bounded(request, told->relay, DELIVERY_TEXT_MAX),
        .remote_mta = bounded(request, told->remote_mta, DELIVERY_TEXT_MAX),
        .diagnostic = bounded(request, told->diagnostic, DELIVERY_TEXT_MAX),
        .action_address = bounded(request, told->action_address, ADDRESS_MAX),
        .nexthop_unreachable = told->nexthop_unreachable,
    };

    if (report.outcome == DELIVERY_BOUNCED && told->part_count > 0) {
        report.parts = bounded_parts(request, told);
        report.part_count = told->part_count;
    }
    return ipc_send(qmgr, &report_message, &report, err);
}

bool delivery_result_send(struct connection *qmgr, const struct delivery_request *request,
                          const struct delivery_result *result, struct error *err)
{
    struct delivery_result told = *result;

    ASSERT(told.status != NULL && told.status[0] != '\0');
    status_filter_apply(request->arena, &told);
    told = soften(request, &told);
    delivery_log(request, &told);
    return tell(qmgr, request, &told, err);
}

void delivery_result_log(const struct delivery_request *request,
                         const struct delivery_result *result)
{
    struct delivery_result told = soften(request, result);

    delivery_log(request, &told);
}

bool delivery_result_tell(struct connection *qmgr, const struct delivery_request *request,
                          const struct delivery_result *result, struct error *err)
{
    struct delivery_result told = soften(request, result);

    return tell(qmgr, request, &told, err);
}

bool delivery_report_receive(struct connection *agent, struct arena *arena,
                             struct delivery_report *report_r, struct error *err)
{
    *report_r = (struct delivery_report){0};
    return ipc_receive(agent, &report_message, arena, report_r, err);
}
