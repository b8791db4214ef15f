/* The grammar of IMAP's commands. */
#include "lib/base/base.h"

#include "imapd/parse.h"

#include "lib/store/store.h"

#define KEYWORDS_IN_LIST_MAX 100

bool parse_space(struct cursor *at)
{
    const unsigned char *first = at->next;

    while (cursor_take(at, ' ')) {
    }
    return at->next > first;
}

bool parse_more(struct cursor *at)
{
    return parse_space(at) && !cursor_at_end(*at) && *at->next != ')';
}

bool parse_end(const struct cursor *at)
{
    struct cursor here = *at;

    (void)!parse_space(&here);
    return cursor_at_end(here);
}

/* atom-specials, and what is no 7-bit character at all */
static bool is_atom_octet(unsigned char c)
{
    return c > 0x20 && c < 0x7f && strchr("(){%*\"\\]", c) == NULL;
}

static struct span take_while(struct cursor *at, bool (*accepts)(unsigned char c))
{
    const unsigned char *first = at->next;

    while (!cursor_at_end(*at) && accepts(*at->next))
        at->next++;
    return span_of(first, (size_t)(at->next - first));
}

bool parse_word(struct cursor *at, const char *word)
{
    struct cursor here = *at;
    struct span atom = take_while(&here, is_atom_octet);

    if (!span_equal_text_nocase(atom, word))
        return false;
    *at = here;
    return true;
}

bool parse_atom(struct cursor *at, struct span *atom_r)
{
    *atom_r = take_while(at, is_atom_octet);
    return atom_r->len > 0;
}

/* An atom, perhaps with a '\\' before it. */
static bool take_flag_word(struct cursor *at, struct span *flag_r)
{
    struct cursor here = *at;
    const unsigned char *first = here.next;

    cursor_take(&here, '\\');
    if (take_while(&here, is_atom_octet).len == 0)
        return false;
    *flag_r = span_of(first, (size_t)(here.next - first));
    *at = here;
    return true;
}

/* --- strings ----------------------------------------------------------------------------------- */

static bool parse_quoted(struct arena *arena, struct cursor *at, struct span *text_r)
{
    struct cursor here = *at;
    char *text;
    size_t len = 0;

    if (!cursor_take(&here, '"'))
        return false;
    text = arena_alloc(arena, cursor_left(here) + 1);
    while (!cursor_at_end(here) && *here.next != '"') {
        if (*here.next == '\\' && cursor_left(here) > 1)
            here.next++;
        if (*here.next == '\r' || *here.next == '\n' || *here.next == '\0')
            return false;
        text[len++] = (char)*here.next++;
    }
    if (!cursor_take(&here, '"'))
        return false;
    *text_r = span_of(text, len);
    *at = here;
    return true;
}

/* "{" number ["+"] "}" CRLF and the octets */
static bool parse_octets(struct cursor *at, struct span *text_r)
{
    struct cursor here = *at;
    uint64_t size;

    if (!cursor_take(&here, '{') || !parse_number(&here, SIZE_MAX, &size))
        return false;
    cursor_take(&here, '+');
    if (!cursor_take(&here, '}') || !cursor_take(&here, '\r') || !cursor_take(&here, '\n') ||
        size > cursor_left(here))
        return false;
    *text_r = span_of(here.next, (size_t)size);
    here.next += size;
    *at = here;
    return true;
}

static bool parse_literal(struct cursor *at, struct span *text_r)
{
    struct cursor here = *at;

    if (!parse_octets(&here, text_r) || memchr(text_r->data, '\0', text_r->len) != NULL)
        return false;
    *at = here;
    return true;
}

bool parse_string(struct arena *arena, struct cursor *at, struct span *text_r)
{
    return parse_quoted(arena, at, text_r) || parse_literal(at, text_r);
}

bool parse_string8(struct arena *arena, struct cursor *at, struct span *text_r)
{
    struct cursor here = *at;

    if (!cursor_take(&here, '~'))
        return parse_string(arena, at, text_r);
    if (!parse_octets(&here, text_r))
        return false;
    *at = here;
    return true;
}

static bool is_astring_octet(unsigned char c)
{
    return is_atom_octet(c) || c == ']';
}

static bool is_list_octet(unsigned char c)
{
    return is_astring_octet(c) || c == '%' || c == '*';
}

bool parse_astring(struct arena *arena, struct cursor *at, struct span *text_r)
{
    if (parse_string(arena, at, text_r))
        return true;
    *text_r = take_while(at, is_astring_octet);
    return text_r->len > 0;
}

bool parse_list_mailbox(struct arena *arena, struct cursor *at, struct span *text_r)
{
    if (parse_string(arena, at, text_r))
        return true;
    *text_r = take_while(at, is_list_octet);
    return text_r->len > 0;
}

bool parse_number(struct cursor *at, uint64_t limit, uint64_t *number_r)
{
    const unsigned char *end = at->next;

    while (end < at->end && is_digit(*end))
        end++;
    if (!span_to_u64(span_of(at->next, (size_t)(end - at->next)), limit, number_r))
        return false;
    at->next = end;
    return true;
}

bool parse_literal_at_end(struct span line, struct span *line_r, struct literal *literal_r)
{
    size_t open = span_find_last(line, '{');
    struct span digits;
    struct literal literal = {.synchronizing = true};

    if (open == line.len || line.data[line.len - 1] != '}')
        return false;
    digits = span_skip(span_first(line, line.len - 1), open + 1);
    if (digits.len > 0 && digits.data[digits.len - 1] == '+') {
        literal.synchronizing = false;
        digits.len--;
    }
    if (!span_to_u64(digits, INT64_MAX, &literal.size))
        return false;
    *line_r = span_first(line, open);
    *literal_r = literal;
    return true;
}

/* --- flags ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t flag;
} system_flags[] = {
    {"\\Answered", FLAG_ANSWERED},
    {"\\Flagged",  FLAG_FLAGGED },
    {"\\Deleted",  FLAG_DELETED },
    {"\\Seen",     FLAG_SEEN    },
    {"\\Draft",    FLAG_DRAFT   },
};

void flag_list_release(struct flag_list *list)
{
    strlist_release(&list->keywords);
}

static bool add_flag(struct flag_list *list, struct span word)
{
    if (word.data[0] != '\\') {
        if (word.len > KEYWORD_LENGTH_MAX || list->keywords.count == KEYWORDS_IN_LIST_MAX)
            return false;
        strlist_add_span(&list->keywords, word);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(system_flags); i++) {
        if (span_equal_text_nocase(word, system_flags[i].name)) {
            list->flags |= system_flags[i].flag;
            return true;
        }
    }
    return false;
}

/* One after the other, up to the end. */
static bool take_flags(struct cursor *at, struct flag_list *list)
{
    struct span word;

    do {
        if (!take_flag_word(at, &word) || !add_flag(list, word))
            return false;
    } while (parse_more(at));
    return true;
}

bool parse_flag_list(struct cursor *at, struct flag_list *list)
{
    if (!cursor_take(at, '('))
        return take_flags(at, list);
    if (cursor_take(at, ')'))
        return true;
    return take_flags(at, list) && cursor_take(at, ')');
}
