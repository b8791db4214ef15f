/* ENVELOPE back into its parts: for SEARCH, SORT and THREAD, which need no message file then. */
#include "lib/base/base.h"

#include "lib/message/envelope.h"

#define NUMBER_MAX 20 /* digits of a literal's length */

/* Escapes are undone in a copy; most texts have none. */
static struct span unescape(struct arena *arena, struct span text)
{
    char *copy = arena_text(arena, text);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (copy[i] == '\\' && i + 1 < text.len)
            i++;
        copy[len++] = copy[i];
    }
    return span_of(copy, len);
}

/* "..." up to its end */
static bool take_quoted(struct arena *arena, struct cursor *at, struct span *text_r)
{
    const unsigned char *first = at->next, *end = memchr(first, '"', cursor_left(*at));

    if (end != NULL && memchr(first, '\\', (size_t)(end - first)) == NULL) {
        *text_r = span_of(first, (size_t)(end - first));
        at->next = end + 1;
        return true;
    }
    for (; !cursor_at_end(*at) && *at->next != '"'; at->next++) {
        if (*at->next == '\\' && cursor_left(*at) > 1)
            at->next++;
    }
    *text_r = unescape(arena, span_of(first, (size_t)(at->next - first)));
    return cursor_take(at, '"');
}

/* {5}CRLF and the octets */
static bool take_literal(struct cursor *at, struct span *text_r)
{
    struct span rest = span_of(at->next, cursor_left(*at));
    struct span digits = span_first(rest, span_find(span_first(rest, NUMBER_MAX), '}'));
    uint64_t size;

    if (!span_to_u64(digits, rest.len, &size))
        return false;
    at->next += digits.len;
    if (!cursor_take(at, '}') || !cursor_take(at, '\r') || !cursor_take(at, '\n') ||
        size > cursor_left(*at))
        return false;
    *text_r = span_of(at->next, (size_t)size);
    at->next += size;
    return true;
}

static bool take_nil(struct cursor *at)
{
    if (cursor_left(*at) < 3 || memcmp(at->next, "NIL", 3) != 0)
        return false;
    at->next += 3;
    return true;
}

static bool take_text(struct arena *arena, struct cursor *at, struct span *text_r)
{
    *text_r = SPAN_EMPTY;
    if (cursor_take(at, '"'))
        return take_quoted(arena, at, text_r);
    if (cursor_take(at, '{'))
        return take_literal(at, text_r);
    return take_nil(at);
}

/* (name route mailbox host) */
static bool take_address(struct arena *arena, struct cursor *at, struct envelope_address *address)
{
    return cursor_take(at, '(') && take_text(arena, at, &address->name) && cursor_take(at, ' ') &&
           take_text(arena, at, &address->route) && cursor_take(at, ' ') &&
           take_text(arena, at, &address->mailbox) && cursor_take(at, ' ') &&
           take_text(arena, at, &address->host) && cursor_take(at, ')');
}

bool envelope_next_address(struct arena *arena, struct cursor *list,
                           struct envelope_address *address_r)
{
    return !cursor_at_end(*list) && take_address(arena, list, address_r);
}

/* Up to the parenthesis that ends a list, without a look at what is in it but for quotes and literals. */
static bool skip_list(struct cursor *at)
{
    struct span ignored;

    for (; !cursor_at_end(*at); at->next++) {
        if (*at->next == ')' && cursor_left(*at) > 1 && at->next[1] != '(') {
            at->next++; /* of the last address */
            return true;
        }
        if (*at->next == '"') {
            for (at->next++; !cursor_at_end(*at) && *at->next != '"'; at->next++)
                at->next += *at->next == '\\' && cursor_left(*at) > 1;
            if (cursor_at_end(*at))
                return false;
        } else if (*at->next == '{') {
            at->next++;
            if (!take_literal(at, &ignored))
                return false;
            at->next--;
        }
    }
    return false;
}

static bool take_list(struct cursor *at, struct span *list_r)
{
    const unsigned char *first;

    *list_r = SPAN_EMPTY;
    if (!cursor_take(at, '('))
        return take_nil(at);
    first = at->next;
    if (!skip_list(at))
        return false;
    *list_r = span_of(first, (size_t)(at->next - first));
    return cursor_take(at, ')');
}

static bool is_list(enum envelope_field field)
{
    return field >= ENVELOPE_FROM && field <= ENVELOPE_BCC;
}

bool envelope_read(struct arena *arena, struct span octets, enum envelope_field last,
                   struct envelope *envelope_r)
{
    struct cursor at = cursor_of(octets);

    *envelope_r = (struct envelope){0};
    for (enum envelope_field field = 0; field <= last && field < ENVELOPE_FIELDS; field++) {
        struct span *text = &envelope_r->fields[field];
        if (!cursor_take(&at, field == 0 ? '(' : ' ') ||
            !(is_list(field) ? take_list(&at, text) : take_text(arena, &at, text)))
            return false;
    }
    return true;
}
