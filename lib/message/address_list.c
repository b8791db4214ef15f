/*
 * Address lists of header fields: RFC 5322 section 3.4 with the obsolete forms. Nothing is refused:
 * elements are found by their delimiters outside quotes and comments, and what stands between two
 * delimiters is understood as well as it can be. Every octet is looked at a bounded number of times.
 */
#include "lib/message/address.h"

struct list {
    struct arena *arena;
    struct span body;
    size_t at;
    struct header_address *elements;
    size_t count;
    size_t capacity;
    size_t limit;
    bool words_apart; /* see address_parse_recipients */
    bool in_group;
    bool no_more_closers; /* no > was found behind some <, so none comes any more */
};

/* Octets that delimit, or hide what does; most are neither. */
static const bool is_special[256] = {
    ['"'] = true, ['('] = true, ['['] = true, ['\\'] = true, [','] = true,
    [';'] = true, ['<'] = true, ['>'] = true, [':'] = true,  ['@'] = true,
};

/* --- skipping what hides delimiters ------------------------------------------------------------ */

/* Behind the closing quote; one without an end is an ordinary octet. */
static size_t skip_quoted(struct span text, size_t at)
{
    for (size_t i = at + 1; i < text.len; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"')
            return i + 1;
    }
    return at + 1;
}

/* Behind the closing parenthesis; a comment without an end goes to the end. */
static size_t skip_comment(struct span text, size_t at)
{
    size_t depth = 0;

    for (size_t i = at; i < text.len; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '(')
            depth++;
        else if (text.data[i] == ')' && --depth == 0)
            return i + 1;
    }
    return text.len;
}

/* Behind a domain literal; a bracket that starts none is an ordinary octet. */
static size_t skip_literal(struct span text, size_t at)
{
    size_t i = at + 1;

    while (i < text.len &&
           (is_alnum((unsigned char)text.data[i]) || memchr(":.-_", text.data[i], 4) != NULL))
        i++;
    return i < text.len && text.data[i] == ']' ? i + 1 : at + 1;
}

static size_t skip_special(struct span text, size_t at)
{
    switch (text.data[at]) {
    case '"':
        return skip_quoted(text, at);
    case '(':
        return skip_comment(text, at);
    case '[':
        return skip_literal(text, at);
    case '\\':
        return at + 2 < text.len ? at + 2 : text.len;
    default:
        return at + 1;
    }
}

static size_t skip_one(struct span text, size_t at)
{
    return is_special[(unsigned char)text.data[at]] ? skip_special(text, at) : at + 1;
}

size_t address_token_end(struct span body, size_t at)
{
    return skip_one(body, at);
}

/* The first of these delimiters, special ones all, that is not hidden; text.len when there is none. */
static size_t find_delimiter(struct span text, size_t at, const char *delimiters)
{
    size_t count = strlen(delimiters);

    while (at < text.len) {
        unsigned char octet = (unsigned char)text.data[at];
        if (!is_special[octet])
            at++;
        else if (memchr(delimiters, octet, count) != NULL)
            break;
        else
            at = skip_special(text, at);
    }
    return at;
}

/* --- the parts of an element -------------------------------------------------------------------- */

static struct span part(struct span text, size_t first, size_t past)
{
    return span_of(text.data + first, past - first);
}

/* Without backslashes and folds; never longer than it was. */
static size_t copy_unescaped(struct span text, char *to)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\\' && i + 1 < text.len)
            i++;
        if (text.data[i] != '\r' && text.data[i] != '\n' && text.data[i] != '\0')
            to[len++] = text.data[i];
    }
    return len;
}

/* What skip_one stepped over, without quotes. */
static size_t copy_token(struct span token, char *to)
{
    bool is_quoted = token.data[0] == '"' && token.len > 1;

    if (token.len == 1 && token.data[0] > ' ' && token.data[0] != '\\') {
        *to = token.data[0];
        return 1;
    }
    return copy_unescaped(is_quoted ? part(token, 1, token.len - 1) : token, to);
}

