/* The values of main.cf as numbers. */
#include "lib/config/value.h"

#include "lib/base/checked.h"

bool value_bool(const char *text, bool *value_r)
{
    *value_r = strcasecmp(text, "yes") == 0;
    return *value_r || strcasecmp(text, "no") == 0;
}

bool value_number(const char *text, int64_t limit, int64_t *value_r)
{
    uint64_t number;

    if (!span_to_u64(span_text(*text == '+' ? text + 1 : text), (uint64_t)limit, &number))
        return false;
    *value_r = (int64_t)number;
    return true;
}

/* 0: no unit. */
static int seconds_of(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 60 * 60;
    case 'd':
        return 24 * 60 * 60;
    case 'w':
        return 7 * 24 * 60 * 60;
    default:
        return 0;
    }
}

bool value_time(const char *text, char unit, int *value_r)
{
    struct span digits = span_text(text);
    uint64_t seconds;

    if (digits.len > 0 && seconds_of(digits.data[digits.len - 1]) != 0)
        unit = digits.data[--digits.len];
    if (!span_to_u64(digits, INT_MAX, &seconds) ||
        !checked_mul_u64(seconds, (uint64_t)seconds_of(unit), &seconds) || seconds > INT_MAX)
        return false;
    *value_r = (int)seconds;
    return true;
}

bool value_int(const char *name, const char *text, int minimum, int maximum, int *value_r,
               struct error *err)
{
    int64_t number;
    bool is_negative = *text == '-' && value_number(text + 1, INT_MAX, &number);

    if (is_negative && minimum > 0) {
        number = -number;
    } else if (is_negative || !value_number(text, INT_MAX, &number)) {
        error_set(err, ERROR_PERMANENT, "bad numerical configuration: %s = %s", name, text);
        return false;
    }
    if (number < minimum || (maximum > 0 && number > maximum)) {
        error_set(err, ERROR_PERMANENT, "invalid %s parameter value %d %c %d", name, (int)number,
                  number < minimum ? '<' : '>', number < minimum ? minimum : maximum);
        return false;
    }
    *value_r = (int)number;
    return true;
}

/* Postfix looks no further than to the unit, takes one alone for none of it, and less than what would fit. */
static bool as_postfix(const char *text, char unit, int *value_r)
{
    const char *digits = *text == '+' && is_digit((unsigned char)text[1]) ? text + 1 : text;
    size_t len = strspn(digits, "0123456789");
    uint64_t number = 0;
    int factor;

    if (digits[len] != '\0')
        unit = digits[len];
    factor = seconds_of(unit);
    if (*text == '\0' || factor == 0 ||
        (len > 0 && !span_to_u64(span_of(digits, len), INT_MAX, &number)) ||
        (factor > 1 && number >= (uint64_t)(INT_MAX / factor)))
        return false;
    *value_r = (int)number * factor;
    return true;
}

bool value_seconds(const char *name, const char *text, char unit, int minimum, int *value_r,
                   struct error *err)
{
    int seconds;

    if (!as_postfix(text, unit, &seconds)) {
        error_set(err, ERROR_PERMANENT, "parameter %s: bad time value or unit: %s", name, text);
        return false;
    }
    if (seconds < minimum) {
        error_set(err, ERROR_PERMANENT, "invalid %s: %d (min %d)", name, seconds, minimum);
        return false;
    }
    *value_r = seconds;
    return true;
}

char value_time_unit(const char *default_value)
{
    size_t len = strlen(default_value);
    char last = len == 0 ? '\0' : default_value[len - 1];

    return seconds_of(last) == 0 ? 's' : last;
}
