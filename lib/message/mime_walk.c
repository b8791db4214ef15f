/* The walk through a message: a header, a body in which delimiters of parts are found, the header of a part,
 * and so on. What is not whole yet waits for the next block. */
#include "lib/message/mime_walk_state.h"

#include "lib/base/memory.h"

/* --- life ----------------------------------------------------------------------------------------- */

struct mime_walk *mime_walk_create(const struct mime_settings *settings,
                                   const struct mime_listener *listener)
{
    struct mime_walk *walk = mem_new(struct mime_walk);

    walk->settings = *settings;
    walk->listener = *listener;
    walk->scratch = arena_create();
    walk->waiting = BUF(BUF_UNLIMITED); /* a field, a line, a delimiter, and a block */
    return walk;
}

void mime_walk_free(struct mime_walk **walk)
{
    if (*walk == NULL)
        return;
    mime_walk_close(*walk);
    buf_release(&(*walk)->waiting);
    arena_free(&(*walk)->scratch);
    mem_free(*walk);
    *walk = NULL;
}

void mime_walk_begin_header(struct mime_walk *walk, enum mime_header header, enum mime_type type)
{
    walk->place = IN_HEADER;
    walk->header = header;
    walk->type = type;
    walk->encoding = MIME_7BIT;
    walk->digest = false;
}

void mime_walk_begin(struct mime_walk *walk, bool lines)
{
    mime_walk_close(walk);
    buf_clear(&walk->waiting);
    walk->used = 0;
    walk->lines = lines;
    walk->mid_line = false;
    walk->offset = 0;
    walk->found = 0;
    mime_walk_begin_header(walk, MIME_HEADER_MESSAGE, MIME_TYPE_TEXT);
}

void mime_walk_lines(struct mime_walk *walk, bool lines)
{
    walk->lines = lines;
}

/* --- faults --------------------------------------------------------------------------------------- */

const char *mime_fault_text(unsigned fault)
{
    if ((fault & MIME_FAULT_NESTING) != 0)
        return "MIME nesting exceeds safety limit";
    if ((fault & MIME_FAULT_8BIT_HEADER) != 0)
        return "improper use of 8-bit data in message header";
    if ((fault & MIME_FAULT_8BIT_BODY) != 0)
        return "improper use of 8-bit data in message body";
    return "invalid message/* or multipart/* encoding domain";
}

bool mime_walk_seeks(const struct mime_walk *walk, unsigned fault)
{
    return (walk->settings.faults & ~walk->found & fault) != 0;
}

void mime_walk_tell_fault(struct mime_walk *walk, unsigned fault, struct span text)
{
    walk->found |= fault;
    if (walk->listener.fault != NULL)
        walk->listener.fault(walk->listener.context, fault, text);
}

void mime_walk_seek_eight_bit(struct mime_walk *walk, unsigned fault, struct span text)
{
    if (!mime_walk_seeks(walk, fault))
        return;
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] > 127) {
            mime_walk_tell_fault(walk, fault, text);
            return;
        }
    }
}

/* RFC 2045 section 6.4, RFC 2046 sections 5.2.2 and 5.2.3, RFC 6532 section 3.5 */
static void look_at_encoding(struct mime_walk *walk)
{
    enum mime_encoding domain = mime_encoding_domain(walk->encoding);
    bool bad = false;

    if (walk->type == MIME_TYPE_CUT_MESSAGE)
        bad = domain != MIME_7BIT;
    else if (walk->type == MIME_TYPE_MESSAGE || walk->type == MIME_TYPE_MULTIPART)
        bad = domain != walk->encoding;
    if (bad && mime_walk_seeks(walk, MIME_FAULT_ENCODING))
        mime_walk_tell_fault(walk, MIME_FAULT_ENCODING,
                             span_text(mime_encoding_name(walk->encoding)));
}

/* --- fields --------------------------------------------------------------------------------------- */

static struct span without_line_end(struct span lines)
{
    if (lines.len > 0 && lines.data[lines.len - 1] == '\n')
        lines.len--;
    return lines;
}

static void read_type(struct mime_walk *walk, const struct header_field *field)
{
    struct cursor at = cursor_of(field->body);
    struct span boundary;

    if (!mime_type_read(&at, &walk->type, &walk->digest) || walk->type != MIME_TYPE_MULTIPART)
        return;
    while (mime_type_boundary(&at, walk->scratch, &boundary))
        mime_walk_open(walk, boundary, without_line_end(field->whole));
    arena_reset(walk->scratch);
}

/* How many octets of a field count: whole pieces, the last of which begins before the limit. */
static size_t bound_field(const struct mime_walk *walk, struct span whole)
{
    size_t len = 0;

    while (len < whole.len && len < walk->settings.field_max) {
        struct span rest = span_skip(whole, len);
        size_t line = span_find(rest, '\n');

        if (line > walk->settings.line_max)
            len += walk->settings.line_max;
        else
            len += line < rest.len ? line + 1 : line;
    }
    return len;
}

