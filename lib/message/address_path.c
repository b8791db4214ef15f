/* The path of MAIL FROM and RCPT TO: RFC 5321 section 4.1.2, with what Postfix takes beyond it. */
#include "lib/message/address.h"

#include "lib/message/atom.h"

struct path {
    struct cursor at;
    bool strict;
    size_t len;
    char *text; /* ADDRESS_MAX octets for the internal form */
};

static enum parse_result put(struct path *path, unsigned char octet)
{
    if (path->len + 1 >= ADDRESS_MAX)
        return PARSE_TOO_BIG;
    path->text[path->len++] = (char)octet;
    return PARSE_DONE;
}

/* An octet that may stand after a backslash or between quotes: no control character. */
static enum parse_result put_any(struct path *path)
{
    if (cursor_at_end(path->at))
        return PARSE_INCOMPLETE;
    if (*path->at.next < ' ' || *path->at.next == 0x7f)
        return PARSE_MALFORMED;
    return put(path, *path->at.next++);
}

/* "(" ... ")", nested; the opening one has been taken */
static enum parse_result skip_comment(struct path *path)
{
    int depth = 1;

    while (depth > 0) {
        if (cursor_take(&path->at, '\\') && cursor_at_end(path->at))
            return PARSE_INCOMPLETE;
        if (cursor_at_end(path->at))
            return PARSE_INCOMPLETE;
        depth += *path->at.next == '(' ? 1 : *path->at.next == ')' ? -1 : 0;
        path->at.next++;
    }
    return PARSE_DONE;
}

/* Only between < and >; no comments when strict. */
static enum parse_result skip_filling(struct path *path, bool bracketed)
{
    enum parse_result result = PARSE_DONE;

    if (!bracketed)
        return PARSE_DONE;
    do {
        while (cursor_take(&path->at, ' ') || cursor_take(&path->at, '\t'))
            continue;
        if (path->strict || !cursor_take(&path->at, '('))
            return result;
        result = skip_comment(path);
    } while (result == PARSE_DONE);
    return result;
}

/* The rest of a quoted string, which may hold white space: "..." is stored as ... */
static enum parse_result take_quoted(struct path *path)
{
    enum parse_result result = PARSE_DONE;

    while (result == PARSE_DONE && !cursor_take(&path->at, '"')) {
        (void)cursor_take(&path->at, '\\');
        result = put_any(path);
    }
    return result;
}

/* Atoms, dots, quoted strings and escaped octets in any order, at least one of them. */
static enum parse_result take_localpart(struct path *path)
{
    enum parse_result result = PARSE_DONE;
    const unsigned char *first = path->at.next;

    while (result == PARSE_DONE && !cursor_at_end(path->at)) {
        if (cursor_take(&path->at, '"'))
            result = take_quoted(path);
        else if (cursor_take(&path->at, '\\'))
            result = put_any(path);
        else if (is_atom_octet(*path->at.next) || *path->at.next == '.')
            result = put(path, *path->at.next++);
        else
            break;
    }
    return result == PARSE_DONE && path->at.next == first ? PARSE_MALFORMED : result;
}

/* "[" dtext "]": RFC 5321 section 4.1.3; whoever resolves it looks at what is inside */
static enum parse_result take_domain_literal(struct path *path)
{
    enum parse_result result = PARSE_DONE;

    while (result == PARSE_DONE && path->text[path->len - 1] != ']') {
        if (cursor_at_end(path->at))
            result = PARSE_INCOMPLETE;
        else if (is_alnum(*path->at.next) || memchr("[]:.-", *path->at.next, 5) != NULL)
            result = put(path, *path->at.next++);
        else
            result = PARSE_MALFORMED;
    }
    return result;
}

/* Labels with single dots between them and perhaps one at the end; "_" occurs. */
static enum parse_result take_domain(struct path *path)
{
    enum parse_result result = PARSE_DONE;
    size_t start = path->len;

