/* Content from standard input. */
#include "tools/content_input.h"

#include <unistd.h>

/* Make room behind what is left, and read; false: error. */
static bool read_more(struct content_input *input)
{
    struct buf *buffer = &input->buffer;
    char *room;
    ssize_t got;

    buf_remove(buffer, input->used);
    input->used = 0;
    room = buf_reserve(buffer, buffer->limit - buffer->len);
    do
        got = read(input->fd, room, buffer->limit - buffer->len);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return false;
    buf_commit(buffer, (size_t)got);
    input->at_end = got == 0;
    return true;
}

/* Up to and with the next LF; all there is when the line is too long or the input ends. One octet is
 * kept back of a line that goes on: it may be the CR of its end. */
static bool take_raw(struct content_input *input, struct span *raw_r)
{
    for (;;) {
        struct span rest = span_skip(buf_span(&input->buffer), input->used);
        size_t line = span_find(rest, '\n');

        if (line < rest.len || input->at_end || rest.len + 1 >= CONTENT_INPUT_SIZE) {
            size_t len = line < rest.len ? line + 1 : input->at_end ? rest.len : rest.len - 1;
            *raw_r = span_first(rest, len);
            input->used += len;
            return true;
        }
        if (!read_more(input))
            return false;
    }
}

/* The raw line lies in our buffer, and has room for one octet more behind it (the buffer's NUL). */
static struct span mend_end(struct content_input *input, struct span raw)
{
    char *line = input->buffer.data + (raw.data - input->buffer.data);
    bool ends = raw.len > 0 && line[raw.len - 1] == '\n';

    if (ends && raw.len > 1 && line[raw.len - 2] == '\r') {
        if (!input->started && input->line_ends == LINE_ENDS_STRICT)
            input->line_ends = LINE_ENDS_ALWAYS;
        if (input->line_ends == LINE_ENDS_ALWAYS) {
            /* all of them: "\r\r\n" comes from text files, too */
            while (raw.len > 1 && line[raw.len - 2] == '\r')
                raw.len--;
            line[raw.len - 1] = '\n';
        }
    } else if (!input->started && input->line_ends == LINE_ENDS_STRICT) {
        input->line_ends = LINE_ENDS_NEVER;
    }
    return raw;
}

bool content_input_next(struct content_input *input, struct span *line_r)
{
    bool continues = input->in_line;
    struct span line;

    *line_r = SPAN_EMPTY;
    if (!take_raw(input, &line))
        return false;
    if (line.len == 0) {
        input->in_line = false;
        if (continues)
            *line_r = SPAN_LITERAL("\n"); /* the last line had no end */
        return true;
    }
    line = mend_end(input, line);
    input->started = true;
    input->in_line = line.data[line.len - 1] != '\n';
    if (!continues && input->dot_ends &&
        (span_equal_text(line, ".\n") || span_equal_text(line, ".")))
        return true;
    *line_r = line;
    return true;
}
