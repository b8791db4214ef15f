/* A value goes through its modifiers in a buffer of its own, then to the output. */
#include "lib/base/base.h"

#include "lib/base/variables.h"

#define VALUE_MAX  4096
#define NUMBER_MAX 1000

struct variable {
    struct span name;
    struct span modifiers; /* letters */
    struct span filters;   /* "| lower | hex(8)" */
    bool zeros, negative, has_offset;
    unsigned offset, width;
};

/* --- modifiers --------------------------------------------------------------------------------------------- */

static void change_case(struct buf *value, char (*change)(char))
{
    for (size_t i = 0; i < value->len; i++)
        value->data[i] = change(value->data[i]);
}

static void reverse(struct buf *value)
{
    for (size_t i = 0; i < value->len / 2; i++) {
        char c = value->data[i];
        value->data[i] = value->data[value->len - 1 - i];
        value->data[value->len - 1 - i] = c;
    }
}

/* Only this span of the value, which points into it. */
static void keep(struct buf *value, struct span part)
{
    if (part.len > 0)
        buf_remove(value, (size_t)(part.data - value->data));
    buf_truncate(value, part.len);
}

static bool to_hexadecimal(struct buf *value)
{
    uint64_t number;

    if (!span_to_u64(buf_span(value), UINT64_MAX, &number))
        return false;
    buf_clear(value);
    return buf_printf(value, "%" PRIx64, number);
}

static bool replace_dots(struct buf *value)
{
    char *old = mem_span(buf_span(value));
    bool replaced = true;

    buf_clear(value);
    for (const char *c = old; replaced && *c != '\0'; c++)
        replaced = *c == '.' ? buf_append_text(value, ",dc=") : buf_append_char(value, *c);
    mem_free(old);
    return replaced;
}

static bool modify(struct buf *value, char modifier)
{
    switch (modifier) {
    case 'L':
        change_case(value, to_lower);
        return true;
    case 'U':
        change_case(value, to_upper);
        return true;
    case 'R':
        reverse(value);
        return true;
    case 'T':
        keep(value, span_trim(buf_span(value)));
        return true;
    case 'X':
        return to_hexadecimal(value);
    case 'D':
        return replace_dots(value);
    default:
        return false;
    }
}

/* --- filters of %{name | filter} ------------------------------------------------------------------------------ */

static bool pad(struct buf *value, char with, size_t width)
{
    char *old;
    bool padded = true;

    if (value->len >= width)
        return true;
    old = mem_span(buf_span(value));
    for (size_t len = strlen(old); padded && len < width; len++)
        padded = buf_append_char(value, with);
    if (padded) {
        memmove(value->data + width - strlen(old), value->data, strlen(old));
        memset(value->data, with, width - strlen(old));
    }
    mem_free(old);
    return padded;
}

static bool filter(struct buf *value, struct span name)
{
    uint64_t width;

    if (span_equal_text(name, "lower")) {
        change_case(value, to_lower);
    } else if (span_equal_text(name, "upper")) {
        change_case(value, to_upper);
    } else if (span_equal_text(name, "username")) {
        buf_truncate(value, span_find(buf_span(value), '@'));
    } else if (span_equal_text(name, "domain")) {
        buf_remove(value, span_find(buf_span(value), '@'));
        if (value->len > 0)
            buf_remove(value, 1);
    } else if (span_starts_with(name, "hex(") && name.data[name.len - 1] == ')') {
        name = span_skip(span_first(name, name.len - 1), 4);
        return span_to_u64(name, NUMBER_MAX, &width) && to_hexadecimal(value) &&
               pad(value, '0', (size_t)width);
    } else {
        return false;
    }
    return true;
}

static bool apply_filters(struct buf *value, struct span filters)
{
    while (filters.len > 0)
        if (!filter(value, span_trim(span_take_until(&filters, '|'))))
            return false;
    return true;
}

/* --- a variable ------------------------------------------------------------------------------------------------- */

static unsigned take_number(struct cursor *at)
{
    unsigned number = 0;

    for (; !cursor_at_end(*at) && is_digit(*at->next); at->next++)
        if (number < NUMBER_MAX)
            number = number * 10 + (*at->next - '0');
    return number;
}

static bool parse_long(struct cursor *at, struct variable *variable_r)
{
    const unsigned char *start = at->next;
    struct span inside;

    while (!cursor_at_end(*at) && *at->next != '}')
        at->next++;
    inside = span_of(start, (size_t)(at->next - start));
    variable_r->name = span_trim(span_take_until(&inside, '|'));
    variable_r->filters = inside;
    return cursor_take(at, '}') && variable_r->name.len > 0;
}

static bool parse(struct cursor *at, struct variable *variable_r)
{
    const unsigned char *start;

    *variable_r = (struct variable){0};
    variable_r->negative = cursor_take(at, '-');
    variable_r->zeros = !cursor_at_end(*at) && *at->next == '0';
    variable_r->width = take_number(at);
    if (cursor_take(at, '.')) {
        variable_r->has_offset = true;
        variable_r->offset = variable_r->width;
        variable_r->zeros = false;
        variable_r->width = take_number(at);
    }
    for (start = at->next; !cursor_at_end(*at) && strchr("LUXRTD", *at->next) != NULL;)
        at->next++;
    variable_r->modifiers = span_of(start, (size_t)(at->next - start));
    if (cursor_take(at, '{'))
        return parse_long(at, variable_r);
    if (cursor_at_end(*at) || !is_alpha(*at->next))
        return false;
    variable_r->name = span_of(at->next++, 1);
    return true;
}

/* offset.width cuts a piece out; a width alone pads with zeros, or cuts. */
static bool fit(struct buf *value, const struct variable *variable)
{
    if (variable->zeros)
        return pad(value, '0', variable->width);
    if (variable->has_offset)
        keep(value, span_skip(buf_span(value), variable->offset));
    if (variable->width == 0)
        return true;
    if (variable->negative && value->len > variable->width)
        keep(value, span_skip(buf_span(value), value->len - variable->width));
    else
        buf_truncate(value, value->len < variable->width ? value->len : variable->width);
    return true;
}

static bool put(const struct variable *variable, variables_get *get, void *context, struct buf *out,
                struct error *err)
{
    struct buf value = BUF(VALUE_MAX);
    bool known = get(context, variable->name, &value), done = false;

    for (size_t i = 0; known && i < variable->modifiers.len; i++)
        known = modify(&value, variable->modifiers.data[i]);
    if (!known || !apply_filters(&value, variable->filters) || !fit(&value, variable))
        error_set(err, ERROR_PERMANENT,
                  "the variable %%%.*s is not known, or cannot be modified so",
                  SPAN_PRINTF(variable->name));
    else if (!buf_append_span(out, buf_span(&value)))
        error_set(err, ERROR_TEMPORARY, "too long with its variables");
    else
        done = true;
    buf_release(&value);
    return done;
}

bool variables_expand(const char *format, variables_get *get, void *context, struct buf *out,
                      struct error *err)
{
    struct cursor at = cursor_of(span_text(format));

    while (!cursor_at_end(at)) {
        struct variable variable;
        char c = (char)*at.next++;
        if (c != '%' || cursor_take(&at, '%')) {
            if (buf_append_char(out, c))
                continue;
            error_set(err, ERROR_TEMPORARY, "too long with its variables");
            return false;
        }
        if (!parse(&at, &variable)) {
            error_set(err, ERROR_PERMANENT, "\"%s\" has a %% that starts no variable", format);
            return false;
        }
        if (!put(&variable, get, context, out, err))
            return false;
    }
    return true;
}
