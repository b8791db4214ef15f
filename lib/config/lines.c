/* Logical lines of main.cf and master.cf, and the settings on them. */
#include "lib/config/lines.h"

enum line_kind { LINE_NOTHING, LINE_START, LINE_CONTINUATION };

static enum line_kind classify(struct span line)
{
    struct span visible = span_trim(line);

    if (visible.len == 0 || *visible.data == '#')
        return LINE_NOTHING;
    return is_space((unsigned char)*line.data) ? LINE_CONTINUATION : LINE_START;
}

/* The first continuation copies what it continues; lines without one are never copied. */
static void join(struct lines *lines, struct logical_line *line, bool joined, struct span more)
{
    if (!joined) {
        buf_clear(&lines->joined);
        buf_put(&lines->joined, line->text);
    }
    buf_put(&lines->joined, more);
    line->text = buf_span(&lines->joined);
}

bool lines_next(struct lines *lines, struct logical_line *line_r)
{
    bool found = false;
    bool joined = false;

    while (lines->rest.len > 0) {
        struct span before = lines->rest;
        struct span line = span_take_until(&lines->rest, '\n');
        enum line_kind kind = classify(line);

        if (found && kind == LINE_START) {
            lines->rest = before;
            break;
        }
        lines->number++;
        if (kind == LINE_NOTHING)
            continue;
        if (found) {
            join(lines, line_r, joined, line);
            joined = true;
        } else {
            *line_r = (struct logical_line){line, lines->number, kind == LINE_CONTINUATION};
            found = true;
        }
    }
    if (!found)
        lines_release(lines);
    return found;
}

void lines_release(struct lines *lines)
{
    buf_release(&lines->joined);
}

const char *setting_split(struct span text, struct span *name_r, struct span *value_r)
{
    struct span rest = span_trim(text);
    size_t len = 0;

    while (len < rest.len && rest.data[len] != '=' && !is_space((unsigned char)rest.data[len]))
        len++;
    if (len == 0)
        return "missing attribute name";
    *name_r = span_first(rest, len);
    rest = span_trim(span_skip(rest, len));
    if (!span_starts_with(rest, "="))
        return "missing '=' after attribute name";
    *value_r = span_trim(span_skip(rest, 1));
    return NULL;
}

/* Where the brace at the front closes; text.len: nowhere. */
static size_t find_closing(struct span text)
{
    size_t depth = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '{')
            depth++;
        else if (text.data[i] == '}' && --depth == 0)
            return i;
    }
    return text.len;
}

const char *braces_fault(struct span text)
{
    struct span trimmed = span_trim(text);
    size_t closing = find_closing(trimmed);

    if (!span_starts_with(trimmed, "{") || closing == trimmed.len - 1)
        return NULL;
    return closing == trimmed.len ? "missing '}'" : "syntax error after '}'";
}

struct span braces_strip(struct span text)
{
    struct span trimmed = span_trim(text);

    if (!span_starts_with(trimmed, "{") || braces_fault(trimmed) != NULL)
        return text;
    return span_trim(span_of(trimmed.data + 1, trimmed.len - 2));
}
