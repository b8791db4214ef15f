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
