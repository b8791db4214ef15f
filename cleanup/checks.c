/* What tables of patterns order for a field or a line, and doing it. */
#include "cleanup/checks.h"

#include "lib/base/log.h"
#include "lib/delivery/status.h"
#include "lib/message/address.h"
#include "lib/message/content_order.h"

#define VALUE_MAX  ((size_t)1024 * 1024) /* of what a table says: a whole field may be in it */
#define LOGGED_MAX 200                   /* octets of a field or line in the log */
#define FAULT_MAX  100                   /* likewise, of what is at fault */

enum { TABLE_HEADER, TABLE_MIME, TABLE_NESTED, TABLE_BODY, TABLE_COUNT };

struct checks {
    struct maps *tables[TABLE_COUNT];
    struct buf value;
};

static const char *const parameters[] = {
    [TABLE_HEADER] = "header_checks",
    [TABLE_MIME] = "mime_header_checks",
    [TABLE_NESTED] = "nested_header_checks",
    [TABLE_BODY] = "body_checks",
};

/* --- tables --------------------------------------------------------------------------------------- */

struct checks *checks_open(const struct config *config)
{
    const char *const lists[] = {
        [TABLE_HEADER] = config->header_checks,
        [TABLE_MIME] = config->mime_header_checks,
        [TABLE_NESTED] = config->nested_header_checks,
        [TABLE_BODY] = config->body_checks,
    };
    struct checks *checks = mem_new(struct checks);

    for (size_t i = 0; i < TABLE_COUNT; i++)
        checks->tables[i] = maps_open_octets(config, lists[i], false);
    checks->value = BUF(VALUE_MAX);
    return checks;
}

void checks_free(struct checks **checks)
{
    for (size_t i = 0; i < TABLE_COUNT; i++)
        maps_free(&(*checks)->tables[i]);
    buf_release(&(*checks)->value);
    mem_free(*checks);
    *checks = NULL;
}

bool checks_changed(const struct checks *checks)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (maps_changed(checks->tables[i]))
            return true;
    }
    return false;
}

bool checks_want_lines(const struct checks *checks)
{
    return !maps_is_empty(checks->tables[TABLE_BODY]);
}

bool checks_apply_to(const struct message *message)
{
    if ((message->request.overrides & INTAKE_NO_CHECKS) != 0)
        return false;
    switch (message->request.origin) {
    case INTAKE_NETWORK:
    case INTAKE_LOCAL:
        return true;
    case INTAKE_INTERNAL:
        return message->cleanup->filters_bounces;
    case INTAKE_FORWARD:
        break;
    }
    return false;
}

/* --- the log -------------------------------------------------------------------------------------- */

static const char *attribute(const struct message *message, const char *name)
{
    const struct intake_request *request = &message->request;

    for (size_t i = 0; i < request->attribute_count; i++) {
        if (strcmp(request->attributes[i].name, name) == 0)
            return request->attributes[i].value;
    }
    return NULL;
}

/* " from HOST[ADDRESS]; from=<SENDER> to=<RECIPIENT>" */
static const char *origin_of(struct message *message)
{
    struct arena *arena = message->arena;
    const char *name = attribute(message, "client_name");
    const char *address = attribute(message, "client_address");
    const char *origin = message->request.origin == INTAKE_LOCAL ? "local" : "unknown";
    const char *to = "";

    if (name != NULL && address != NULL)
        origin = arena_printf(arena, "%s[%s]", name, address);
    if (message->last_recipient != NULL)
        to = arena_printf(arena, " to=<%s>", address_quote(arena, message->last_recipient));
    return arena_printf(arena, " from %s; from=<%s>%s", origin,
                        address_quote(arena, message->sender), to);
}

struct order {
    struct message *message;
    const char *table;   /* "header_checks" */
    const char *subject; /* "header", "body", "content" */
    struct span content;
    const char *text; /* what stands behind the action; "" for nothing */
    enum check_verdict verdict;
};

