/*
 * Octets from outside: a span is a borrowed pointer and a length; a cursor is a span that a parser
 * moves along and cannot leave. Nothing here needs or adds a NUL.
 */
#ifndef BUZON_LIB_BASE_SPAN_H
#define BUZON_LIB_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *data; /* may be NULL when len is 0 */
    size_t len;
};

#define SPAN_EMPTY         ((struct span){NULL, 0})
#define SPAN_LITERAL(text) ((struct span){"" text "", sizeof(text) - 1})

/* For "%.*s" of printf; the length is cut at INT_MAX. */
#define SPAN_PRINTF(span)                                                                          \
    ((int)((span).len > INT_MAX ? INT_MAX : (span).len)), ((span).data ? (span).data : "")

static inline struct span span_of(const void *data, size_t len)
{
    return (struct span){data, len};
}

/* span_text - the octets of NUL-terminated text, without the NUL; NULL is empty */
static inline struct span span_text(const char *text)
{
    return (struct span){text, text == NULL ? 0 : strlen(text)};
}

bool span_equal(struct span a, struct span b);
bool span_equal_text(struct span a, const char *text);
/* ..._nocase compare ASCII letters without case, independent of the locale. */
bool span_equal_nocase(struct span a, struct span b);
bool span_equal_text_nocase(struct span a, const char *text);
bool span_starts_with(struct span whole, const char *prefix);
bool span_starts_with_nocase(struct span whole, const char *prefix);
bool span_ends_with_nocase(struct span whole, const char *suffix);

/* span_find - offset of the first such octet, or whole.len */
size_t span_find(struct span whole, char octet);
/* span_find_last - offset of the last such octet, or whole.len */
size_t span_find_last(struct span whole, char octet);

/* span_skip - without the first n octets (all of them when n is larger) */
struct span span_skip(struct span whole, size_t n);
/* span_first - only the first n octets */
struct span span_first(struct span whole, size_t n);
/* span_trim - without white space (SP HT CR LF VT FF) at both ends */
struct span span_trim(struct span whole);

/* span_take_word - split off the next run without SP or HT, and skip the white space behind it */
struct span span_take_word(struct span *rest);
/* span_take_until - split off what stands before `octet`; the octet itself is skipped too */
struct span span_take_until(struct span *rest, char octet);

/* span_to_u64 - whole span is decimal digits and at most limit */
bool span_to_u64(struct span digits, uint64_t limit, uint64_t *number_r);

/* A parser's place in octets it does not own. */
struct cursor {
    const unsigned char *next;
    const unsigned char *end;
};

enum parse_result { PARSE_DONE, PARSE_INCOMPLETE, PARSE_MALFORMED, PARSE_TOO_BIG };

static inline struct cursor cursor_of(struct span octets)
{
    const unsigned char *first = (const unsigned char *)octets.data;
    return (struct cursor){first, first == NULL ? NULL : first + octets.len};
}

static inline bool cursor_at_end(struct cursor at)
{
    return at.next == at.end;
}

static inline size_t cursor_left(struct cursor at)
{
    return (size_t)(at.end - at.next);
}

/* cursor_take - step over this octet if it is the next one */
static inline bool cursor_take(struct cursor *at, char octet)
{
    if (at->next == at->end || *at->next != (unsigned char)octet)
        return false;
    at->next++;
    return true;
}

/* ASCII only, independent of the locale. */
static inline bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}
static inline bool is_alpha(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool is_alnum(int c)
{
    return is_digit(c) || is_alpha(c);
}
static inline bool is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline char to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

#endif