    if (cursor_take(&path->at, '[')) {
        result = put(path, '[');
        return result == PARSE_DONE ? take_domain_literal(path) : result;
    }
    while (result == PARSE_DONE && !cursor_at_end(path->at)) {
        unsigned char octet = *path->at.next;
        bool is_label = is_alnum(octet) || octet == '-' || octet == '_' || octet > 127;
        bool is_dot = octet == '.' && path->len > start && path->text[path->len - 1] != '.';

        if (!is_label && !is_dot)
            break;
        result = put(path, octet);
        path->at.next++;
    }
    return result == PARSE_DONE && path->len == start ? PARSE_MALFORMED : result;
}

/* A source route, "@a,@b:", says nothing any more: RFC 5321 appendix C. */
static enum parse_result skip_route(struct path *path)
{
    enum parse_result result = PARSE_DONE;

    if (!cursor_take(&path->at, '@'))
        return PARSE_DONE;
    while (result == PARSE_DONE) {
        path->len = 0;
        result = take_domain(path);
        if (result == PARSE_DONE && cursor_take(&path->at, ':'))
            break;
        while (cursor_take(&path->at, ',') || cursor_take(&path->at, ' '))
            continue;
        if (result == PARSE_DONE && !cursor_take(&path->at, '@'))
            result = cursor_at_end(path->at) ? PARSE_INCOMPLETE : PARSE_MALFORMED;
    }
    path->len = 0;
    return result;
}

static enum parse_result take_mailbox(struct path *path, bool bracketed)
{
    enum parse_result result = skip_filling(path, bracketed);

    if (result == PARSE_DONE)
        result = take_localpart(path);
    if (result == PARSE_DONE)
        result = skip_filling(path, bracketed);
    /* Of several domains the last one counts; the others are part of the localpart then. */
    while (result == PARSE_DONE && cursor_take(&path->at, '@')) {
        result = put(path, '@');
        if (result == PARSE_DONE)
            result = skip_filling(path, bracketed);
        if (result == PARSE_DONE)
            result = take_domain(path);
    }
    return result == PARSE_DONE ? skip_filling(path, bracketed) : result;
}

/* Behind the first "<"; each further one needs its ">". */
static enum parse_result take_bracketed(struct path *path)
{
    size_t open = 1;
    enum parse_result result;

    while (cursor_take(&path->at, '<'))
        open++;
    result = skip_filling(path, true);
    if (result == PARSE_DONE && !cursor_at_end(path->at) && *path->at.next != '>') {
        result = skip_route(path);
        if (result == PARSE_DONE)
            result = take_mailbox(path, true);
    }
    for (; result == PARSE_DONE && open > 0; open--) {
        if (cursor_at_end(path->at))
            result = PARSE_INCOMPLETE;
        else if (!cursor_take(&path->at, '>'))
            result = PARSE_MALFORMED;
    }
    return result;
}

enum parse_result address_parse_path(struct arena *arena, struct cursor *at, bool strict,
                                     const char **address_r)
{
    char text[ADDRESS_MAX];
    struct path path = {.at = *at, .strict = strict, .text = text};
    enum parse_result result;

    while (cursor_take(&path.at, ' ') || cursor_take(&path.at, '\t'))
        continue;
    if (cursor_at_end(path.at))
        return PARSE_INCOMPLETE;
    if (cursor_take(&path.at, '<'))
        result = take_bracketed(&path);
    else
        result = strict ? PARSE_MALFORMED : take_mailbox(&path, false);
    while (result == PARSE_DONE && cursor_take(&path.at, '>'))
        continue;
    if (result == PARSE_DONE && !cursor_at_end(path.at) && *path.at.next != ' ' &&
        *path.at.next != '\t')
        result = PARSE_MALFORMED;
    if (result == PARSE_DONE && strict && path.len > 0 && text[0] == '@')
        result = PARSE_MALFORMED; /* ""@domain */
    if (result != PARSE_DONE)
        return result;
    *address_r = arena_text(arena, span_of(text, path.len));
    *at = path.at;
    return PARSE_DONE;
}
