/* What the values of access tables order: OK, REJECT, BCC and so on. Source: access(5). */
#include "lib/base/log.h"
#include "lib/delivery/status.h"
#include "lib/message/header.h"
#include "smtpd/access_rules.h"

struct order {
    struct access_check *check;
    enum access_subject subject;
    struct span keyword, text; /* the first word, and what is behind it */
    const char *table;
};

static const char *order_text(const struct order *order)
{
    return arena_text(order->check->session->command_arena, order->text);
}

/* "4.7.1 text", "text" or nothing: an own status and an own text, or those given. */
static struct delivery_status split(const struct order *order, const char *status, const char *text)
{
    struct arena *arena = order->check->session->command_arena;
    struct delivery_status split = delivery_status_split(arena, order_text(order), status);

    if (split.text[0] == '\0')
        split.text = text;
    return split;
}

static enum access_result order_permit(struct order *order)
{
    struct arena *arena = order->check->session->command_arena;

    return access_permit(order->check, order->subject, arena_text(arena, order->keyword),
                         arena_printf(arena, "from %s", order->table));
}

static enum access_result order_dunno(struct order *order UNUSED)
{
    return ACCESS_DUNNO;
}

static enum access_result refuse_with(struct order *order, int code, const char *status)
{
    struct delivery_status own = split(order, status, "Access denied");

    return access_refuse(order->check, order->subject, code, own.code, own.text);
}

static enum access_result order_reject(struct order *order)
{
    return refuse_with(order, order->check->session->config->access_map_reject_code, "5.7.1");
}

static enum access_result order_defer(struct order *order)
{
    return refuse_with(order, order->check->session->config->access_map_defer_code, "4.7.1");
}

static enum access_result order_defer_if_permit(struct order *order)
{
    struct delivery_status own = split(order, "4.7.1", "Service unavailable");

    return access_defer_if_permit(order->check, order->subject, own.code, own.text);
}

static enum access_result order_defer_if_reject(struct order *order)
{
    struct delivery_status own = split(order, "4.7.1", "Service unavailable");

    return access_defer_if_reject(order->check, order->subject, own.code, own.text);
}

static enum access_result order_warn(struct order *order)
{
    smtpd_log_decision(order->check->session, "warn", order_text(order));
    return ACCESS_DUNNO;
}

static enum access_result order_info(struct order *order)
{
    smtpd_log_decision(order->check->session, "info", order_text(order));
    return ACCESS_DUNNO;
}

/* "<bob@example.test>: Recipient address triggers BCC x@y", for the log */
static void log_order(struct order *order, const char *decision, const char *what)
{
    struct smtpd_session *session = order->check->session;

    smtpd_log_decision(session, decision,
                       arena_printf(session->command_arena, "<%s>: %s %s%s",
                                    access_subject_name(session, order->subject),
                                    access_subject_text(order->subject), what, order_text(order)));
}

/* HELO or client restrictions without smtpd_delay_reject, ETRN and VRFY: there is no message to order
 * anything for. */
static bool has_message(const struct order *order, const char *action)
{
    if (order->check->session->envelope.sender != NULL)
        return true;
    log_warning(
        "access table %s: with smtpd_delay_reject=no, action %s is always skipped in Client host or "
        "Helo command restrictions",
        order->table, action);
    return false;
}

static bool may_order(const struct order *order, const char *action)
{
    if (order->check->session->etrn_domain == NULL)
        return has_message(order, action);
    log_warning("access table %s: action %s is unavailable in smtpd_etrn_restrictions",
                order->table, action);
    return false;
}

/* An order that says nothing sensible is none. */
static enum access_result skip(const struct order *order, const char *why)
{
    const struct smtpd_session *session = order->check->session;

    log_warning("access table %s entry \"%s\" %s", order->table,
                order->subject == SUBJECT_CLIENT ? session->peer.name
                                                 : access_subject_name(session, order->subject),
                why);
    return ACCESS_DUNNO;
}

static struct intake_orders *take_orders(struct order *order)
{
    order->check->session->envelope.ordered = true;
    return &order->check->session->envelope.orders;
}

static enum access_result order_discard(struct order *order)
{
    if (!may_order(order, "DISCARD"))
        return ACCESS_DUNNO;
    log_order(order, "discard", order->text.len == 0 ? "triggers DISCARD action" : "");
    take_orders(order)->discard = true;
    return ACCESS_PERMIT;
}

static enum access_result order_hold(struct order *order)
{
    if (!may_order(order, "HOLD"))
        return ACCESS_DUNNO;
    if (!order->check->session->envelope.orders.hold)
        log_order(order, "hold", order->text.len == 0 ? "triggers HOLD action" : "");
    take_orders(order)->hold = true;
    return ACCESS_DUNNO;
}

