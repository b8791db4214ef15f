/* The conversation with cleanup: cleanup's half. */
#include "lib/queue/intake_wire.h"

bool intake_receive_open(struct connection *client, struct arena *arena,
                         struct intake_request *request_r, struct error *err)
{
    struct intake_wire_open open = {0};

    if (!ipc_receive(client, &intake_open_message, arena, &open, err))
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
    const struct intake_wire_opened opened = {
        .queue_id = queue_id,
        .refusal = refusal == NULL ? "" : refusal->text,
        .no_space = refusal != NULL && refusal->number == ENOSPC,
    };

    return ipc_send(client, &intake_opened_message, &opened, err);
}

bool intake_receive_message(struct connection *client, struct arena *arena,
                            struct intake_message *message_r, struct error *err)
{
    struct intake_wire_message message = {0};

    if (!ipc_receive(client, &intake_message_message, arena, &message, err))
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
    struct intake_wire_orders orders = {0};

    *orders_r = (struct intake_orders){0};
    if (!ipc_receive(client, &intake_orders_message, arena, &orders, err))
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
    return ipc_send(client, &intake_outcome_message, outcome, err);
}