static void log_order(const struct order *order, const char *action, const char *text)
{
    struct message *message = order->message;
    struct arena *arena = message->arena;
    const char *protocol = attribute(message, "protocol_name");
    const char *helo = attribute(message, "helo_name");

    log_info("%s: %s: %s %.*s%s%s%s%s%s", message->queue_id, action, order->subject,
             SPAN_PRINTF(span_first(order->content, LOGGED_MAX)), origin_of(message),
             protocol == NULL ? "" : arena_printf(arena, " proto=%s", protocol),
             helo == NULL || helo[0] == '\0' ? "" : arena_printf(arena, " helo=<%s>", helo),
             text[0] == '\0' ? "" : ": ", text);
}

/* --- refusing ------------------------------------------------------------------------------------- */

/* The message is refused for what it says, and nothing more of it is looked at. */
static const char *refuse(struct message *message, const char *status, const char *text)
{
    struct refusal *refusal = arena_new(message->arena, struct refusal);
    bool now = status[0] == '4';

    *refusal =
        (struct refusal){.code = now ? 451 : 550, .status = status, .text = text, .bare = true};
    message_refuse(message, refusal);
    message_stop_checks(message);
    return arena_printf(message->arena, "%s %s", status, text);
}

static void order_reject(struct order *order)
{
    struct arena *arena = order->message->arena;
    const char *wanted = order->text[0] == '\0' ? "message content rejected" : order->text;
    struct delivery_status split = delivery_status_split(arena, wanted, "5.7.1");

    if (split.code[0] == '2') {
        log_warning("bad DSN action in %s -- need 4.x.x or 5.x.x", order->text);
        split.code = arena_printf(arena, "4%s", split.code + 1);
    }
    log_order(order, "reject", refuse(order->message, split.code, split.text));
}

void checks_characters(struct message *message, struct span line)
{
    struct order order = {message, "", "content", line, "disallowed character", CHECK_KEEP};

    order_reject(&order);
}

void checks_fault(struct message *message, unsigned fault, struct span text)
{
    const char *fault_text = mime_fault_text(fault);
    struct refusal *refusal;

    log_info("%s: reject: mime-error %s: %.*s%s", message->queue_id, fault_text,
             SPAN_PRINTF(span_first(text, FAULT_MAX)), origin_of(message));
    /* Faults that come later may be worse: mime_fault_text has them in their order. */
    message->faults |= fault;
    if (message->refusal != NULL && message->refusal != message->fault_refusal)
        return;
    refusal = arena_new(message->arena, struct refusal);
    *refusal = (struct refusal){
        .code = 550, .status = "5.6.0", .text = mime_fault_text(message->faults), .bare = true};
    message->refusal = message->fault_refusal = refusal;
}

/* --- other orders --------------------------------------------------------------------------------- */

static void order_warn(struct order *order)
{
    log_order(order, "warning", order->text);
}

static void order_info(struct order *order)
{
    log_order(order, "info", order->text);
}

static void order_filter(struct order *order)
{
    if (order->text[0] == '\0') {
        log_warning("missing FILTER command argument in %s map", order->table);
    } else if (strchr(order->text, ':') == NULL) {
        log_warning("bad FILTER command %s in %s -- need transport:destination", order->text,
                    order->table);
    } else {
        order->message->filter = arena_copy(order->message->arena, order->text);
        log_order(order, "filter", order->text);
    }
}

static void order_pass(struct order *order)
{
    log_order(order, "pass", order->text);
    message_stop_checks(order->message);
}

static void order_discard(struct order *order)
{
    log_order(order, "discard", order->text);
    order->message->discard = true;
    message_stop_checks(order->message);
}

static void order_hold(struct order *order)
{
    if (order->message->hold)
        return;
    log_order(order, "hold", order->text);
    order->message->hold = true;
}

static bool fits(const struct order *order, const char *action)
{
    return content_order_fits(action, order->text, strcmp(order->subject, "body") != 0,
                              order->table);
}

