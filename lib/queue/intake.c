/* The conversation with cleanup: the half of those who hand messages in. */
#include "lib/queue/intake.h"

#include "lib/base/buf.h"
#include "lib/config/name_flags.h"
#include "lib/queue/intake_wire.h"
#include "lib/service/service.h"

struct intake {
    struct connection **cleanup; /* the caller's; NULL in it when the conversation is over */
    struct arena *arena;
    const char *queue_id;
    const struct queue_recipient *recipients;
    size_t recipient_count;
    const struct intake_orders *orders; /* NULL: there are none */
    struct buf content;                 /* what was not sent yet */
    bool streaming; /* the message went out with its first content; blocks follow */
    bool finished;
};

/* A break is temporary, whoever broke it, and after it the connection is good for nothing. */
static bool broken(struct connection **cleanup, struct error *err)
{
    if (err->kind == ERROR_NONE)
        error_set(err, ERROR_TEMPORARY, "cleanup has hung up");
    err->kind = ERROR_TEMPORARY;
    connection_free(cleanup);
    return false;
}

static bool hear(struct connection **cleanup, const struct ipc_message *message,
                 struct arena *arena, void *object_r, struct error *err)
{
    return ipc_receive(*cleanup, message, arena, object_r, err) || broken(cleanup, err);
}

static bool tell(struct connection **cleanup, const struct ipc_message *message, const void *object,
                 struct error *err)
{
    return ipc_send(*cleanup, message, object, err) || broken(cleanup, err);
}

unsigned intake_overrides(const char *receive_override_options)
{
    static const struct name_flag options[] = {
        {"no_unknown_recipient_checks", INTAKE_NO_UNKNOWN_CHECKS},
        {"no_address_mappings",         INTAKE_NO_MAPPINGS      },
        {"no_header_body_checks",       INTAKE_NO_CHECKS        },
        {"no_milters",                  INTAKE_NO_MILTERS       },
        {NULL,                          0                       },
    };

    return name_flags(options, receive_override_options, "receive_override_options");
}

/* --- opening ------------------------------------------------------------------------------------------ */

static struct intake_wire_open make_open(const struct intake_request *request)
{
    return (struct intake_wire_open){
        .origin = request->origin,
        .sender = request->sender,
        .dsn_envid = request->dsn_envid,
        .dsn_ret = (unsigned char)request->dsn_ret,
        .flags = request->flags,
        .overrides = request->overrides,
        .rewrite_local = request->rewrite_local,
        .full_name = request->full_name,
        .arrival_us =
            (uint64_t)request->arrival.tv_sec * 1000000 + (uint64_t)request->arrival.tv_usec,
        .size_hint = request->size_hint,
        .attributes = request->attributes,
        .attribute_count = request->attribute_count,
    };
}

/* Ask for a queue id, over a new connection when there is none. */
static bool ask(struct connection **cleanup, const struct intake_request *request,
                struct arena *arena, struct intake_wire_opened *opened_r, struct error *err)
{
    const struct intake_wire_open open = make_open(request);

    if (*cleanup == NULL)
        *cleanup = service_connect(request->service == NULL ? "cleanup" : request->service, err);
    return *cleanup != NULL && tell(cleanup, &intake_open_message, &open, err) &&
           hear(cleanup, &intake_opened_message, arena, opened_r, err);
}

static bool is_welcome(struct connection **cleanup, const struct intake_wire_opened *opened,
                       struct error *err)
{
    if (opened->refusal[0] != '\0') {
        error_set(err, ERROR_TEMPORARY, "%s", opened->refusal);
        err->number = opened->no_space ? ENOSPC : 0;
        return false;
    }
    if (queue_id_is_valid(opened->queue_id))
        return true;
    error_set(err, ERROR_TEMPORARY, "cleanup answered with a bad queue id");
    return broken(cleanup, err);
}

struct intake *intake_open(struct connection **cleanup, const struct intake_request *request,
                           const char **queue_id_r, struct error *err)
{
    struct arena *arena = arena_create();
    bool was_kept = *cleanup != NULL; /* it may have ended while nobody used it */
    struct intake_wire_opened opened = {0};
    struct intake *intake;

    if ((!ask(cleanup, request, arena, &opened, err) &&
         (!was_kept || !ask(cleanup, request, arena, &opened, err))) ||
        !is_welcome(cleanup, &opened, err)) {
        arena_free(&arena);
        return NULL;
    }
    intake = mem_new(struct intake);
    intake->cleanup = cleanup;
    intake->arena = arena;
    intake->queue_id = opened.queue_id;
    intake->content = BUF(INTAKE_FIRST_CONTENT_MAX);
    *queue_id_r = intake->queue_id;
    return intake;
}

