/* The conversation with cleanup, both halves of it, over the same tables. */
#include "lib/queue/intake.h"

#include "lib/base/buf.h"
#include "lib/message/address.h"

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
};

static const struct ipc_field message_fields[] = {
    IPC_BOOL(struct message, aborted),
    IPC_LIST(struct message, recipients, recipient_count, recipient_fields, QUEUE_RECIPIENTS_MAX),
    IPC_OCTETS(struct message, content, FIRST_CONTENT_MAX),
    IPC_BOOL(struct message, more),
    IPC_END,
};

static const struct ipc_field outcome_fields[] = {
    IPC_BOOL(struct intake_outcome, committed),
    IPC_TEXT(struct intake_outcome, queue_id, QUEUE_ID_MAX),
    IPC_TEXT(struct intake_outcome, status, 32),
    IPC_TEXT(struct intake_outcome, text, INTAKE_TEXT_MAX),
    IPC_END,
};

static const struct ipc_message open_message = {"open", 1, open_fields};
static const struct ipc_message opened_message = {"opened", 1, opened_fields};
static const struct ipc_message message_message = {"message", 1, message_fields};
static const struct ipc_message outcome_message = {"committed", 1, outcome_fields};

/* --- the client's half ------------------------------------------------------------------------------ */

struct intake {
    struct connection *cleanup;
    struct arena *arena;
    const char *queue_id;
    const struct queue_recipient *recipients;
    size_t recipient_count;
    struct buf content; /* what was not sent yet */
    bool streaming;     /* the message went out with its first content; blocks follow */
};

/* A break in the middle is temporary, whoever broke it. */
static bool receive(struct connection *peer, const struct ipc_message *message, struct arena *arena,
                    void *object_r, struct error *err)
{
    if (ipc_receive(peer, message, arena, object_r, err))
        return true;
    if (err->kind == ERROR_NONE)
        error_set(err, ERROR_TEMPORARY, "cleanup has hung up");
    err->kind = ERROR_TEMPORARY;
    return false;
}

static bool receive_opened(struct intake *intake, struct error *err)
{
    struct opened opened = {0};

    if (!receive(intake->cleanup, &opened_message, intake->arena, &opened, err))
        return false;
    if (opened.refusal[0] != '\0') {
        error_set(err, ERROR_TEMPORARY, "%s", opened.refusal);
        err->number = opened.no_space ? ENOSPC : 0;
        return false;
    }
    if (!queue_id_is_valid(opened.queue_id)) {
        error_set(err, ERROR_TEMPORARY, "cleanup answered with a bad queue id");
        return false;
    }
    intake->queue_id = opened.queue_id;
    return true;
}

struct intake *intake_open(struct connection *cleanup, const struct intake_request *request,
                           const char **queue_id_r, struct error *err)
{
    const struct open open = {
        .origin = request->origin,
        .sender = request->sender,
        .dsn_envid = request->dsn_envid,
        .dsn_ret = (unsigned char)request->dsn_ret,
        .flags = request->flags,
        .rewrite_local = request->rewrite_local,
        .full_name = request->full_name,
        .arrival_us =
            (uint64_t)request->arrival.tv_sec * 1000000 + (uint64_t)request->arrival.tv_usec,
        .size_hint = request->size_hint,
        .attributes = request->attributes,
        .attribute_count = request->attribute_count,
    };
    struct intake *intake = mem_new(struct intake);

    intake->cleanup = cleanup;
    intake->arena = arena_create();
    intake->content = BUF(FIRST_CONTENT_MAX);
    if (!ipc_send(cleanup, &open_message, &open, err) || !receive_opened(intake, err)) {
        intake_free(&intake);
        return NULL;
    }
    *queue_id_r = intake->queue_id;
    return intake;
}

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

/* Recipients and the content so far, in one message. */
static bool send_message(struct intake *intake, bool more, struct error *err)
{
    const struct message message = {
        .recipients = (struct queue_recipient *)(uintptr_t)intake->recipients, /* only read */
        .recipient_count = intake->recipient_count,
        .content = buf_span(&intake->content),
        .more = more,
    };

    if (!ipc_send(intake->cleanup, &message_message, &message, err))
        return false;
    buf_clear(&intake->content);
    intake->streaming = more;
    return true;
}

static bool send_blocks(struct intake *intake, struct span octets, struct error *err)
{
    while (octets.len > 0) {
        if (!ipc_send_block(intake->cleanup, span_first(octets, IPC_BLOCK_MAX), err))
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

bool intake_finish(struct intake *intake, struct arena *arena, struct intake_outcome *outcome_r,
                   struct error *err)
{
    bool sent = intake->streaming
                    ? send_buffered(intake, err) && ipc_send_block(intake->cleanup, SPAN_EMPTY, err)
                    : send_message(intake, false, err);

    *outcome_r = (struct intake_outcome){0};
    return sent && receive(intake->cleanup, &outcome_message, arena, outcome_r, err);
}

bool intake_abort(struct intake *intake, struct error *err)
{
    const struct message message = {.aborted = true};

    if (!intake->streaming)
        return ipc_send(intake->cleanup, &message_message, &message, err);
    error_set(err, ERROR_TEMPORARY, "a message was given up in the middle of its content");
    return false;
}

void intake_free(struct intake **intake)
{
    if (*intake == NULL)
        return;
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
    };
    return true;
}

bool intake_send_outcome(struct connection *client, const struct intake_outcome *outcome,
                         struct error *err)
{
    return ipc_send(client, &outcome_message, outcome, err);
}