static void order_prepend(struct order *order)
{
    if (!fits(order, "PREPEND"))
        return;
    log_order(order, "prepend", order->text);
    message_put(order->message, span_text(order->text));
    message_put(order->message, SPAN_LITERAL("\n"));
}

static void order_replace(struct order *order)
{
    if (!fits(order, "REPLACE"))
        return;
    log_order(order, "replace", order->text);
    order->verdict = CHECK_REPLACE;
}

static void order_redirect(struct order *order)
{
    if (strchr(order->text, '@') == NULL) {
        log_warning("bad REDIRECT target \"%s\" in %s map -- need user@domain", order->text,
                    order->table);
        return;
    }
    order->message->redirect = arena_copy(order->message->arena, order->text);
    log_order(order, "redirect", order->text);
    message_stop_checks(order->message);
}

static void order_bcc(struct order *order)
{
    if (strchr(order->text, '@') == NULL) {
        log_warning("bad BCC address \"%s\" in %s map -- need user@domain", order->text,
                    order->table);
        return;
    }
    strlist_add(&order->message->bcc, order->text);
    log_order(order, "bcc", order->text);
}

static void order_strip(struct order *order)
{
    log_order(order, "strip", order->text);
    order->verdict = CHECK_DROP;
}

static void order_ignore(struct order *order)
{
    order->verdict = CHECK_DROP;
}

static void order_nothing(struct order *order UNUSED)
{
}

/* --- orders by name ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*obey)(struct order *order);
} orders[] = {
    {"REJECT",   order_reject  },
    {"WARN",     order_warn    },
    {"INFO",     order_info    },
    {"FILTER",   order_filter  },
    {"PASS",     order_pass    },
    {"DISCARD",  order_discard },
    {"HOLD",     order_hold    },
    {"PREPEND",  order_prepend },
    {"REPLACE",  order_replace },
    {"REDIRECT", order_redirect},
    {"BCC",      order_bcc     },
    {"STRIP",    order_strip   },
    {"IGNORE",   order_ignore  },
    {"DUNNO",    order_nothing },
    {"OK",       order_nothing },
};

/* order->text is the value of the table; it loses the action. */
static void obey(struct order *order)
{
    const char *value = order->text;
    struct span action = content_order_split(value, &order->text);

    for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
        if (span_equal_text_nocase(action, orders[i].name)) {
            orders[i].obey(order);
            return;
        }
    }
    log_warning("unknown command in %s map: %s", order->table, value);
}

/* --- asking --------------------------------------------------------------------------------------- */

static enum check_verdict ask(struct message *message, size_t table, const char *subject,
                              struct span text, struct span *text_r)
{
    struct checks *checks = message->cleanup->checks;
    struct order order = {message, parameters[table], subject, text, NULL, CHECK_KEEP};
    struct error err = {0};

    if (!message->checked || text.len == 0 || maps_is_empty(checks->tables[table]))
        return CHECK_KEEP;
    switch (maps_find(checks->tables[table], text, MAP_FOLD_KEY, &checks->value, NULL, &err)) {
    case MAP_FOUND:
        order.text = buf_text(&checks->value);
        obey(&order);
        if (order.verdict == CHECK_REPLACE)
            *text_r = span_text(order.text);
        break;
    case MAP_ABSENT:
        break;
    case MAP_UNAVAILABLE:
        log_warning("%s: %s map lookup problem -- message not accepted, try again later",
                    message->queue_id, order.table);
        message_refuse(message, &refusal_write_error);
        break;
    }
    return order.verdict;
}

enum check_verdict checks_field(struct message *message, enum mime_header header, struct span name,
                                struct span text, struct span *text_r)
{
    size_t table = TABLE_HEADER;

    if (header == MIME_HEADER_PART || mime_is_about(name))
        table = TABLE_MIME;
    else if (header == MIME_HEADER_NESTED)
        table = TABLE_NESTED;
    return ask(message, table, "header", text, text_r);
}

enum check_verdict checks_line(struct message *message, struct span text, struct span *text_r)
{
    return ask(message, TABLE_BODY, "body", text, text_r);
}
