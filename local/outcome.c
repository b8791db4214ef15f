/*
 * What became of the leaves, and of the recipient as a whole. Each leaf has its log line; qmgr gets one
 * result: deferred when any leaf is, else bounced when any leaf is, else sent.
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/delivery/status_filter.h"

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
    case DELIVERY_BEST_MX:
        return 1;
    case DELIVERY_DEFERRED:
        return 2;
    }
    return 2;
}

/* The first that is deferred, or the last that failed. */
static size_t worst_leaf(const struct local_delivery *delivery)
{
    size_t worst = 0;

    for (size_t i = 1; i < delivery->leaf_count; i++) {
        enum delivery_outcome outcome = delivery->leaves[i].done.outcome;
        unsigned so_far = weight(delivery->leaves[worst].done.outcome);
        if (weight(outcome) > so_far || (outcome == DELIVERY_BOUNCED && so_far == weight(outcome)))
            worst = i;
    }
    return worst;
}

static struct delivery_result result_of(const struct local_delivery *delivery,
                                        const struct leaf *leaf,
                                        const struct delivery_recipient *recipient)
{
    return (struct delivery_result){
        .recipient = recipient,
        .relay = delivery->local->name,
        .outcome = leaf->done.outcome,
        .action = leaf->done.action,
        .status = leaf->done.status,
        .text = leaf->done.text,
        .diagnostic = leaf->done.diagnostic,
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

/* Several failures are one recipient's; the sender is told of each. */
static void add_parts(const struct local_delivery *delivery, const struct leaf *last,
                      struct delivery_result *result)
{
    struct delivery_part *parts =
        arena_array(delivery->arena, struct delivery_part, DELIVERY_PARTS_MAX);

    for (size_t i = 0; i < delivery->leaf_count && result->part_count < DELIVERY_PARTS_MAX; i++) {
        const struct leaf *leaf = &delivery->leaves[i];
        if (leaf != last && leaf->done.outcome == DELIVERY_BOUNCED)
            parts[result->part_count++] = (struct delivery_part){
                leaf->address, leaf->done.status, leaf->done.text, leaf->done.diagnostic};
    }
    result->parts = parts;
}

/* What qmgr is told, for the sender: `last` decided it. */
static struct delivery_result whole_result(const struct local_delivery *delivery,
                                           const struct leaf *last)
{
    struct delivery_result result = result_of(delivery, last, delivery->recipient);

    if (result.outcome == DELIVERY_SENT && delivery->expanded != EXPANDED_NOT) {
        result.action = delivery->expanded == EXPANDED_LIST ? DELIVERY_ACTION_DELIVERED
                                                            : DELIVERY_ACTION_EXPANDED;
        result.text = "alias expanded";
    } else if (result.outcome != DELIVERY_SENT &&
               strcmp(last->address, delivery->recipient->address) != 0) {
        result.action_address = last->address;
    }
    if (result.outcome == DELIVERY_BOUNCED)
        add_parts(delivery, last, &result);
    return result;
}

static void log_leaf(const struct local_delivery *delivery, const struct leaf *leaf)
{
    struct delivery_recipient recipient = recipient_of(delivery, leaf);
    struct delivery_result result = result_of(delivery, leaf, &recipient);

    if (!leaf->was_logged)
        delivery_result_log(delivery->request, &result);
}

/* Each leaf by itself, before they are weighed. */
static void filter_leaves(const struct local_delivery *delivery)
{
    for (size_t i = 0; i < delivery->leaf_count; i++) {
        struct leaf *leaf = &delivery->leaves[i];
        struct delivery_result result = result_of(delivery, leaf, delivery->recipient);

        if (leaf->was_logged)
            continue;
        status_filter_apply(delivery->arena, &result);
        leaf->done.outcome = result.outcome;
        leaf->done.status = result.status;
        leaf->done.text = result.text;
    }
}

bool answer_recipient(struct connection *qmgr, const struct local_delivery *delivery,
                      struct error *err)
{
    const struct leaf nothing = {
        .done = deposit_outcome_of(DELIVERY_SENT, "2.0.0", "discarded: empty expansion"),
        .address = delivery->recipient->address,
    };
    const struct leaf *last = &nothing;
    struct delivery_result result;

    filter_leaves(delivery);
    if (delivery->leaf_count > 0)
        last = &delivery->leaves[worst_leaf(delivery)];
    else
        log_leaf(delivery, last);
    for (size_t i = 0; i < delivery->leaf_count; i++)
        log_leaf(delivery, &delivery->leaves[i]);
    result = whole_result(delivery, last);
    return delivery_result_tell(qmgr, delivery->request, &result, err);
}
