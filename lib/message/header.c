/* Header fields: finding their bounds in a block of octets, and unfolding. */
#include "lib/message/header.h"

static bool is_name_octet(unsigned char octet)
{
    return octet > ' ' && octet < 0x7f && octet != ':';
}

/* "name" [white space] ":"; *in is moved behind the colon. */
static enum parse_result take_name(struct cursor *in, struct span *name_r)
{
    struct cursor at = *in;

    while (!cursor_at_end(at) && is_name_octet(*at.next))
        at.next++;
    *name_r = span_of(in->next, (size_t)(at.next - in->next));
    while (name_r->len > 0 && (cursor_take(&at, ' ') || cursor_take(&at, '\t')))
        continue;
    if (cursor_at_end(at))
        return PARSE_INCOMPLETE;
    if (name_r->len == 0 || !cursor_take(&at, ':'))
        return PARSE_MALFORMED;
    *in = at;
    return PARSE_DONE;
}

/* To the end of the last line that belongs to the field: the first one not followed by a fold. */
static enum parse_result take_lines(struct cursor *in, bool at_eof)
{
    const unsigned char *next = in->next;

    do {
        const unsigned char *line_end = memchr(next, '\n', (size_t)(in->end - next));

        next = line_end == NULL ? in->end : line_end + 1;
        if (next == in->end) {
            if (!at_eof)
                return PARSE_INCOMPLETE;
            break;
        }
    } while (*next == ' ' || *next == '\t');
    in->next = next;
    return PARSE_DONE;
}

static struct span without_line_end(struct span lines)
{
    if (lines.len > 0 && lines.data[lines.len - 1] == '\n')
        lines.len--;
    if (lines.len > 0 && lines.data[lines.len - 1] == '\r')
        lines.len--;
    return lines;
}

enum parse_result header_next(struct cursor *at, bool at_eof, struct header_field *field_r)
{
    struct cursor in = *at;
    struct header_field field = {0};
    enum parse_result result = take_name(&in, &field.name);
    const unsigned char *body = in.next;

    if (result == PARSE_DONE)
        result = take_lines(&in, at_eof);
    if (result == PARSE_INCOMPLETE && at_eof)
        return PARSE_MALFORMED; /* no colon, and none can come */
    if (result != PARSE_DONE)
        return result;
    field.whole = span_of(at->next, (size_t)(in.next - at->next));
    field.body = without_line_end(span_of(body, (size_t)(in.next - body)));
    *field_r = field;
    *at = in;
    return PARSE_DONE;
}

bool header_is_mailbox_line(struct span line)
{
    while (line.len > 0 && line.data[0] == '>')
        line = span_skip(line, 1);
    return span_starts_with(line, "From ");
}

/* A line end that is followed by white space is a fold; any other is not expected, and goes too. */
struct span header_unfold(struct arena *arena, struct span body)
{
    struct span text = span_trim(body);
    char *unfolded = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        bool is_line_end = text.data[i] == '\n' ||
                           (text.data[i] == '\r' && i + 1 < text.len && text.data[i + 1] == '\n');
        if (!is_line_end)
            unfolded[len++] = text.data[i];
    }
    return span_of(unfolded, len);
}
