/* The grammar of quota rules. */
#include "lib/base/base.h"

#include "lib/delivery/quota.h"

#include "lib/base/checked.h"

static bool parse_digits(struct span text, uint64_t unit, uint64_t *number_r)
{
    uint64_t number;

    if (!span_to_u64(text, INT64_MAX, &number) || !checked_mul_u64(number, unit, &number) ||
        number > INT64_MAX)
        return false;
    *number_r = number;
    return true;
}

/* digits [b / k / M / G / T], in any case */
static bool parse_size(struct span text, uint64_t unit, uint64_t *number_r)
{
    static const char letters[] = "bkmgt";
    const char *letter;

    if (text.len == 0)
        return false;
    letter = strchr(letters, to_lower(text.data[text.len - 1]));
    if (letter != NULL && *letter != '\0') {
        unit = UINT64_C(1) << 10 * (letter - letters);
        text.len--;
    }
    return parse_digits(text, unit, number_r);
}

/* "1000S", "1000C" */
static bool parse_letter_item(struct span item, struct mailbox_quota *quota)
{
    char last = item.data[item.len - 1];
    struct span digits = span_first(item, item.len - 1);

    if (last == 'S')
        return parse_digits(digits, 1, &quota->storage);
    return last == 'C' && parse_digits(digits, 1, &quota->messages);
}

static bool parse_item(struct span item, struct mailbox_quota *quota)
{
    struct span value = item, name = span_take_until(&value, '=');

    if (item.len == 0 || span_equal_text(item, "*"))
        return true;
    if (name.len == item.len)
        return parse_letter_item(item, quota) || parse_size(item, 1, &quota->storage);
    if (span_equal_text_nocase(name, "storage"))
        return parse_size(value, 1024, &quota->storage);
    if (span_equal_text_nocase(name, "bytes"))
        return parse_size(value, 1, &quota->storage);
    return span_equal_text_nocase(name, "messages") && parse_digits(value, 1, &quota->messages);
}

bool quota_parse(struct span text, struct mailbox_quota *quota_r)
{
    struct mailbox_quota quota = {0};

    while (text.len > 0) {
        size_t end = 0;
        while (end < text.len && text.data[end] != ':' && text.data[end] != ',')
            end++;
        if (!parse_item(span_trim(span_first(text, end)), &quota))
            return false;
        text = span_skip(text, end + 1);
    }
    *quota_r = quota;
    return true;
}

/* --- rules of single mailboxes ------------------------------------------------------------------- */

#define PERCENT_MAX 100000

/* digits ["%" / "%%" / letter]; units of 0: a number of things */
static bool parse_share(struct span value, uint64_t unit, uint64_t *number_r, unsigned *percent_r)
{
    uint64_t percent;

    if (value.len == 0)
        return false;
    if (value.data[value.len - 1] != '%')
        return unit == 0 ? parse_digits(value, 1, number_r) : parse_size(value, unit, number_r);
    if (value.len > 1 && value.data[value.len - 2] == '%')
        value.len--; /* as it stands in dovecot.conf */
    if (!span_to_u64(span_first(value, value.len - 1), PERCENT_MAX, &percent))
        return false;
    *percent_r = (unsigned)percent;
    return true;
}

static bool parse_bonus_value(struct span value, uint64_t unit, uint64_t *number_r,
                              unsigned *percent_r)
{
    return span_starts_with(value, "+") &&
           parse_share(span_skip(value, 1), unit, number_r, percent_r);
}

bool quota_parse_grace(struct span text, struct quota_bonus *grace_r)
{
    *grace_r = (struct quota_bonus){.only_last = true};
    return text.len == 0 || parse_share(text, 1, &grace_r->storage, &grace_r->storage_percent);
}

static bool parse_bonus_item(struct span item, struct quota_bonus *bonus)
{
    struct span value = item, name = span_take_until(&value, '=');

    if (span_equal_text_nocase(name, "storage"))
        return parse_bonus_value(value, 1024, &bonus->storage, &bonus->storage_percent);
    if (span_equal_text_nocase(name, "bytes"))
        return parse_bonus_value(value, 1, &bonus->storage, &bonus->storage_percent);
    return span_equal_text_nocase(name, "messages") &&
           parse_bonus_value(value, 0, &bonus->messages, &bonus->messages_percent);
}

/* Up to the colon behind it. */
static bool take_mailbox(struct span *rules, struct span *name_r)
{
    if (rules->data[0] == '"') {
        *rules = span_skip(*rules, 1);
        if (span_find(*rules, '"') == rules->len)
            return false;
        *name_r = span_take_until(rules, '"');
        if (rules->len == 0 || rules->data[0] != ':')
            return false;
        *rules = span_skip(*rules, 1);
        return name_r->len > 0;
    }
    if (span_find(*rules, ':') == rules->len)
        return false;
    *name_r = span_take_until(rules, ':');
    return name_r->len > 0;
}

static bool is_between(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool quota_find_bonus(struct span rules, const char *mailbox, struct quota_bonus *bonus_r)
{
    *bonus_r = (struct quota_bonus){0};
    for (;;) {
        struct quota_bonus bonus = {0};
        struct span name, items;
        size_t len = 0;

        while (rules.len > 0 && is_between(rules.data[0]))
            rules = span_skip(rules, 1);
        if (rules.len == 0)
            return true;
        if (!take_mailbox(&rules, &name))
            return false;
        while (len < rules.len && !is_between(rules.data[len]))
            len++;
        items = span_first(rules, len);
        rules = span_skip(rules, len);
        do {
            if (!parse_bonus_item(span_take_until(&items, ':'), &bonus))
                return false;
        } while (items.len > 0);
        if (span_equal_text(name, mailbox))
            *bonus_r = bonus;
    }
}
