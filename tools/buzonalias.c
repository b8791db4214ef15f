/*
 * buzonalias: makes, changes, asks and lists alias tables, as postalias(1) does; it may be called by
 * that name. The source has lines "name: value, value..." (aliases(5)).
 */
#include "lib/base/base.h"

#include "lib/message/address.h"
#include "tools/table_tool.h"

/* Offset of the first such octet outside quotes and comments, or text.len. */
static size_t find_outside(struct span text, const char *octets)
{
    unsigned comments = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c == '\\')
            i++;
        else if (c == '"' && comments == 0)
            quoted = !quoted;
        else if (c == '(' && !quoted)
            comments++;
        else if (c == ')' && comments > 0)
            comments--;
        else if (!quoted && comments == 0 && strchr(octets, c) != NULL)
            return i;
    }
    return text.len;
}

/* A quote that nobody closed: it is closed at the end. */
static bool is_unbalanced(struct span text)
{
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\\')
            i++;
        else if (text.data[i] == '"')
            quoted = !quoted;
    }
    return quoted;
}

/* White space becomes one blank, and stands behind a comma only; what quotes protect stays. */
static void put_value(struct buf *value_r, struct span value)
{
    while (value.len > 0) {
        size_t len = find_outside(value, " \t\r\n\v\f,");

        if (len > 0) {
            buf_put(value_r, span_first(value, len));
            if (is_unbalanced(span_first(value, len)))
                buf_put_char(value_r, '"');
            value = span_skip(value, len);
            continue;
        }
        if (value.data[0] == ',') {
            buf_put_text(value_r, ", ");
            value = span_trim(span_skip(value, 1));
        } else {
            value = span_trim(value);
            if (value.len > 0 && value.data[0] != ',' && buf_text(value_r)[value_r->len - 1] != ':')
                buf_put_char(value_r, ' ');
        }
    }
}

static bool refuse(struct error *err, const char *why)
{
    error_set(err, ERROR_MALFORMED, "%s", why);
    return false;
}

static bool parse(const struct table_tool *tool UNUSED, struct span line, struct buf *key_r,
                  struct buf *value_r, struct error *err)
{
    size_t colon = find_outside(line, ":");
    struct span name = span_trim(span_first(line, colon));
    struct span value = span_trim(span_skip(line, colon + 1));
    struct arena *arena;

    if (name.len == 0 || value.len == 0 || find_outside(name, ",") < name.len)
        return refuse(err, "need name:value pair");
    if (find_outside(name, "@%") < name.len)
        return refuse(err, "name must be local");
    arena = arena_create();
    buf_put_text(key_r, address_unquote(arena, name));
    put_value(value_r, value);
    arena_free(&arena);
    return true;
}

int main(int argc, char *argv[])
{
    static const struct table_command command = {
        .reader = "buzonalias",
        .options = "+c:d:fijnNopq:rsuvw",
        .usage = "[-Nfinoprsuvw] [-c config_dir] [-d key] [-q key] [map_type:]file...",
        .separator = ":\t",
        .parse = parse,
        .signature = "@", /* sendmail(8) looks for it, to see that a table is whole */
    };

    return table_tool_main(&command, argc, argv);
}
