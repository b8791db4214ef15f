/* What the values of access tables order: OK, REJECT, BCC and so on. Source: access(5). */
#include "lib/base/log.h"
#include "lib/delivery/status.h"
#include "lib/message/address.h"
#include "smtpd/access_rules.h"

struct order {
    struct access_check *check;
    enum access_subject subject;
    struct span text; /* behind the keyword */
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

static enum access_result order_permit(struct order *order UNUSED)
{
    return ACCESS_PERMIT;
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

static enum access_result order_discard(struct order *order)
{
    log_order(order, "discard", order->text.len == 0 ? "triggers DISCARD action" : "");
    order->check->session->envelope.discard = true;
    return ACCESS_PERMIT;
}

static enum access_result order_redirect(struct order *order)
{
    struct smtpd_session *session = order->check->session;

    log_order(order, "redirect", "triggers REDIRECT ");
    session->envelope.redirect = address_unquote(session->mail_arena, order->text);
    return ACCESS_DUNNO;
}

static enum access_result order_bcc(struct order *order)
{
    struct smtpd_session *session = order->check->session;
    const char *address = address_unquote(session->command_arena, order->text);

    log_order(order, "bcc", "triggers BCC ");
    if (!strlist_has(&session->envelope.bcc, address))
        strlist_add(&session->envelope.bcc, address);
    return ACCESS_DUNNO;
}

static enum access_result order_prepend(struct order *order)
{
    struct smtpd_session *session = order->check->session;
    struct buf *prepended = &session->envelope.prepended;

    if (span_find(order->text, ':') == order->text.len ||
        !buf_append_text(prepended,
                         arena_printf(session->command_arena, "%.*s\n", SPAN_PRINTF(order->text))))
        log_warning("access table %s: PREPEND \"%s\" is no header, or one too many", order->table,
                    order_text(order));
    return ACCESS_DUNNO;
}

/* "550 5.7.1 text": the reply itself; all digits alone (as POP-before-SMTP tables had) permit. */
static enum access_result order_number(struct order *order, struct span number)
{
    int code;

    if (order->text.len == 0)
        return ACCESS_PERMIT;
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
        .check = check, .subject = subject, .text = span_trim(value), .table = table};
    struct span keyword = span_take_word(&order.text);

    for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
        if (span_equal_text_nocase(keyword, orders[i].keyword))
            return orders[i].obey(&order);
    }
    if (is_reply_code(keyword))
        return order_number(&order, keyword);
    if (is_all_digits(keyword) && order.text.len == 0)
        return ACCESS_PERMIT;
    return access_run(check, arena_text(check->session->command_arena, span_trim(value)));
}
