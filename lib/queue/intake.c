/* The conversation with cleanup, both halves of it, over the same tables. */
#include "lib/queue/intake.h"

#include "lib/base/buf.h"
#include "lib/config/name_flags.h"
#include "lib/message/address.h"
#include "lib/service/service.h"

#define FIRST_CONTENT_MAX ((size_t)32 * 1024) /* goes with the recipients; more goes in blocks */

/* --- what goes over the wire ----------------------------------------------------------------------- */

static const struct ipc_field attribute_fields[] = {
    IPC_TEXT(struct queue_attribute, name, 128),
    IPC_TEXT(struct queue_attribute, value, INTAKE_TEXT_MAX),
    IPC_END,
};

struct open {
    uint64_t origin;
    const char *sender;
    const char *dsn_envid;
    uint64_t dsn_ret;
    uint64_t flags;
    uint64_t overrides;
    bool rewrite_local;
    const char *full_name;
    uint64_t arrival_us;
    uint64_t size_hint;
    struct queue_attribute *attributes;
    size_t attribute_count;
};

static const struct ipc_field open_fields[] = {
    IPC_NUMBER(struct open, origin, INTAKE_FORWARD),
    IPC_TEXT(struct open, sender, ADDRESS_MAX),
    IPC_TEXT(struct open, dsn_envid, INTAKE_TEXT_MAX),
    IPC_NUMBER(struct open, dsn_ret, 127),
    IPC_NUMBER(struct open, flags, UINT32_MAX),
    IPC_NUMBER(struct open, overrides, UINT32_MAX),
    IPC_BOOL(struct open, rewrite_local),
    IPC_TEXT(struct open, full_name, INTAKE_TEXT_MAX),
    IPC_NUMBER(struct open, arrival_us, INT64_MAX),
    IPC_NUMBER(struct open, size_hint, INT64_MAX),
    IPC_LIST(struct open, attributes, attribute_count, attribute_fields, INTAKE_ATTRIBUTES_MAX),
    IPC_END,
};

struct opened {
    const char *queue_id;
    const char *refusal; /* "" when there is a queue id */
    bool no_space;
};

static const struct ipc_field opened_fields[] = {
    IPC_TEXT(struct opened, queue_id, QUEUE_ID_MAX),
    IPC_TEXT(struct opened, refusal, ERROR_TEXT_MAX),
    IPC_BOOL(struct opened, no_space),
    IPC_END,
};

static const struct ipc_field recipient_fields[] = {
    IPC_TEXT(struct queue_recipient, address, ADDRESS_MAX),
    IPC_TEXT(struct queue_recipient, original, ADDRESS_MAX),
    IPC_TEXT(struct queue_recipient, dsn_orcpt, INTAKE_TEXT_MAX),
    IPC_NUMBER(struct queue_recipient, dsn_notify, 15),
    IPC_END,
};

struct message {
    bool aborted;
    struct queue_recipient *recipients;
    size_t recipient_count;
    struct span content;
    bool more;
    bool ordered;
};

static const struct ipc_field message_fields[] = {
    IPC_BOOL(struct message, aborted),
    IPC_LIST(struct message, recipients, recipient_count, recipient_fields, QUEUE_RECIPIENTS_MAX),
    IPC_OCTETS(struct message, content, FIRST_CONTENT_MAX),
    IPC_BOOL(struct message, more),
    IPC_BOOL(struct message, ordered),
    IPC_END,
};

struct copy {
    const char *address;
};

static const struct ipc_field copy_fields[] = {
    IPC_TEXT(struct copy, address, ADDRESS_MAX),
    IPC_END,
};

struct orders {
    bool discard;
    bool hold;
    const char *filter;
    const char *redirect;
    struct copy *copies;
    size_t copy_count;
};

static const struct ipc_field orders_fields[] = {
    IPC_BOOL(struct orders, discard),
    IPC_BOOL(struct orders, hold),
    IPC_TEXT(struct orders, filter, INTAKE_TEXT_MAX),
    IPC_TEXT(struct orders, redirect, ADDRESS_MAX),
    IPC_LIST(struct orders, copies, copy_count, copy_fields, INTAKE_COPIES_MAX),
    IPC_END,
};

static const struct ipc_field outcome_fields[] = {
    IPC_BOOL(struct intake_outcome, committed),
    IPC_TEXT(struct intake_outcome, queue_id, QUEUE_ID_MAX),
    IPC_NUMBER(struct intake_outcome, code, 599),
    IPC_TEXT(struct intake_outcome, status, 32),
    IPC_TEXT(struct intake_outcome, text, INTAKE_TEXT_MAX),
    IPC_END,
};

static const struct ipc_message open_message = {"open", 1, open_fields};
static const struct ipc_message opened_message = {"opened", 1, opened_fields};
static const struct ipc_message message_message = {"message", 1, message_fields};
static const struct ipc_message orders_message = {"orders", 1, orders_fields};
static const struct ipc_message outcome_message = {"committed", 1, outcome_fields};

/* --- the client's half ------------------------------------------------------------------------------ */

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

