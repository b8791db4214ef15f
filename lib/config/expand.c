/*
 * Expansion of $name in configuration values. The grammar, as Postfix has it since 3.0:
 *
 *   text        = *( other octets / "$$" / "$" name / "${" reference "}" / "$(" reference ")" )
 *   reference   = name / name "?" choice / name ":" choice / comparison
 *   comparison  = "{" text "}" operator "{" text "}" [ "?" choice / ":" choice ]
 *   operator    = ( "==" / "!=" / "<" / "<=" / ">=" / ">" ) [ "level" ]
 *   choice      = text / "{" text "}" [ ":" choice ]       (the second one only after "?")
 *   name        = 1*( ALPHA / DIGIT / "_" )
 *
 * White space is free around each part but inside { } it counts, and a choice without braces begins
 * right behind its "?" or ":". A comparison without a choice is "true" or empty.
 */
#include "lib/config/expand.h"

#include "lib/config/config.h"

#define DEPTH_MAX 101 /* of texts in each other's references, with the first one: as in Postfix */

struct expansion {
    expand_lookup *lookup;
    void *context;
    const char *filter;
    struct buf *out; /* NULL: only visit the names, of all choices */
    struct error *err;
    int depth;
};

static bool expand_text(struct expansion *expansion, struct span text);

static bool fail(struct expansion *expansion, const char *what, struct span at)
{
    error_set(expansion->err, ERROR_PERMANENT, "%s: \"%.*s\"", what, SPAN_PRINTF(at));
    return false;
}

static bool is_name(char c)
{
    return is_alnum((unsigned char)c) || c == '_';
}

static void skip_space(struct span *rest)
{
    while (rest->len > 0 && is_space((unsigned char)*rest->data))
        *rest = span_skip(*rest, 1);
}

static bool take(struct span *rest, const char *token)
{
    if (!span_starts_with(*rest, token))
        return false;
    *rest = span_skip(*rest, strlen(token));
    return true;
}

static struct span take_name(struct span *rest)
{
    struct span name = {rest->data, 0};

    while (name.len < rest->len && is_name(rest->data[name.len]))
        name.len++;
    *rest = span_skip(*rest, name.len);
    return name;
}

/* What stands between the bracket that *rest begins with and its partner; false without partner. */
static bool take_group(struct span *rest, struct span *inside_r)
{
    char open = *rest->data;
    char close = open == '(' ? ')' : '}';
    size_t depth = 0;

    for (size_t i = 0; i < rest->len; i++) {
        if (rest->data[i] == open)
            depth++;
        else if (rest->data[i] == close && --depth == 0) {
            *inside_r = span_of(rest->data + 1, i - 1);
            *rest = span_skip(*rest, i + 1);
            return true;
        }
    }
    return false;
}

static bool put(struct expansion *expansion, struct span octets)
{
    if (expansion->out == NULL || buf_append_span(expansion->out, octets))
        return true;
    return fail(expansion, "expansion is too long at", span_first(octets, 20));
}

static bool look_up(struct expansion *expansion, struct span name, const char **value_r)
{
    *value_r = NULL;
    return expansion->lookup(expansion->context, name, value_r, expansion->err);
}

static bool put_filtered(struct expansion *expansion, const char *value)
{
    static const struct span substitute = SPAN_LITERAL("_");
    size_t allowed;

    if (expansion->filter == NULL)
        return put(expansion, span_text(value));
    for (; *value != '\0'; value += allowed + 1) {
        allowed = strspn(value, expansion->filter);
        if (!put(expansion, span_of(value, allowed)))
            return false;
        if (value[allowed] == '\0')
            return true;
        if (!put(expansion, substitute))
            return false;
    }
    return true;
}

static bool expand_choice(struct expansion *expansion, struct span text, bool counts)
{
    if (!counts && expansion->out != NULL)
        return true;
    return expand_text(expansion, text);
}

