/* Logical lines of table sources (lib/map/lines.h). */
#include "lib/map/lines.h"

#include "lib/base/log.h"

#include <stdio.h>
#include <unistd.h>

#define BLOCK_SIZE (1024U * 1024)

void map_lines_start(struct map_lines *lines, int fd, const char *name)
{
    *lines = (struct map_lines){
        .name = name,
        .fd = fd,
        .block = BUF(MAP_LINE_MAX + BLOCK_SIZE),
        .joined = BUF(MAP_LINE_MAX),
    };
}

void map_lines_start_text(struct map_lines *lines, struct span text, const char *name)
{
    map_lines_start(lines, -1, name);
    lines->block.limit = BUF_UNLIMITED;
    buf_put(&lines->block, text);
    lines->at_end = true;
}

void map_lines_release(struct map_lines *lines)
{
    buf_release(&lines->block);
    buf_release(&lines->joined);
}

const char *map_lines_place(const struct map_lines *lines, char text[MAP_PLACE_MAX])
{
    if (lines->first == lines->last)
        (void)snprintf(text, MAP_PLACE_MAX, "%s, line %u", lines->name, lines->last);
    else
        (void)snprintf(text, MAP_PLACE_MAX, "%s, line %u-%u", lines->name, lines->first,
                       lines->last);
    return text;
}

/* Another block behind what is there. At the end, at_end is set and nothing is added. */
static bool read_block(struct map_lines *lines, struct error *err)
{
    char *to;
    ssize_t got;

    buf_remove(&lines->block, lines->at);
    lines->at = 0;
    to = buf_reserve(&lines->block, BLOCK_SIZE);
    if (to == NULL) {
        error_set(err, ERROR_PERMANENT, "%s, line %u: longer than %u octets", lines->name,
                  lines->number + 1, MAP_LINE_MAX);
        return false;
    }
    got = read(lines->fd, to, BLOCK_SIZE);
    if (got < 0) { /* EINTR too: only a tool that waits for its input can see it */
        error_errno(err, "read %s", lines->name);
        return false;
    }
    buf_commit(&lines->block, (size_t)got);
    lines->at_end = got == 0;
    return true;
}

/*
 * The next physical line, not yet used up; with the octet after its end in the block too, unless it
 * is the last. *size_r counts the line's end, and is 0 at the end of the source.
 */
static bool peek_line(struct map_lines *lines, struct span *line_r, size_t *size_r,
                      struct error *err)
{
    size_t searched = 0;

    for (;;) {
        size_t left = lines->block.len - lines->at;
        const char *start = lines->block.data + lines->at;
        const char *end = left == searched ? NULL : memchr(start + searched, '\n', left - searched);

        if (end != NULL && ((size_t)(end - start) + 1 < left || lines->at_end)) {
            *line_r = span_of(start, (size_t)(end - start));
            *size_r = line_r->len + 1;
            return true;
        }
        if (lines->at_end) {
            *line_r = span_of(start, left);
            *size_r = left;
            return true;
        }
        searched = end == NULL ? left : (size_t)(end - start);
        if (!read_block(lines, err))
            return false;
    }
}

static void use_up(struct map_lines *lines, size_t size)
{
    lines->at += size;
    lines->offset += size;
    lines->number++;
}

static bool is_blank_or_comment(struct span line)
{
    size_t i = 0;

    while (i < line.len && is_space(line.data[i]))
        i++;
    return i == line.len || line.data[i] == '#';
}

/* Whether the octet that comes next can belong to the line before: white space or a comment. */
static bool may_continue(const struct map_lines *lines)
{
    char next;

    if (lines->at >= lines->block.len)
        return false;
    next = lines->block.data[lines->at];
    return is_space(next) || next == '#';
}

/* Join the parts that follow to the one in `joined`. */
static bool take_continuations(struct map_lines *lines, struct error *err)
{
    while (may_continue(lines)) {
        struct span part;
        size_t size;

        if (!peek_line(lines, &part, &size, err))
            return false;
        use_up(lines, size);
        if (is_blank_or_comment(part))
            continue;
        lines->last = lines->number;
        if (!buf_append_span(&lines->joined, part)) {
            error_set(err, ERROR_PERMANENT, "%s, line %u: longer than %u octets", lines->name,
                      lines->last, MAP_LINE_MAX);
            return false;
        }
    }
    return true;
}

/* A line that starts what no line before it began, or has a NUL in it, is worth a warning only. */
static bool is_usable(const struct map_lines *lines, struct span line)
{
    char place[MAP_PLACE_MAX];

    if (is_space(line.data[0])) {
        log_warning("%s: logical line must not start with whitespace: \"%.*s%s\"",
                    map_lines_place(lines, place), SPAN_PRINTF(span_first(line, 30)),
                    line.len > 30 ? "..." : "");
        return false;
    }
    if (memchr(line.data, '\0', line.len) != NULL) {
        log_warning("%s: null octet in line -- ignoring this line", map_lines_place(lines, place));
        return false;
    }
    return true;
}

bool map_lines_next(struct map_lines *lines, struct span *line_r, struct error *err)
{
    for (;;) {
        size_t size;

        if (!peek_line(lines, line_r, &size, err))
            return false;
        if (size == 0) {
            error_clear(err);
            return false;
        }
        use_up(lines, size);
        if (is_blank_or_comment(*line_r))
            continue;
        lines->first = lines->last = lines->number;
        if (may_continue(lines)) {
            buf_clear(&lines->joined);
            buf_put(&lines->joined, *line_r);
            if (!take_continuations(lines, err))
                return false;
            *line_r = buf_span(&lines->joined);
        }
        if (is_usable(lines, *line_r))
            return true;
    }
}

bool map_line_split(struct span line, struct span *key_r, struct span *value_r, struct error *err)
{
    bool quoted = false;
    size_t i;

    for (i = 0; i < line.len; i++) {
        if (line.data[i] == '\\' && i + 1 < line.len)
            i++;
        else if (line.data[i] == '"')
            quoted = !quoted;
        else if (is_space(line.data[i]) && !quoted)
            break;
    }
    if (quoted) {
        error_set(err, ERROR_MALFORMED, "unbalanced '\"' in '%.*s'", SPAN_PRINTF(line));
        return false;
    }
    *key_r = span_first(line, i);
    *value_r = span_trim(span_skip(line, i));
    if (key_r->len == 0 || value_r->len == 0) {
        error_set(err, ERROR_MALFORMED, "expected format: key whitespace value");
        return false;
    }
    return true;
}
