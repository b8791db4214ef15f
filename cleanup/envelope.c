/* Sender and recipients of a message. */
#include "cleanup/envelope.h"

#include "cleanup/address.h"
#include "lib/base/log.h"
#include "lib/message/address.h"

void envelope_set_sender(struct message *message)
{
    const char *sender = rewrite_envelope_sender(message, message->request.sender);

    message->sender = sender == NULL ? message->request.sender : sender;
}

/* --- each address once --------------------------------------------------------------------------- */

/* What makes two recipients the same: the address; and, as long as delivery agents shall see the
 * original one (enable_original_recipient), everything. */
static const char *make_key(struct message *message, const struct queue_recipient *recipient)
{
    char *key;

    if (message->cleanup->config->enable_original_recipient)
        key =
            arena_printf(message->arena, "%s\n%s\n%s\n%u", recipient->address, recipient->original,
                         recipient->dsn_orcpt, (unsigned)recipient->dsn_notify);
    else
        key = arena_copy(message->arena, recipient->address);
    for (char *octet = key; *octet != '\0'; octet++)
        *octet = to_lower(*octet);
    return key;
}

static void remember(struct message *message, const struct queue_recipient *recipient)
{
    int limit = message->cleanup->config->duplicate_filter_limit;

    if (limit <= 0 || hash_count(message->seen) < (size_t)limit)
        (void)hash_put(message->seen, span_text(make_key(message, recipient)), message);
}

/* At most duplicate_filter_limit addresses are remembered; more of them are delivered as they come.
 * Most messages have one recipient, for whom nothing need be remembered. */
static bool was_seen(struct message *message, const struct queue_recipient *recipient)
{
    if (message->recipient_count == 0)
        return false;
    if (message->seen == NULL) {
        message->seen = hash_create();
        remember(message, &message->recipients[0]);
    }
    if (hash_get(message->seen, span_text(make_key(message, recipient))) != NULL)
        return true;
    remember(message, recipient);
    return false;
}

static struct queue_recipient *new_recipient(struct message *message)
{
    if (message->recipient_count == message->recipient_capacity) {
        struct queue_recipient *old = message->recipients;

        message->recipient_capacity = 4 + 2 * message->recipient_capacity;
        message->recipients =
            arena_array(message->arena, struct queue_recipient, message->recipient_capacity);
        if (message->recipient_count > 0)
            memcpy(message->recipients, old, message->recipient_count * sizeof(*old));
    }
    return &message->recipients[message->recipient_count++];
}

static void add(struct message *message, const struct queue_recipient *recipient)
{
    if (was_seen(message, recipient))
        return;
    if (message->recipient_count >= QUEUE_RECIPIENTS_MAX) {
        log_warning("%s: more than %d recipients", message->queue_id, QUEUE_RECIPIENTS_MAX);
        message_refuse(message, &refusal_too_many_recipients);
        return;
    }
    *new_recipient(message) = *recipient;
}

/* --- expansion -------------------------------------------------------------------------------------- */

/* Tables that do not answer, or answers without end. */
static void refuse_expansion(struct message *message, const char *address, const struct error *err)
{
    if (err->number == ELOOP) {
        log_warning("%s: %s", message->queue_id, err->text);
        message_refuse(message, &refusal_expansion);
        return;
    }
    log_warning("%s: virtual alias maps, asked for %s: %s", message->queue_id, address, err->text);
    message_refuse(message, &refusal_lookup);
}