/* The choice behind "?" or ":": in braces, or all the rest. */
static bool take_choice(struct expansion *expansion, struct span *rest, struct span *choice_r)
{
    struct span at = *rest;

    skip_space(&at);
    if (!span_starts_with(at, "{")) {
        *choice_r = *rest;
        *rest = SPAN_EMPTY;
        return true;
    }
    if (!take_group(&at, choice_r))
        return fail(expansion, "truncated text in braces", at);
    skip_space(&at);
    *rest = at;
    return true;
}

static bool expand_choices(struct expansion *expansion, struct span rest, bool condition)
{
    bool wanted = take(&rest, "?");
    struct span choice;

    if (!wanted && !take(&rest, ":"))
        return fail(expansion, "\"?\" or \":\" expected at", rest);
    if (!take_choice(expansion, &rest, &choice) ||
        !expand_choice(expansion, choice, condition == wanted))
        return false;
    if (wanted && rest.len > 0) {
        if (!take(&rest, ":"))
            return fail(expansion, "\":\" expected at", rest);
        if (!take_choice(expansion, &rest, &choice) ||
            !expand_choice(expansion, choice, !condition))
            return false;
    }
    return rest.len == 0 || fail(expansion, "unexpected input at", rest);
}

static bool expand_operand(struct expansion *expansion, struct span *rest, struct buf *operand)
{
    struct buf *out = expansion->out;
    struct span text;
    bool done;

    skip_space(rest);
    if (!span_starts_with(*rest, "{"))
        return fail(expansion, "\"{\" expected at", *rest);
    if (!take_group(rest, &text))
        return fail(expansion, "truncated text in braces", *rest);
    if (out != NULL) {
        *operand = BUF(out->limit);
        expansion->out = operand;
    }
    done = expand_text(expansion, text);
    expansion->out = out;
    skip_space(rest);
    return done;
}

/* Up to three numbers with dots between them; the first one as great as it can be: 9999 is ahead of all levels. */
static bool parse_level(struct span text, uint64_t *level_r)
{
    static const uint64_t limits[] = {INT64_MAX >> 20, 1023, 1023};
    uint64_t level = 0;
    bool more = true;

    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++) {
        uint64_t part = 0;
        struct span digits;

        if (more) {
            more = span_find(text, '.') < text.len;
            digits = span_take_until(&text, '.');
            if (!span_to_u64(digits, limits[i], &part))
                return false;
        }
        level = level << 10 | part;
    }
    *level_r = level;
    return !more;
}

static int order_of(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b ? 1 : 0;
}

/* Digits compare as numbers, anything else octet by octet. */
static bool compare(struct expansion *expansion, const struct buf *left, const struct buf *right,
                    bool as_levels, int *order_r)
{
    uint64_t a;
    uint64_t b;

    if (as_levels) {
        if (!parse_level(buf_span(left), &a))
            return fail(expansion, "malformed compatibility level", buf_span(left));
        if (!parse_level(buf_span(right), &b))
            return fail(expansion, "malformed compatibility level", buf_span(right));
        *order_r = order_of(a, b);
    } else if (span_to_u64(buf_span(left), UINT64_MAX, &a) &&
               span_to_u64(buf_span(right), UINT64_MAX, &b)) {
        *order_r = order_of(a, b);
    } else {
        *order_r = strcmp(buf_text(left), buf_text(right));
    }
    return true;
}

enum operator_result { LESS = 1, EQUAL = 2, GREATER = 4 };

/* The orders for which the operator is true; 0 when there is no operator. */
static unsigned take_operator(struct span *rest)
{
    static const struct {
        const char *token;
        unsigned orders;
    } operators[] = {
        {"==", EQUAL          },
        {"!=", LESS | GREATER },
        {"<=", LESS | EQUAL   },
        {"<",  LESS           },
        {">=", EQUAL | GREATER},
        {">",  GREATER        },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(operators); i++) {
        if (take(rest, operators[i].token))
            return operators[i].orders;
    }
    return 0;
}

