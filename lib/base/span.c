/* Comparing, searching and cutting octets that somebody else owns. */
#include "lib/base/base.h"

#include "lib/base/checked.h"

static bool same_nocase(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (to_lower(a[i]) != to_lower(b[i]))
            return false;
    }
    return true;
}

bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool span_equal_text(struct span a, const char *text)
{
    return span_equal(a, span_text(text));
}

bool span_equal_nocase(struct span a, struct span b)
{
    return a.len == b.len && same_nocase(a.data, b.data, a.len);
}

bool span_equal_text_nocase(struct span a, const char *text)
{
    return span_equal_nocase(a, span_text(text));
}

bool span_starts_with(struct span whole, const char *prefix)
{
    size_t len = strlen(prefix);

    return whole.len >= len && span_equal(span_first(whole, len), span_of(prefix, len));
}

bool span_starts_with_nocase(struct span whole, const char *prefix)
{
    size_t len = strlen(prefix);

    return whole.len >= len && same_nocase(whole.data, prefix, len);
}

bool span_ends_with_nocase(struct span whole, const char *suffix)
{
    size_t len = strlen(suffix);

    return whole.len >= len && same_nocase(whole.data + (whole.len - len), suffix, len);
}

size_t span_find(struct span whole, char octet)
{
    const char *found = whole.len == 0 ? NULL : memchr(whole.data, octet, whole.len);

    return found == NULL ? whole.len : (size_t)(found - whole.data);
}

size_t span_find_last(struct span whole, char octet)
{
    const char *found = whole.len == 0 ? NULL : memrchr(whole.data, octet, whole.len);

    return found == NULL ? whole.len : (size_t)(found - whole.data);
}

struct span span_skip(struct span whole, size_t n)
{
    if (n >= whole.len)
        return (struct span){whole.len == 0 ? whole.data : whole.data + whole.len, 0};
    return (struct span){whole.data + n, whole.len - n};
}

struct span span_first(struct span whole, size_t n)
{
    return (struct span){whole.data, n < whole.len ? n : whole.len};
}

struct span span_trim(struct span whole)
{
    while (whole.len > 0 && is_space((unsigned char)whole.data[0]))
        whole = span_skip(whole, 1);
    while (whole.len > 0 && is_space((unsigned char)whole.data[whole.len - 1]))
        whole.len--;
    return whole;
}

static size_t count_blank(struct span text)
{
    size_t n = 0;

    while (n < text.len && (text.data[n] == ' ' || text.data[n] == '\t'))
        n++;
    return n;
}

struct span span_take_word(struct span *rest)
{
    struct span word;
    size_t n = 0;

    *rest = span_skip(*rest, count_blank(*rest));
    while (n < rest->len && rest->data[n] != ' ' && rest->data[n] != '\t')
        n++;
    word = span_first(*rest, n);
    *rest = span_skip(*rest, n);
    *rest = span_skip(*rest, count_blank(*rest));
    return word;
}

struct span span_take_until(struct span *rest, char octet)
{
    size_t at = span_find(*rest, octet);
    struct span before = span_first(*rest, at);

    *rest = span_skip(*rest, at == rest->len ? at : at + 1);
    return before;
}

bool span_to_u64(struct span digits, uint64_t limit, uint64_t *number_r)
{
    uint64_t number = 0;

    if (digits.len == 0)
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (!is_digit((unsigned char)digits.data[i]) || !checked_mul_u64(number, 10, &number) ||
            !checked_add_u64(number, (uint64_t)(digits.data[i] - '0'), &number))
            return false;
    }
    if (number > limit)
        return false;
    *number_r = number;
    return true;
}