static void add_expanded(struct message *message, const struct queue_recipient *recipient)
{
    struct queue_recipient expanded = *recipient;
    const char **addresses;
    size_t count;
    struct error err = {0};

    if ((message->request.overrides & INTAKE_NO_MAPPINGS) != 0) {
        add(message, recipient);
        return;
    }
    if (route_expand_aliases(message->cleanup->route, message->arena, recipient->address,
                             &addresses, &count, &err) == MAP_UNAVAILABLE) {
        refuse_expansion(message, recipient->address, &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        expanded.address = addresses[i];
        add(message, &expanded);
    }
}

/* --- blind copies ------------------------------------------------------------------------------------ */

/* Nobody is told what becomes of a blind copy. */
static void add_copy(struct message *message, struct span address)
{
    const char *internal = address_unquote(message->arena, span_trim(address));
    struct queue_recipient copy = {.dsn_orcpt = "", .dsn_notify = NOTIFY_NEVER};

    if (internal[0] == '\0')
        return;
    copy.address = rewrite_envelope_recipient(message, internal);
    copy.original = copy.address;
    if (copy.address != NULL)
        add_expanded(message, &copy);
}

static bool is_local_domain(struct message *message, const char *address, bool *is_local_r,
                            struct error *err)
{
    enum address_class class = CLASS_DEFAULT;
    enum map_result result =
        route_class(message->cleanup->route, address_domain(address), &class, err);

    *is_local_r = class == CLASS_LOCAL;
    return result != MAP_UNAVAILABLE;
}

/* sender_bcc_maps and recipient_bcc_maps */
static void add_mapped_copy(struct message *message, struct maps *maps, const char *address)
{
    struct buf value = BUF(ADDRESS_MAX);
    bool is_local;
    struct error err = {0};
    enum map_result result = MAP_UNAVAILABLE;

    if (maps_is_empty(maps) || address[0] == '\0')
        return;
    if (is_local_domain(message, address, &is_local, &err))
        result = maps_find_address(maps, span_text(address), ADDRESS_KEY_ALL, is_local,
                                   extension_rule_of(message->cleanup->config), &value, NULL, &err);
    if (result == MAP_FOUND) {
        add_copy(message, buf_span(&value));
    } else if (result == MAP_UNAVAILABLE) {
        log_warning("%s: bcc maps, asked for %s: %s", message->queue_id, address, err.text);
        message_refuse(message, &refusal_lookup);
    }
    buf_release(&value);
}

/* Only what comes in from outside is copied: not notices, and not what was forwarded, a second time. */
static bool wants_copies(const struct message *message)
{
    return (message->request.origin == INTAKE_NETWORK || message->request.origin == INTAKE_LOCAL) &&
           (message->request.overrides & INTAKE_NO_MAPPINGS) == 0;
}

/* --- all recipients ----------------------------------------------------------------------------------- */

/* RFC 3461 section 4.2: who sets no ORCPT has one set by the first that could: as a client said it, or as we know
 * it. */
static const char *default_orcpt(const struct message *message,
                                 const struct queue_recipient *recipient)
{
    const char *address = message->request.origin == INTAKE_NETWORK
                              ? address_quote(message->arena, recipient->original)
                              : recipient->address;

    return arena_printf(message->arena, "rfc822;%s", address);
}

static void add_recipient(struct message *message, const struct queue_recipient *given)
{
    struct queue_recipient recipient = *given;

    recipient.status = RECIPIENT_PENDING;
    if (recipient.original == NULL || recipient.original[0] == '\0')
        recipient.original = given->address;
    recipient.address = rewrite_envelope_recipient(message, given->address);
    if (recipient.address == NULL)
        return;
    message->last_recipient = recipient.address;
    if (recipient.dsn_orcpt == NULL || recipient.dsn_orcpt[0] == '\0')
        recipient.dsn_orcpt = default_orcpt(message, &recipient);
    add_expanded(message, &recipient);
    if (wants_copies(message))
        add_mapped_copy(message, message->cleanup->recipient_bcc, recipient.address);
}

void envelope_add_recipients(struct message *message, const struct queue_recipient *recipients,
                             size_t count)
{
    if (count == 0) {
        log_warning("%s: no recipients", message->queue_id);
        message_refuse(message, &refusal_no_recipients);
        return;
    }
    if (wants_copies(message))
        add_mapped_copy(message, message->cleanup->sender_bcc, message->sender);
    for (size_t i = 0; i < count && message->refusal == NULL; i++)
        add_recipient(message, &recipients[i]);
    if (wants_copies(message))
        add_copy(message, span_text(message->cleanup->config->always_bcc));
}

/* --- orders ------------------------------------------------------------------------------------------- */

void envelope_take_orders(struct message *message, const struct intake_orders *orders)
{
    message->discard = message->discard || orders->discard;
    message->hold = message->hold || orders->hold;
    if (message->filter == NULL)
        message->filter = orders->filter;
    if (message->redirect == NULL)
        message->redirect = orders->redirect;
    for (size_t i = 0; i < orders->copies.count && message->refusal == NULL; i++) {
        struct queue_recipient copy = {
            .address = address_unquote(message->arena, span_text(orders->copies.items[i])),
            .dsn_notify = NOTIFY_NEVER,
        };
        const char *rewritten = rewrite_envelope_recipient(message, copy.address);

        if (rewritten == NULL)
            return;
        copy.dsn_orcpt =
            arena_printf(message->arena, "rfc822;%s", address_quote(message->arena, rewritten));
        add_recipient(message, &copy);
    }
}

void envelope_apply_orders(struct message *message)
{
    for (size_t i = 0; i < message->bcc.count; i++)
        add_copy(message, span_text(message->bcc.items[i]));
    if (message->redirect == NULL || message->refusal != NULL || message->recipient_count == 0)
        return;
    message->recipients[0].address =
        route_rewrite(message->cleanup->route, message->arena, message->redirect, false);
    message->recipient_count = 1;
}