/* Without comments and quoting; words with one space between them, or with none. */
static struct span clean(struct arena *arena, struct span text, bool keep_spaces)
{
    char *to = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    bool between = false;
    size_t next;

    for (size_t at = 0; at < text.len; at = next) {
        next = skip_one(text, at);
        if (is_space((unsigned char)text.data[at]) || text.data[at] == '(') {
            between = true;
            continue;
        }
        if (keep_spaces && between && len > 0)
            to[len++] = ' ';
        between = false;
        len += copy_token(part(text, at, next), to + len);
    }
    return span_of(to, len);
}

/* The text of the last comment: a name, in the old style "joe@example.com (Joe)". */
static struct span last_comment(struct arena *arena, struct span text)
{
    struct span comment = SPAN_EMPTY;
    char *to;
    size_t next;

    for (size_t at = 0; at < text.len; at = next) {
        next = skip_one(text, at);
        if (text.data[at] == '(')
            comment = part(text, at + 1, text.data[next - 1] == ')' ? next - 1 : next);
    }
    to = arena_alloc(arena, comment.len + 1);
    return span_of(to, copy_unescaped(comment, to));
}

/* Cut white space and comments off both ends of text[*first..*past]. */
static void trim(struct span text, size_t *first, size_t *past)
{
    size_t end;
    size_t next;

    while (*first < *past &&
           (is_space((unsigned char)text.data[*first]) || text.data[*first] == '('))
        *first = skip_one(text, *first);
    if (*first > *past)
        *first = *past;
    end = *first;
    for (size_t at = *first; at < *past; at = next) {
        next = skip_one(text, at);
        if (!is_space((unsigned char)text.data[at]) && text.data[at] != '(')
            end = next;
    }
    *past = end;
}

static size_t find_last_at(struct span spec)
{
    size_t found = spec.len;

    for (size_t at = find_delimiter(spec, 0, "@"); at < spec.len;
         at = find_delimiter(spec, at + 1, "@"))
        found = at;
    return found;
}

/* addr-spec, with the route before it that only <> may hold */
static void set_address(struct list *list, struct header_address *element, size_t first,
                        size_t past)
{
    struct span spec;
    size_t at;

    trim(list->body, &first, &past);
    element->first = first;
    element->past = past;
    spec = part(list->body, first, past);
    at = find_delimiter(spec, 0, ":");
    if (spec.len > 0 && spec.data[0] == '@' && at < spec.len) {
        element->route = clean(list->arena, span_first(spec, at), false);
        spec = span_skip(spec, at + 1);
    }
    at = find_last_at(spec);
    element->localpart = clean(list->arena, span_first(spec, at), false);
    element->domain = clean(list->arena, span_skip(spec, at + 1), false);
}

/* --- elements ------------------------------------------------------------------------------------- */

static struct header_address *add(struct list *list)
{
    if (list->count == list->capacity) {
        struct header_address *old = list->elements;

        list->capacity = list->capacity == 0 ? 4 : 2 * list->capacity;
        list->elements = arena_array(list->arena, struct header_address, list->capacity);
        if (list->count > 0)
            memcpy(list->elements, old, list->count * sizeof(*old));
    }
    return &list->elements[list->count++];
}

static void add_group(struct list *list, size_t colon)
{
    struct header_address *element = add(list);

    element->kind = ADDRESS_GROUP_START;
    element->localpart = clean(list->arena, part(list->body, list->at, colon), true);
    element->first = element->past = list->at;
    list->in_group = true;
    list->at = colon + 1;
}

static void add_group_end(struct list *list)
{
    struct header_address *element = add(list);

    element->kind = ADDRESS_GROUP_END;
    element->first = element->past = list->at;
    list->in_group = false;
}

