/* Bodies: lines, octets, and the delimiters of the multiparts that are open (lib/message/mime_walk_state.h). */
#include "lib/message/mime_walk_state.h"

#include "lib/base/memory.h"

/* --- multiparts ----------------------------------------------------------------------------------- */

static void close_innermost(struct mime_walk *walk)
{
    struct boundary *boundary = walk->innermost;

    walk->innermost = boundary->outer;
    walk->nesting--;
    mem_free(boundary);
}

void mime_walk_close(struct mime_walk *walk)
{
    while (walk->innermost != NULL)
        close_innermost(walk);
}

void mime_walk_open(struct mime_walk *walk, struct span text, struct span field)
{
    struct boundary *boundary;

    if (walk->nesting > walk->settings.nesting_max + 1) { /* as Postfix counts */
        if (mime_walk_seeks(walk, MIME_FAULT_NESTING))
            mime_walk_tell_fault(walk, MIME_FAULT_NESTING, field);
        return;
    }
    text = span_first(text, walk->settings.boundary_max);
    boundary = mem_alloc(sizeof(*boundary) + text.len + 1);
    *boundary = (struct boundary){walk->innermost, walk->digest, text.len};
    memcpy(boundary->text, text.len == 0 ? "" : text.data, text.len);
    walk->innermost = boundary;
    walk->nesting++;
}

/* --- bodies --------------------------------------------------------------------------------------- */

static bool tells_lines(const struct mime_walk *walk)
{
    return walk->lines && walk->listener.line != NULL &&
           (walk->settings.lines_within == 0 || walk->offset < walk->settings.lines_within);
}

void mime_walk_tell_line(struct mime_walk *walk, struct span line, bool has_end)
{
    if (walk->encoding == MIME_7BIT)
        mime_walk_seek_eight_bit(walk, MIME_FAULT_8BIT_BODY, line);
    if (tells_lines(walk)) {
        walk->offset += line.len + has_end;
        walk->listener.line(walk->listener.context, line, has_end);
    } else {
        walk->listener.octets(walk->listener.context, span_of(line.data, line.len + has_end));
    }
    walk->mid_line = !has_end;
}

static void tell_octets(struct mime_walk *walk, struct span octets)
{
    walk->listener.octets(walk->listener.context, octets);
    walk->mid_line = octets.data[octets.len - 1] != '\n';
}

/* The innermost multipart whose delimiter this is, NULL: it is none. A boundary that begins like another
 * one is taken for it, as Postfix does: too many headers are looked at rather than too few. */
static struct boundary *find_delimited(struct mime_walk *walk, struct span line)
{
    struct boundary *boundary = NULL;

    if (span_starts_with(line, "--")) {
        line = span_skip(line, 2);
        boundary = walk->innermost;
        while (boundary != NULL &&
               (boundary->len > line.len || memcmp(boundary->text, line.data, boundary->len) != 0))
            boundary = boundary->outer;
    }
    return boundary;
}

/* Behind a delimiter comes the header of a part, or text that belongs to no part. */
static void pass_delimiter(struct mime_walk *walk, struct boundary *boundary, struct span line)
{
    while (walk->innermost != boundary)
        close_innermost(walk);
    if (span_starts_with(span_skip(line, 2 + boundary->len), "--")) {
        close_innermost(walk);
        walk->type = MIME_TYPE_OTHER;
        walk->encoding = MIME_7BIT;
    } else {
        mime_walk_begin_header(walk, MIME_HEADER_PART,
                               boundary->digest ? MIME_TYPE_MESSAGE : MIME_TYPE_TEXT);
    }
}

void mime_walk_take_line(struct mime_walk *walk, struct span *rest, size_t len)
{
    bool has_end = len < rest->len && rest->data[len] == '\n';
    struct span line = span_first(*rest, len);
    struct boundary *boundary = walk->mid_line ? NULL : find_delimited(walk, line);

    mime_walk_tell_line(walk, line, has_end);
    if (boundary != NULL)
        pass_delimiter(walk, boundary, line);
    *rest = span_skip(*rest, len + has_end);
}

/* False: the rest of the line must come first. */
static bool pass_line(struct mime_walk *walk, struct span *rest, bool at_end)
{
    size_t len = span_find(span_first(*rest, walk->settings.line_max + 1), '\n');

    if (len == rest->len && len <= walk->settings.line_max && !at_end)
        return false;
    mime_walk_take_line(walk, rest, len < walk->settings.line_max ? len : walk->settings.line_max);
    return true;
}

/* Where a line starts with "--", or with what may become that; rest.len: nowhere. */
static size_t find_dashes(struct span rest, bool mid_line)
{
    size_t at = span_find(rest, '-');

    while (at < rest.len) {
        bool starts_line = at == 0 ? !mid_line : rest.data[at - 1] == '\n';

        if (starts_line && (at + 1 == rest.len || rest.data[at + 1] == '-'))
            break;
        at += 1 + span_find(span_skip(rest, at + 1), '-');
    }
    return at;
}

/* Octets up to where a delimiter may be, or the line that may be one. */
static bool pass_octets(struct mime_walk *walk, struct span *rest, bool at_end)
{
    size_t dashes = walk->innermost == NULL ? rest->len : find_dashes(*rest, walk->mid_line);
    size_t delimiter_max = walk->settings.boundary_max + 4;
    size_t len;

    if (dashes > 0) {
        tell_octets(walk, span_first(*rest, dashes));
        *rest = span_skip(*rest, dashes);
        return true;
    }
    len = span_find(*rest, '\n');
    if (len == rest->len && len < delimiter_max && !at_end)
        return false;
    mime_walk_take_line(walk, rest, len < delimiter_max ? len : delimiter_max);
    return true;
}

bool mime_walk_pass_body(struct mime_walk *walk, struct span *rest, bool at_end)
{
    bool looks = walk->settings.structure && walk->encoding == MIME_7BIT &&
                 mime_walk_seeks(walk, MIME_FAULT_8BIT_BODY);

    return looks || tells_lines(walk) ? pass_line(walk, rest, at_end)
                                      : pass_octets(walk, rest, at_end);
}
