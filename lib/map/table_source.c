/* Sources of tables (lib/map/table_source.h). */
#include "lib/map/table_source.h"

#include "lib/base/log.h"
#include "lib/map/map_fold.h"
#include "lib/message/address.h"

/* --- "key whitespace value" -------------------------------------------------------------------------- */

bool table_parse_map(const void *context UNUSED, struct span line, struct buf *key_r,
                     struct buf *value_r, struct error *err)
{
    struct span key;
    struct span value;

    if (!map_line_split(line, &key, &value, err)) {
        if (strncmp(err->text, "unbalanced", strlen("unbalanced")) == 0)
            error_set(err, ERROR_MALFORMED, "unbalanced '\"' in '%.*s' -- ignoring this line",
                      SPAN_PRINTF(line));
        return false;
    }
    buf_put(key_r, key);
    buf_put(value_r, value);
    if (key.data[key.len - 1] == ':')
        error_set(err, ERROR_MALFORMED,
                  "record is in \"key: value\" format; is this an alias file?");
    return true;
}

/* --- "name: value, value..." ------------------------------------------------------------------------- */

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

bool table_parse_alias(const void *context UNUSED, struct span line, struct buf *key_r,
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

/* --- into the table ---------------------------------------------------------------------------------- */

static bool put(struct table_source *source, struct span key, struct error *err)
{
    switch (map_writer_put(source->writer, key, buf_span(&source->value), err)) {
    case MAP_PUT_DONE:
        return true;
    case MAP_PUT_DUPLICATE:
        if (!source->ignores_duplicates)
            log_warning("%s, line %u: duplicate entry: \"%.*s\"", source->lines.name,
                        source->lines.first, SPAN_PRINTF(key));
        return true;
    case MAP_PUT_FAILED:
        error_prefix(err, "\"%.*s\"", SPAN_PRINTF(span_first(key, 100)));
        break;
    }
    return false;
}

bool table_source_add(struct table_source *source, struct span line, struct error *err)
{
    struct error wrong = {.kind = ERROR_NONE};
    bool parsed;

    if (source->utf8 && !map_is_utf8(line)) {
        log_warning("%s, line %u: non-UTF-8 input \"%.*s\" -- ignoring this line",
                    source->lines.name, source->lines.first, SPAN_PRINTF(line));
        return true;
    }
    buf_clear(&source->key);
    buf_clear(&source->value);
    parsed = source->parse(source->context, line, &source->key, &source->value, &wrong);
    if (wrong.kind != ERROR_NONE)
        log_warning("%s, line %u: %s", source->lines.name, source->lines.first, wrong.text);
    if (!parsed)
        return true;
    if (source->folds && map_fold(buf_span(&source->key), source->utf8, &source->folded))
        return put(source, buf_span(&source->folded), err);
    return put(source, buf_span(&source->key), err);
}

bool table_source_sign(struct table_source *source, const char *signature, struct error *err)
{
    return signature == NULL || map_writer_put(source->writer, span_text(signature),
                                               span_text(signature), err) != MAP_PUT_FAILED;
}

void table_source_release(struct table_source *source)
{
    map_lines_release(&source->lines);
    buf_release(&source->key);
    buf_release(&source->value);
    buf_release(&source->folded);
}

mode_t table_source_mode(mode_t source)
{
    return 0644 & (source | 0700);
}