static struct open make_open(const struct intake_request *request)
{
    return (struct open){
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
                struct arena *arena, struct opened *opened_r, struct error *err)
{
    const struct open open = make_open(request);

    if (*cleanup == NULL)
        *cleanup = service_connect(request->service == NULL ? "cleanup" : request->service, err);
    return *cleanup != NULL && tell(cleanup, &open_message, &open, err) &&
           hear(cleanup, &opened_message, arena, opened_r, err);
}

static bool is_welcome(struct connection **cleanup, const struct opened *opened, struct error *err)
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
    struct opened opened = {0};
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
    intake->content = BUF(FIRST_CONTENT_MAX);
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
    const struct message message = {
        .recipients = (struct queue_recipient *)(uintptr_t)intake->recipients, /* only read */
        .recipient_count = intake->recipient_count,
        .content = buf_span(&intake->content),
        .more = more,
        .ordered = more || intake->orders != NULL,
    };

    if (!tell(intake->cleanup, &message_message, &message, err))
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
    if (octets.len >= FIRST_CONTENT_MAX / 2)
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
    struct orders wire = {
        .discard = orders->discard,
        .hold = orders->hold,
        .filter = orders->filter,
        .redirect = orders->redirect,
        .copies = arena_array(intake->arena, struct copy, orders->copies.count + 1),
        .copy_count = orders->copies.count,
    };

    for (size_t i = 0; i < wire.copy_count; i++)
        wire.copies[i].address = orders->copies.items[i];
    return tell(intake->cleanup, &orders_message, &wire, err);
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
    intake->finished =
        send_rest(intake, err) && hear(intake->cleanup, &outcome_message, arena, outcome_r, err);
    return intake->finished;
}

/* Before any content went out a word is enough; later only hanging up says it. */
static void give_up(struct intake *intake)
{
    const struct message message = {.aborted = true};
    struct error err = {0};

    if (intake->streaming)
        connection_free(intake->cleanup);
    else
        (void)!tell(intake->cleanup, &message_message, &message, &err);
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

/* --- cleanup's half ---------------------------------------------------------------------------------- */

bool intake_receive_open(struct connection *client, struct arena *arena,
                         struct intake_request *request_r, struct error *err)
{
    struct open open = {0};

    if (!ipc_receive(client, &open_message, arena, &open, err))
        return false;
    *request_r = (struct intake_request){
        .origin = (enum intake_origin)open.origin,
        .sender = open.sender,
        .dsn_envid = open.dsn_envid,
        .dsn_ret = (char)open.dsn_ret,
        .flags = (unsigned)open.flags,
        .overrides = (unsigned)open.overrides,
        .rewrite_local = open.rewrite_local,
        .full_name = open.full_name,
        .arrival = {.tv_sec = (time_t)(open.arrival_us / 1000000),
                    .tv_usec = (suseconds_t)(open.arrival_us % 1000000)},
        .size_hint = open.size_hint,
        .attributes = open.attributes,
        .attribute_count = open.attribute_count,
    };
    return true;
}

bool intake_send_opened(struct connection *client, const char *queue_id,
                        const struct error *refusal, struct error *err)
{
    const struct opened opened = {
        .queue_id = queue_id,
        .refusal = refusal == NULL ? "" : refusal->text,
        .no_space = refusal != NULL && refusal->number == ENOSPC,
    };

    return ipc_send(client, &opened_message, &opened, err);
}

bool intake_receive_message(struct connection *client, struct arena *arena,
                            struct intake_message *message_r, struct error *err)
{
    struct message message = {0};

    if (!ipc_receive(client, &message_message, arena, &message, err))
        return false;
    *message_r = (struct intake_message){
        .aborted = message.aborted,
        .recipients = message.recipients,
        .recipient_count = message.recipient_count,
        .content = message.content,
        .more = message.more,
        .ordered = message.ordered,
    };
    return true;
}

/* Nothing that could be taken for something else in a log line or by an agent. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 127)
            return false;
    }
    return true;
}

/* "" is none. */
static bool is_sound(const char *text, char needed)
{
    return text[0] == '\0' || (is_plain(text) && strchr(text, needed) != NULL);
}

bool intake_receive_orders(struct connection *client, struct arena *arena,
                           struct intake_orders *orders_r, struct error *err)
{
    struct orders orders = {0};

    *orders_r = (struct intake_orders){0};
    if (!ipc_receive(client, &orders_message, arena, &orders, err))
        return false;
    if (!is_sound(orders.filter, ':') || !is_sound(orders.redirect, '@')) {
        error_set(err, ERROR_MALFORMED, "orders for a message that make no sense");
        return false;
    }
    orders_r->discard = orders.discard;
    orders_r->hold = orders.hold;
    orders_r->filter = orders.filter[0] == '\0' ? NULL : orders.filter;
    orders_r->redirect = orders.redirect[0] == '\0' ? NULL : orders.redirect;
    for (size_t i = 0; i < orders.copy_count; i++)
        strlist_add(&orders_r->copies, orders.copies[i].address);
    return true;
}

bool intake_send_outcome(struct connection *client, const struct intake_outcome *outcome,
                         struct error *err)
{
    return ipc_send(client, &outcome_message, outcome, err);
}