static const char *mail_text(const struct order *order)
{
    return arena_text(order->check->session->mail_arena, order->text);
}

static enum access_result order_filter(struct order *order)
{
    if (!may_order(order, "FILTER"))
        return ACCESS_DUNNO;
    if (order->text.len == 0)
        return skip(order, "has FILTER entry without value");
    if (span_find(order->text, ':') == order->text.len)
        return skip(order, "requires transport:destination");
    log_order(order, "filter", "triggers FILTER ");
    take_orders(order)->filter = mail_text(order);
    return ACCESS_DUNNO;
}

static const char no_target[] = "requires user@domain target";

static enum access_result order_redirect(struct order *order)
{
    if (!may_order(order, "REDIRECT"))
        return ACCESS_DUNNO;
    if (span_find(order->text, '@') == order->text.len)
        return skip(order, no_target);
    log_order(order, "redirect", "triggers REDIRECT ");
    take_orders(order)->redirect = mail_text(order);
    return ACCESS_DUNNO;
}

static enum access_result order_bcc(struct order *order)
{
    struct strlist *copies;

    if (!may_order(order, "BCC"))
        return ACCESS_DUNNO;
    if (span_find(order->text, '@') == order->text.len)
        return skip(order, no_target);
    log_order(order, "bcc", "triggers BCC ");
    copies = &take_orders(order)->copies;
    if (copies->count < INTAKE_COPIES_MAX && !strlist_has(copies, order_text(order)))
        strlist_add(copies, order_text(order));
    return ACCESS_DUNNO;
}

static bool is_field(struct span text)
{
    struct cursor at = cursor_of(text);
    struct header_field field;

    return header_next(&at, true, &field) == PARSE_DONE;
}

static enum access_result order_prepend(struct order *order)
{
    struct smtpd_session *session = order->check->session;

    if (!has_message(order, "PREPEND"))
        return ACCESS_DUNNO;
    if (order->check->subject == SUBJECT_END_OF_DATA) {
        log_warning(
            "access table %s: action PREPEND must be used before smtpd_end_of_data_restrictions",
            order->table);
        return ACCESS_DUNNO;
    }
    if (!is_field(order->text) ||
        !buf_append_text(&session->envelope.prepended,
                         arena_printf(session->command_arena, "%.*s\n", SPAN_PRINTF(order->text))))
        return skip(order, "requires header: text");
    return ACCESS_DUNNO;
}

/* "550 5.7.1 text": the reply itself; all digits alone (as POP-before-SMTP tables had) permit. */
static enum access_result order_number(struct order *order)
{
    const struct span number = order->keyword;
    int code;

    if (order->text.len == 0)
        return order_permit(order);
    code = (number.data[0] - '0') * 100 + (number.data[1] - '0') * 10 + (number.data[2] - '0');
    return refuse_with(order, code, code < 500 ? "4.7.1" : "5.7.1");
}

static const struct {
    const char *keyword;
    enum access_result (*obey)(struct order *order);
} orders[] = {
    {"OK",              order_permit         },
    {"RELAY",           order_permit         },
    {"DUNNO",           order_dunno          },
    {"REJECT",          order_reject         },
    {"DEFER",           order_defer          },
    {"DEFER_IF_PERMIT", order_defer_if_permit},
    {"DEFER_IF_REJECT", order_defer_if_reject},
    {"WARN",            order_warn           },
    {"INFO",            order_info           },
    {"DISCARD",         order_discard        },
    {"HOLD",            order_hold           },
    {"FILTER",          order_filter         },
    {"REDIRECT",        order_redirect       },
    {"BCC",             order_bcc            },
    {"PREPEND",         order_prepend        },
};

static bool is_reply_code(struct span word)
{
    return word.len == 3 && (word.data[0] == '4' || word.data[0] == '5') &&
           is_digit(word.data[1]) && is_digit(word.data[2]);
}

static bool is_all_digits(struct span word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (!is_digit(word.data[i]))
            return false;
    }
    return word.len > 0;
}

enum access_result access_obey(struct access_check *check, enum access_subject subject,
                               const char *table, struct span value)
{
    struct order order = {
        .check = check,
        .subject = subject,
        .text = span_trim(value),
        .table = table,
    };

    order.keyword = span_take_word(&order.text);
    for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
        if (span_equal_text_nocase(order.keyword, orders[i].keyword))
            return orders[i].obey(&order);
    }
    if (is_reply_code(order.keyword))
        return order_number(&order);
    if (is_all_digits(order.keyword) && order.text.len == 0)
        return order_permit(&order);
    return access_run(check, arena_text(check->session->command_arena, span_trim(value)));
}