/* [display-name] "<" ... ">"; without > the address ends where the next element may begin */
static void add_bracketed(struct list *list, size_t open)
{
    struct header_address *element = add(list);
    size_t close = list->no_more_closers ? list->body.len : find_delimiter(list->body, open, ">");
    size_t past = close + 1;
    size_t start = list->at;

    if (close == list->body.len) {
        list->no_more_closers = true;
        close = past = find_delimiter(list->body, open, ",;");
    }
    list->at = list->words_apart ? past : find_delimiter(list->body, past, ",;");
    if (list->at > list->body.len)
        list->at = list->body.len;
    set_address(list, element, open + 1, close);
    element->display_name = clean(list->arena, part(list->body, start, open), true);
    if (element->display_name.len == 0)
        element->display_name = last_comment(list->arena, part(list->body, past, list->at));
}

/* addr-spec alone, perhaps with a comment; several words without @ are a name without an address */
static void add_plain(struct list *list, size_t past)
{
    struct header_address *element = add(list);
    struct span text = part(list->body, list->at, past);
    struct span words = clean(list->arena, text, true);
    bool is_one_word = words.len == clean(list->arena, text, false).len;

    if (is_one_word || find_last_at(text) < text.len) {
        set_address(list, element, list->at, past);
        element->display_name = last_comment(list->arena, text);
    } else {
        element->display_name = words;
        element->first = element->past = list->at;
    }
    list->at = past;
}

/* Comments are no words, and neither is a > that closes nothing. */
static bool is_between_words(char octet)
{
    return is_space((unsigned char)octet) || octet == '(' || octet == '>';
}

/* Where the address ends that begins with the word at `at`: words belong together when . or @ joins them. */
static size_t find_end_of_words(struct span text, size_t at, size_t past)
{
    bool is_apart = false, joins = true;
    size_t end = at, next;

    for (; at < past; at = next) {
        char octet = text.data[at];

        next = skip_one(text, at);
        if (is_between_words(octet)) {
            is_apart = true;
            continue;
        }
        if (is_apart && !joins && octet != '.' && octet != '@')
            return end;
        joins = octet == '.' || octet == '@';
        is_apart = false;
        end = next;
    }
    return end;
}

static void add_words(struct list *list, size_t past)
{
    while (list->at < past && list->count < list->limit) {
        char octet = list->body.data[list->at];

        if (is_between_words(octet)) {
            list->at = skip_one(list->body, list->at);
        } else {
            size_t end = find_end_of_words(list->body, list->at, past);

            set_address(list, add(list), list->at, end);
            list->at = end;
        }
    }
}

static void add_element(struct list *list)
{
    size_t end = find_delimiter(list->body, list->at, ",;<:");

    while (end < list->body.len && list->body.data[end] == ':' && list->in_group)
        end = find_delimiter(list->body, end + 1, ",;<:"); /* groups are not nested */
    if (end < list->body.len && list->body.data[end] == ':')
        add_group(list, end);
    else if (end < list->body.len && list->body.data[end] == '<')
        add_bracketed(list, end);
    else if (list->words_apart)
        add_words(list, end);
    else
        add_plain(list, end);
}

static struct header_address *parse(struct list *list, size_t *count_r)
{
    while (list->at < list->body.len && list->count < list->limit) {
        char octet = list->body.data[list->at];

        if (octet == ';' && list->in_group)
            add_group_end(list);
        else if (octet == '(' || octet == ',' || octet == ';' || is_space((unsigned char)octet))
            list->at = skip_one(list->body, list->at);
        else
            add_element(list);
    }
    if (list->in_group && list->count < list->limit)
        add_group_end(list);
    *count_r = list->count;
    return list->elements;
}

struct header_address *address_parse_list(struct arena *arena, struct span body, size_t limit,
                                          size_t *count_r)
{
    struct list list = {.arena = arena, .body = body, .limit = limit};

    return parse(&list, count_r);
}

struct header_address *address_parse_recipients(struct arena *arena, struct span body, size_t limit,
                                                size_t *count_r)
{
    struct list list = {.arena = arena, .body = body, .limit = limit, .words_apart = true};

    return parse(&list, count_r);
}