static bool expand_comparison(struct expansion *expansion, struct span rest)
{
    struct buf left = BUF(0);
    struct buf right = BUF(0);
    bool done = false;
    unsigned orders;
    bool as_levels;
    int order = 0;
    bool condition;

    if (!expand_operand(expansion, &rest, &left))
        goto out;
    orders = take_operator(&rest);
    if (orders == 0) {
        fail(expansion, "\"==\" or another comparison expected at", rest);
        goto out;
    }
    as_levels = take(&rest, "level");
    if (!expand_operand(expansion, &rest, &right))
        goto out;
    if (expansion->out != NULL && !compare(expansion, &left, &right, as_levels, &order))
        goto out;
    condition = (orders & (order < 0 ? LESS : order > 0 ? GREATER : EQUAL)) != 0;
    if (rest.len > 0)
        done = expand_choices(expansion, rest, condition);
    else
        done = !condition || put(expansion, SPAN_LITERAL("true"));
out:
    buf_release(&left);
    buf_release(&right);
    return done;
}

/* What stands in ${ } or $( ). */
static bool expand_reference(struct expansion *expansion, struct span rest)
{
    struct span whole = rest;
    struct span name;
    const char *value;

    skip_space(&rest);
    if (span_starts_with(rest, "{"))
        return expand_comparison(expansion, rest);
    name = take_name(&rest);
    if (name.len == 0)
        return fail(expansion, "name expected in reference", whole);
    skip_space(&rest);
    if (!look_up(expansion, name, &value))
        return false;
    if (rest.len == 0)
        return value == NULL || put_filtered(expansion, value);
    return expand_choices(expansion, rest, value != NULL && *value != '\0');
}

static bool expand_dollar(struct expansion *expansion, struct span *rest)
{
    struct span from = *rest;
    struct span inside;
    const char *value;

    *rest = span_skip(*rest, 1);
    if (take(rest, "$"))
        return put(expansion, SPAN_LITERAL("$"));
    if (span_starts_with(*rest, "{") || span_starts_with(*rest, "(")) {
        if (!take_group(rest, &inside))
            return fail(expansion, "truncated reference", from);
        return expand_reference(expansion, inside);
    }
    inside = take_name(rest);
    if (inside.len == 0)
        return fail(expansion, "name expected behind $", from);
    if (!look_up(expansion, inside, &value))
        return false;
    return value == NULL || put_filtered(expansion, value);
}

static bool expand_text(struct expansion *expansion, struct span text)
{
    bool done = true;

    if (expansion->depth == DEPTH_MAX)
        return fail(expansion, "references are nested too deeply at", text);
    expansion->depth++;
    while (done && text.len > 0) {
        size_t literal = span_find(text, '$');

        done = put(expansion, span_first(text, literal));
        text = span_skip(text, literal);
        if (done && text.len > 0)
            done = expand_dollar(expansion, &text);
    }
    expansion->depth--;
    return done;
}

bool expand(struct span text, expand_lookup *lookup, void *context, const char *filter,
            struct buf *out, struct error *err)
{
    struct expansion expansion = {
        .lookup = lookup, .context = context, .filter = filter, .out = out, .err = err};

    return expand_text(&expansion, text);
}

struct named_lookup {
    config_value_lookup *lookup;
    void *context;
};

static bool look_up_text(void *context, struct span name, const char **value_r,
                         struct error *err UNUSED)
{
    const struct named_lookup *named = context;
    char *text = mem_span(name);

    *value_r = named->lookup(named->context, text);
    mem_free(text);
    return true;
}

bool config_expand(const char *text, config_value_lookup *lookup, void *context, const char *filter,
                   struct buf *out, struct error *err)
{
    struct named_lookup named = {lookup, context};

    return expand(span_text(text), look_up_text, &named, filter, out, err);
}