/* --- the message ------------------------------------------------------------------------------------- */

bool intake_recipients(struct intake *intake, const struct queue_recipient *recipients,
                       size_t count, struct error *err)
{
    if (count > QUEUE_RECIPIENTS_MAX) {
        error_set(err, ERROR_PERMANENT, "too many recipients");
        return false;
    }
    intake->recipients = recipients;
    intake->recipient_count = count;
    return true;
}

void intake_order(struct intake *intake, const struct intake_orders *orders)
{
    intake->orders = orders;
}

/* Recipients and the content so far, in one message. */
static bool send_message(struct intake *intake, bool more, struct error *err)
{
    const struct intake_wire_message message = {
        .recipients = (struct queue_recipient *)(uintptr_t)intake->recipients, /* only read */
        .recipient_count = intake->recipient_count,
        .content = buf_span(&intake->content),
        .more = more,
        .ordered = more || intake->orders != NULL,
    };

    if (!tell(intake->cleanup, &intake_message_message, &message, err))
        return false;
    buf_clear(&intake->content);
    intake->streaming = more;
    return true;
}

static bool send_block(struct intake *intake, struct span block, struct error *err)
{
    return ipc_send_block(*intake->cleanup, block, err) || broken(intake->cleanup, err);
}

static bool send_blocks(struct intake *intake, struct span octets, struct error *err)
{
    while (octets.len > 0) {
        if (!send_block(intake, span_first(octets, IPC_BLOCK_MAX), err))
            return false;
        octets = span_skip(octets, IPC_BLOCK_MAX);
    }
    return true;
}

static bool send_buffered(struct intake *intake, struct error *err)
{
    if (!intake->streaming)
        return send_message(intake, true, err);
    if (!send_blocks(intake, buf_span(&intake->content), err))
        return false;
    buf_clear(&intake->content);
    return true;
}

/* Small pieces are gathered; large ones go as they are. */
bool intake_content(struct intake *intake, struct span octets, struct error *err)
{
    if (buf_append_span(&intake->content, octets))
        return true;
    if (!send_buffered(intake, err))
        return false;
    if (octets.len >= INTAKE_FIRST_CONTENT_MAX / 2)
        return send_blocks(intake, octets, err);
    buf_put(&intake->content, octets);
    return true;
}

bool intake_push(struct intake *intake, struct error *err)
{
    return send_buffered(intake, err);
}

static bool send_orders(struct intake *intake, struct error *err)
{
    static const struct intake_orders none;
    const struct intake_orders *orders = intake->orders == NULL ? &none : intake->orders;
    struct intake_wire_orders wire = {
        .discard = orders->discard,
        .hold = orders->hold,
        .filter = orders->filter,
        .redirect = orders->redirect,
        .copies = arena_array(intake->arena, struct intake_wire_copy, orders->copies.count + 1),
        .copy_count = orders->copies.count,
    };

    for (size_t i = 0; i < wire.copy_count; i++)
        wire.copies[i].address = orders->copies.items[i];
    return tell(intake->cleanup, &intake_orders_message, &wire, err);
}

/* All but the orders; whether there will be any for a large message is not known when it is begun. */
static bool send_rest(struct intake *intake, struct error *err)
{
    if (intake->streaming)
        return send_buffered(intake, err) && send_block(intake, SPAN_EMPTY, err) &&
               send_orders(intake, err);
    return send_message(intake, false, err) && (intake->orders == NULL || send_orders(intake, err));
}

bool intake_finish(struct intake *intake, struct arena *arena, struct intake_outcome *outcome_r,
                   struct error *err)
{
    *outcome_r = (struct intake_outcome){0};
    intake->finished = send_rest(intake, err) &&
                       hear(intake->cleanup, &intake_outcome_message, arena, outcome_r, err);
    return intake->finished;
}

/* Before any content went out a word is enough; later only hanging up says it. */
static void give_up(struct intake *intake)
{
    const struct intake_wire_message message = {.aborted = true};
    struct error err = {0};

    if (intake->streaming)
        connection_free(intake->cleanup);
    else
        (void)!tell(intake->cleanup, &intake_message_message, &message, &err);
}

void intake_free(struct intake **intake)
{
    if (*intake == NULL)
        return;
    if (!(*intake)->finished && *(*intake)->cleanup != NULL)
        give_up(*intake);
    buf_release(&(*intake)->content);
    arena_free(&(*intake)->arena);
    mem_free(*intake);
    *intake = NULL;
}
