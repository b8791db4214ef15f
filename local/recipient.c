/*
 * What becomes of one address: the order of Postfix's local(8). Aliases go first, then mailbox_transport
 * and the account's .forward, then its mailbox; what is none of these is unknown. `\user` skips aliases
 * and .forward.
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/message/address.h"

static char *lower(struct arena *arena, struct span text)
{
    char *copy = arena_text(arena, text);

    for (char *c = copy; *c != '\0'; c++)
        *c = to_lower(*c);
    return copy;
}

/* --- loops ------------------------------------------------------------------------------------------- */

static void remember(void *context, struct header_field field)
{
    struct local_delivery *delivery = context;
    const char *address;

    if (!span_equal_text_nocase(field.name, "Delivered-To"))
        return;
    address = address_unquote(delivery->arena, span_trim(field.body));
    hash_put(delivery->delivered_to, span_text(lower(delivery->arena, span_text(address))),
             delivery);
}

/* All Delivered-To: fields of the message. Where it cannot be read, delivery itself will say why. */
static void read_delivered_to(struct local_delivery *delivery)
{
    const struct delivery_request *request = delivery->request;
    struct error err;

    delivery->delivered_to = hash_create();
    (void)!delivery_header_walk(request->queue_file, request->content_offset, request->content_size,
                                remember, delivery, &err);
}

/* The address stands in a Delivered-To: field already: this message went through here before. */
static bool was_delivered_to(struct local_delivery *delivery, const char *address)
{
    if (delivery->delivered_to == NULL)
        read_delivered_to(delivery);
    return hash_get(delivery->delivered_to,
                    span_text(lower(delivery->arena, span_text(address)))) != NULL;
}

/* --- the step ------------------------------------------------------------------------------------------ */

static struct step take_step(struct local_delivery *delivery, const struct step *from,
                             enum expanded_by by, const char *address)
{
    struct step step = {0};
    struct span user, extension = SPAN_EMPTY, localpart = address_localpart(address);

    if (from != NULL)
        step = *from;
    step.from = from;
    step.by = by;
    step.depth = from == NULL ? 0 : from->depth + 1;
    step.sender = from == NULL ? delivery->request->sender : from->sender;
    step.delivered = from == NULL ? address : from->delivered;
    step.unmatched = "";
    step.alias = NULL;
    step.forwarder = NULL;
    step.address = address;
    step.localpart = arena_text(delivery->arena, localpart);
    step.domain = arena_text(delivery->arena, address_domain(address));
    user = localpart;
    if (!address_split_extension(extension_rule_of(delivery->local->config), localpart, &user,
                                 &extension)) {
        user = localpart;
        extension = SPAN_EMPTY;
    }
    step.user = lower(delivery->arena, user);
    step.extension =
        arena_text(delivery->arena, extension.len > 0 ? span_skip(extension, 1) : extension);
    return step;
}

/* --- the order ------------------------------------------------------------------------------------------- */

static void deliver_to_account(struct local_delivery *delivery, const struct step *step,
                               bool direct)
{
    struct mailbox_place account;
    struct error err = {0};

    switch (
        mailbox_find_local(delivery->local->finder, step->user, delivery->arena, &account, &err)) {
    case MAP_UNAVAILABLE:
        leaf_deferred(delivery, step->address, "4.3.0", "user lookup error: %s", err.text);
        return;
    case MAP_ABSENT:
        deliver_to_unknown(delivery, step);
        return;
    case MAP_FOUND:
        break;
    }
    if (delivery->local->config->require_home_directory && !mailbox_has_home(&account, &err)) {
        leaf_deferred(delivery, step->address, "4.3.0", "%s", err.text);
        return;
    }
    if (!direct && deliver_by_forward(delivery, step, &account))
        return;
    deliver_to_mailbox(delivery, step, &account);
}

static void deliver_direct(struct local_delivery *delivery, struct step *step)
{
    while (step->user[0] == '\\') {
        step->user++;
        step->localpart++;
        step->address++;
    }
    deliver_to_account(delivery, step, true);
}

void deliver_address(struct local_delivery *delivery, const struct step *from, enum expanded_by by,
                     const char *address)
{
    const struct config *config = delivery->local->config;
    struct step step = take_step(delivery, from, by, address);

    if (step.depth > STEP_DEPTH_MAX || was_delivered_to(delivery, address)) {
        leaf_bounced(delivery, address, "5.4.6", "mail forwarding loop for %s", address);
        return;
    }
    if (step.user[0] == '\\') {
        deliver_direct(delivery, &step);
        return;
    }
    if (deliver_by_alias(delivery, &step))
        return;
    if (by == BY_INCLUDE || (step.owner != NULL && strcmp(step.owner, step.user) != 0)) {
        resend_add(delivery, &step, address);
        return;
    }
    if (deliver_by_transport(delivery, &step, delivery->local->mailbox_transports,
                             config->mailbox_transport))
        return;
    deliver_to_account(delivery, &step, false);
}
