/* astrings of LOGIN, and literals of other commands, whole or not yet whole. */
#include "lib/base/base.h"

#include "login/imap_login.h"

/* ASTRING-CHAR: any CHAR but atom-specials; "]" is allowed. */
static bool is_astring_char(unsigned char c)
{
    return c > ' ' && c < 127 && strchr("(){%*\"\\", c) == NULL;
}

/* A backslash takes what follows as it is, whatever that may be: passwords are sent by all kinds of programs. */
static enum parse_result parse_quoted(struct arena *arena, struct cursor *at, struct span *value_r)
{
    char *text = arena_alloc(arena, cursor_left(*at) + 1);
    size_t len = 0;

    for (; !cursor_at_end(*at); at->next++) {
        unsigned char c = *at->next;
        if (c == '"') {
            at->next++;
            *value_r = span_of(text, len);
            return PARSE_DONE;
        }
        if (c == '\r' || c == '\n')
            return PARSE_MALFORMED;
        if (c == '\\') {
            at->next++;
            if (cursor_at_end(*at))
                return PARSE_INCOMPLETE;
        }
        text[len++] = (char)*at->next;
    }
    return PARSE_INCOMPLETE;
}

/* literal = "{" number ["+"] "}" CRLF *OCTET, behind its brace: RFC 9051 section 4.3, RFC 7888 */
static enum parse_result parse_literal(struct arena *arena, struct cursor *at,
                                       const unsigned char *start, struct imap_astring *string_r)
{
    uint64_t size = 0;
    bool digits = false, synchronizing;

    for (; !cursor_at_end(*at) && is_digit(*at->next); at->next++, digits = true) {
        size = size * 10 + (*at->next - '0');
        if (size > IMAP_LOGIN_LITERAL_MAX)
            return PARSE_TOO_BIG;
    }
    synchronizing = !cursor_take(at, '+');
    if (cursor_left(*at) < 2 && (cursor_at_end(*at) || *at->next == '}'))
        return PARSE_INCOMPLETE;
    if (!digits || !cursor_take(at, '}'))
        return PARSE_MALFORMED;
    (void)cursor_take(at, '\r');
    if (cursor_at_end(*at))
        return PARSE_INCOMPLETE;
    if (!cursor_take(at, '\n'))
        return PARSE_MALFORMED;
    string_r->announced = synchronizing;
    string_r->announced_at = (size_t)(at->next - start);
    if (cursor_left(*at) < size)
        return PARSE_INCOMPLETE;
    string_r->value = span_of(arena_text(arena, span_of(at->next, size)), size);
    at->next += size;
    return PARSE_DONE;
}

enum parse_result imap_astring_parse(struct arena *arena, struct cursor *at,
                                     struct imap_astring *string_r)
{
    const unsigned char *start = at->next;
    struct cursor here = *at;
    enum parse_result result = PARSE_DONE;

    *string_r = (struct imap_astring){0};
    if (cursor_at_end(here))
        return PARSE_INCOMPLETE;
    if (cursor_take(&here, '"')) {
        result = parse_quoted(arena, &here, &string_r->value);
    } else if (cursor_take(&here, '{')) {
        result = parse_literal(arena, &here, start, string_r);
    } else {
        while (!cursor_at_end(here) && is_astring_char(*here.next))
            here.next++;
        if (cursor_at_end(here))
            return PARSE_INCOMPLETE;
        if (here.next == start)
            return PARSE_MALFORMED;
        string_r->value = span_of(arena_text(arena, span_of(start, (size_t)(here.next - start))),
                                  (size_t)(here.next - start));
    }
    if (result == PARSE_DONE)
        *at = here;
    return result;
}

enum parse_result imap_rest_parse(struct arena *arena, struct cursor *at,
                                  struct imap_astring *literal_r, bool *goes_on_r)
{
    const unsigned char *start = at->next, *brace;
    const unsigned char *end = memchr(start, '\n', cursor_left(*at));

    *literal_r = (struct imap_astring){0};
    *goes_on_r = false;
    if (end == NULL)
        return PARSE_INCOMPLETE;
    brace = memrchr(start, '{', (size_t)(end - start));
    if (brace > start && (brace[-1] == ' ' || brace[-1] == '(')) { /* else it is in an atom */
        struct cursor here = *at;
        enum parse_result result;

        here.next = brace;
        result = imap_astring_parse(arena, &here, literal_r);
        literal_r->announced_at += (size_t)(brace - start);
        *goes_on_r = result == PARSE_DONE;
        if (result == PARSE_DONE)
            *at = here;
        if (result != PARSE_MALFORMED)
            return result;
    }
    at->next = end + 1;
    return PARSE_DONE;
}
