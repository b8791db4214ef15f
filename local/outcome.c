/*
 * What became of the leaves, and of the recipient as a whole. Each leaf has its log line; qmgr gets one
 * result: deferred when any leaf is, else bounced when any leaf is, else sent.
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/delivery/log_line.h"

#include <stdio.h>

bool was_seen(struct local_delivery *delivery, const char *kind, const char *key)
{
    const struct config *config = delivery->local->config;
    struct span whole = span_text(arena_printf(delivery->arena, "%s:%s", kind, key));

    if (hash_get(delivery->seen, whole) != NULL)
        return true;
    if (hash_count(delivery->seen) < (size_t)config->duplicate_filter_limit)
        hash_put(delivery->seen, whole, delivery);
    return false;
}

void leaf_done(struct local_delivery *delivery, const char *address, struct deposit_outcome done)
{
    if (delivery->leaf_count == delivery->leaf_capacity) {
        struct leaf *larger;
        delivery->leaf_capacity = delivery->leaf_capacity * 2 + 4;
        larger = arena_array(delivery->arena, struct leaf, delivery->leaf_capacity);
        if (delivery->leaf_count > 0)
            memcpy(larger, delivery->leaves, delivery->leaf_count * sizeof(*larger));
        delivery->leaves = larger;
    }
    delivery->leaves[delivery->leaf_count++] = (struct leaf){.address = address, .done = done};
}

static void leaf_failed(struct local_delivery *delivery, const char *address,
                        enum delivery_outcome outcome, const char *status, const char *format,
                        va_list arguments) PRINTF(5, 0);
static void leaf_failed(struct local_delivery *delivery, const char *address,
                        enum delivery_outcome outcome, const char *status, const char *format,
                        va_list arguments)
{
    char text[ERROR_TEXT_MAX + 256];

    vsnprintf(text, sizeof(text), format, arguments);
    leaf_done(delivery, address,
              deposit_outcome_of(outcome, status, arena_copy(delivery->arena, text)));
}

void leaf_deferred(struct local_delivery *delivery, const char *address, const char *status,
                   const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    leaf_failed(delivery, address, DELIVERY_DEFERRED, status, format, arguments);
    va_end(arguments);
}

void leaf_bounced(struct local_delivery *delivery, const char *address, const char *status,
                  const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    leaf_failed(delivery, address, DELIVERY_BOUNCED, status, format, arguments);
    va_end(arguments);
}

/* --- the recipient as a whole ---------------------------------------------------------------------------------- */

static unsigned weight(enum delivery_outcome outcome)
{
    switch (outcome) {
    case DELIVERY_SENT:
        return 0;
    case DELIVERY_BOUNCED:
        return 1;
    case DELIVERY_DEFERRED:
        return 2;
    }
    return 2;
}

static size_t worst_leaf(const struct local_delivery *delivery)
{
    size_t worst = 0;

    for (size_t i = 1; i < delivery->leaf_count; i++)
        if (weight(delivery->leaves[i].done.outcome) > weight(delivery->leaves[worst].done.outcome))
            worst = i;
    return worst;
}

static struct delivery_result result_of(const struct leaf *leaf,
                                        const struct delivery_recipient *recipient)
{
    return (struct delivery_result){
        .recipient = recipient,
        .relay = "local",
        .outcome = leaf->done.outcome,
        .action = leaf->done.action,
        .status = leaf->done.status,
        .text = leaf->done.text,
    };
}

/* The log names the leaf in to=<>, and in orig_to=<> what the mail was sent to. */
static struct delivery_recipient recipient_of(const struct local_delivery *delivery,
                                              const struct leaf *leaf)
{
    struct delivery_recipient recipient = *delivery->recipient;

    if (strcmp(leaf->address, recipient.address) != 0 && recipient.original[0] == '\0')
        recipient.original = recipient.address;
    recipient.address = leaf->address;
    return recipient;
}

bool answer_recipient(struct connection *qmgr, const struct local_delivery *delivery,
                      struct error *err)
{
    static const struct leaf nothing = {
        .done = {DELIVERY_SENT, "2.0.0", "discarded: empty expansion", DELIVERY_ACTION_EXPANDED},
        .address = ""
    };
    const struct leaf *last = &nothing;
    struct delivery_recipient recipient;
    struct delivery_result result;

    if (delivery->leaf_count > 0) {
        size_t worst = worst_leaf(delivery);
        last = &delivery->leaves[worst];
        for (size_t i = 0; i < delivery->leaf_count; i++) {
            if (i == worst || delivery->leaves[i].was_logged)
                continue;
            recipient = recipient_of(delivery, &delivery->leaves[i]);
            result = result_of(&delivery->leaves[i], &recipient);
            delivery_log(delivery->request, &result);
        }
    }
    recipient = recipient_of(delivery, last);
    result = result_of(last, &recipient);
    if (last->was_logged)
        return delivery_result_tell(qmgr, delivery->request, &result, err);
    return delivery_result_send(qmgr, delivery->request, &result, err);
}
