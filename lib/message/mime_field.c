/*
 * Header fields of a part, and the grammar that Content-Type and Content-Disposition share (RFC 2045
 * section 5.1): a value, then parameters, with comments and quoted strings anywhere. Taken loosely:
 * "text/plain; charset = utf-8;" and a stray ";;" occur in real mail.
 */
#include "lib/base/base.h"

#include "lib/message/mime.h"

#define PARAMETERS_MAX 100 /* of one field; more are ignored */

/* --- fields of a header block ------------------------------------------------------------------ */

/* A line and the folded ones behind it, without the last line end. */
static struct span take_logical_line(struct cursor *at, struct span *whole_r)
{
    const char *first = (const char *)at->next;
    const char *end = first;
    size_t len;

    do {
        const unsigned char *lf = memchr(at->next, '\n', cursor_left(*at));
        end = lf == NULL ? (const char *)at->end : (const char *)lf;
        at->next = lf == NULL ? at->end : lf + 1;
    } while (!cursor_at_end(*at) && (*at->next == ' ' || *at->next == '\t'));
    *whole_r = span_of(first, (size_t)((const char *)at->next - first));
    len = (size_t)(end - first);
    if (len > 0 && first[len - 1] == '\r')
        len--;
    return span_of(first, len);
}

bool mime_next_field(struct cursor *header, struct span *name_r, struct span *body_r,
                     struct span *whole_r)
{
    while (!cursor_at_end(*header)) {
        struct span whole, line = take_logical_line(header, &whole);
        size_t colon = span_find(line, ':');
        struct span name = span_trim(span_first(line, colon));

        if (line.len == 0)
            return false;
        if (colon == line.len || name.len == 0 || span_find(name, '\n') < name.len)
            continue;
        *name_r = name;
        *body_r = span_skip(line, colon + 1);
        if (whole_r != NULL)
            *whole_r = whole;
        return true;
    }
    return false;
}

struct span mime_find_field(struct span header, const char *name)
{
    struct cursor at = cursor_of(header);
    struct span field_name, body;

    while (mime_next_field(&at, &field_name, &body, NULL)) {
        if (span_equal_text_nocase(field_name, name))
            return body.data == NULL ? span_of("", 0) : body;
    }
    return SPAN_EMPTY;
}

/* --- structured fields ------------------------------------------------------------------------- */

static void skip_comment(struct cursor *at)
{
    unsigned depth = 0;

    while (!cursor_at_end(*at)) {
        unsigned char c = *at->next++;
        if (c == '\\' && !cursor_at_end(*at))
            at->next++;
        else if (c == '(')
            depth++;
        else if (c == ')' && --depth == 0)
            return;
    }
}

static void skip_space(struct cursor *at)
{
    while (!cursor_at_end(*at) && (is_space(*at->next) || *at->next == '(')) {
        if (*at->next == '(')
            skip_comment(at);
        else
            at->next++;
    }
}

/* What stands before white space or one of `ends`: values without quotes often hold more than
 * RFC 2045 lets them. */
static struct span take_token(struct cursor *at, const char *ends)
{
    const unsigned char *first = at->next;

    while (!cursor_at_end(*at) && !is_space(*at->next) && *at->next != '\0' &&
           strchr(ends, *at->next) == NULL)
        at->next++;
    return span_of(first, (size_t)(at->next - first));
}

/* Behind the closing quote, or the end. */
static const unsigned char *end_of_quoted(struct cursor at)
{
    for (; !cursor_at_end(at); at.next++) {
        if (*at.next == '"')
            return at.next + 1;
        if (*at.next == '\\' && cursor_left(at) > 1)
            at.next++;
    }
    return at.next;
}

static struct span take_quoted(struct arena *arena, struct cursor *at)
{
    struct cursor quoted = {at->next + 1, end_of_quoted((struct cursor){at->next + 1, at->end})};
    char *text = arena_alloc(arena, cursor_left(quoted) + 1);
    size_t len = 0;

    at->next = quoted.end;
    while (!cursor_at_end(quoted) && *quoted.next != '"') {
        unsigned char c = *quoted.next++;
        if (c == '\\' && !cursor_at_end(quoted))
            c = *quoted.next++;
        if (c != '\r' && c != '\n') /* a fold */
            text[len++] = (char)c;
    }
    return span_of(text, len);
}

static void skip_to_semicolon(struct cursor *at)
{
    while (!cursor_at_end(*at) && *at->next != ';')
        at->next++;
}

static bool take_parameter(struct arena *arena, struct cursor *at, struct mime_parameter *parameter)
{
    skip_space(at);
    parameter->name = take_token(at, ";=()<>@,\"/");
    skip_space(at);
    if (parameter->name.len == 0 || !cursor_take(at, '='))
        return false;
    skip_space(at);
    if (!cursor_at_end(*at) && *at->next == '"')
        parameter->value = take_quoted(arena, at);
    else
        parameter->value = take_token(at, ";\"");
    return true;
}

static void take_parameters(struct arena *arena, struct cursor *at, struct mime_field *field)
{
    size_t semicolons = 0;

    for (const unsigned char *c = at->next; c < at->end; c++)
        semicolons += *c == ';';
    if (semicolons > PARAMETERS_MAX)
        semicolons = PARAMETERS_MAX;
    if (semicolons == 0)
        return;
    field->parameters = arena_array(arena, struct mime_parameter, semicolons);
    for (skip_to_semicolon(at); cursor_take(at, ';'); skip_to_semicolon(at)) {
        if (field->parameter_count == semicolons)
            return;
        if (take_parameter(arena, at, &field->parameters[field->parameter_count]))
            field->parameter_count++;
    }
}

struct mime_field mime_parse_field(struct arena *arena, struct span body, bool has_subtype)
{
    struct mime_field field = {0};
    struct cursor at = cursor_of(body);
    struct span value, subtype = SPAN_EMPTY;

    skip_space(&at);
    value = take_token(&at, ";/()<>@,\"=");
    if (has_subtype) {
        skip_space(&at);
        if (!cursor_take(&at, '/'))
            return field;
        skip_space(&at);
        subtype = take_token(&at, ";()<>@,\"=");
        if (subtype.len == 0)
            return field;
    }
    if (value.len == 0)
        return field;
    field.value = value;
    field.subtype = subtype;
    take_parameters(arena, &at, &field);
    return field;
}

struct span mime_parameter(const struct mime_field *field, const char *name)
{
    for (size_t i = 0; i < field->parameter_count; i++) {
        if (span_equal_text_nocase(field->parameters[i].name, name))
            return field->parameters[i].value;
    }
    return SPAN_EMPTY;
}