static void tell_field(struct mime_walk *walk, struct header_field field)
{
    struct cursor start;

    if (field.whole.len > walk->settings.field_max) {
        start = cursor_of(span_first(field.whole, bound_field(walk, field.whole)));
        if (header_next(&start, true, &field) != PARSE_DONE)
            return;
    }
    if (walk->settings.structure) {
        if (span_equal_text_nocase(field.name, "Content-Type"))
            read_type(walk, &field);
        else if (span_equal_text_nocase(field.name, "Content-Transfer-Encoding"))
            (void)!mime_encoding_read(field.body, &walk->encoding);
    }
    if (mime_walk_seeks(walk, MIME_FAULT_8BIT_HEADER))
        mime_walk_seek_eight_bit(walk, MIME_FAULT_8BIT_HEADER, without_line_end(field.whole));
    if (walk->listener.field != NULL)
        walk->listener.field(walk->listener.context, walk->header, &field);
    else
        walk->listener.octets(walk->listener.context, field.whole);
}

/* --- headers -------------------------------------------------------------------------------------- */

/* The empty line is there: what it leads to depends on the type. */
static void pass_empty_line(struct mime_walk *walk, struct span *rest)
{
    walk->offset = 0;
    walk->mid_line = false;
    if (!walk->settings.structure)
        return;
    if (walk->type == MIME_TYPE_MESSAGE || walk->type == MIME_TYPE_GLOBAL_MESSAGE) {
        mime_walk_take_line(walk, rest, 0);
        mime_walk_begin_header(walk, MIME_HEADER_NESTED, MIME_TYPE_TEXT);
    } else if (walk->type == MIME_TYPE_MULTIPART) {
        walk->type = MIME_TYPE_OTHER;
        walk->encoding = MIME_7BIT;
    }
}

/* A header without an empty line ends at what is no field. Only the message's own gets the line that is
 * missing: in a part it would break a signature. */
static void end_header(struct mime_walk *walk, struct span *rest)
{
    static const struct span empty_line = SPAN_LITERAL("\n");

    if (walk->header == MIME_HEADER_MESSAGE && walk->listener.header_end != NULL)
        walk->listener.header_end(walk->listener.context);
    if (walk->settings.structure)
        look_at_encoding(walk);
    walk->place = IN_BODY;
    walk->mid_line = false;
    if (rest->len > 0 && rest->data[0] == '\n')
        pass_empty_line(walk, rest);
    else if (rest->len > 0 && walk->header == MIME_HEADER_MESSAGE)
        mime_walk_tell_line(walk, span_first(empty_line, 0), true);
}

/* The beginning of a field that is past the limit already: the rest of it is dropped. */
static void begin_long_field(struct mime_walk *walk, struct span *rest)
{
    struct cursor at = cursor_of(*rest);
    struct header_field field;

    if (header_next(&at, true, &field) != PARSE_DONE) {
        end_header(walk, rest); /* a line so long without a colon is no field */
        return;
    }
    tell_field(walk, field);
    walk->place = rest->data[rest->len - 1] == '\n' ? IN_LONG_FIELD : IN_LONG_LINE;
    *rest = SPAN_EMPTY;
}

static bool pass_header(struct mime_walk *walk, struct span *rest, bool at_end)
{
    struct cursor at = cursor_of(*rest);
    struct header_field field;
    enum parse_result result;

    while ((result = header_next(&at, at_end, &field)) == PARSE_DONE)
        tell_field(walk, field);
    *rest = span_of(at.next, cursor_left(at));
    if (result != PARSE_INCOMPLETE)
        end_header(walk, rest);
    else if (rest->len <= walk->settings.field_max + walk->settings.line_max)
        return false;
    else
        begin_long_field(walk, rest);
    return true;
}

/* Past the lines of a long field; what is behind it stays in *rest. */
static void skip_long_field(struct mime_walk *walk, struct span *rest)
{
    while (rest->len > 0 && walk->place != IN_HEADER) {
        if (walk->place == IN_LONG_FIELD) {
            bool goes_on = rest->data[0] == ' ' || rest->data[0] == '\t';

            walk->place = goes_on ? IN_LONG_LINE : IN_HEADER;
        } else {
            size_t line = span_find(*rest, '\n');

            walk->place = line < rest->len ? IN_LONG_FIELD : IN_LONG_LINE;
            *rest = span_skip(*rest, line + 1);
        }
    }
}

/* --- blocks --------------------------------------------------------------------------------------- */

/* False: more octets must come first. */
static bool pass(struct mime_walk *walk, struct span *rest, bool at_end)
{
    switch (walk->place) {
    case IN_HEADER:
        return pass_header(walk, rest, at_end);
    case IN_LONG_LINE:
    case IN_LONG_FIELD:
        skip_long_field(walk, rest);
        return true;
    case IN_BODY:
        break;
    }
    return mime_walk_pass_body(walk, rest, at_end);
}

static struct span pass_all(struct mime_walk *walk, struct span rest, bool at_end)
{
    while (rest.len > 0 && pass(walk, &rest, at_end))
        continue;
    return rest;
}

void mime_walk(struct mime_walk *walk, struct span block)
{
    struct buf *waiting = &walk->waiting;

    buf_remove(waiting, walk->used); /* only now: the listener may still have had it */
    walk->used = 0;
    if (waiting->len > 0) {
        buf_put(waiting, block);
        walk->used = waiting->len - pass_all(walk, buf_span(waiting), false).len;
    } else {
        buf_put(waiting, pass_all(walk, block, false));
    }
}

void mime_walk_end(struct mime_walk *walk)
{
    struct span nothing = SPAN_EMPTY;

    (void)pass_all(walk, span_skip(buf_span(&walk->waiting), walk->used), true);
    walk->used = walk->waiting.len;
    if (walk->place != IN_BODY)
        end_header(walk, &nothing);
}
