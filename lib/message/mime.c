/*
 * The MIME structure of a message in one pass over its lines. A line that starts with "--" is compared
 * with the boundaries of all multiparts around it, the innermost first; a boundary of an outer one ends
 * the inner ones, however they lack their own end.
 */
#include "lib/base/base.h"

#include "lib/message/mime.h"

/* A multipart that is open at this place of the message; on the stack of parse_part. */
struct boundary {
    const struct boundary *outer;
    struct span text; /* without the "--" */
    uint16_t part;
};

enum delimiter { DELIMITER_NONE, DELIMITER_NEXT, DELIMITER_CLOSE };

struct parser {
    struct arena *arena;
    struct span message;
    size_t at; /* start of the line that comes next */
    struct mime_part *parts;
    size_t count, capacity;

    /* What ended the last body: whose boundary it was, MIME_NONE at the end of the message. */
    uint16_t ended_by;
    enum delimiter delimiter;

    struct lines {
        uint32_t count; /* of line ends passed */
        uint32_t bare;  /* those without CR */
    } lines;
    bool last_was_bare;
};

static bool is_line_end(struct span rest)
{
    return rest.len > 0 &&
           (rest.data[0] == '\n' || (rest.data[0] == '\r' && rest.len > 1 && rest.data[1] == '\n'));
}

static struct span rest_of(const struct parser *parser)
{
    return span_skip(parser->message, parser->at);
}

static void next_line(struct parser *parser)
{
    struct span rest = rest_of(parser);
    size_t end = span_find(rest, '\n');

    if (end == rest.len) {
        parser->at = parser->message.len;
        return;
    }
    parser->last_was_bare = end == 0 || rest.data[end - 1] != '\r';
    parser->lines.count++;
    parser->lines.bare += parser->last_was_bare;
    parser->at += end + 1;
}

/* RFC 2046 section 5.1.1: the boundary, perhaps "--", then nothing but white space. A boundary that
 * is the beginning of another must not be taken for it. */
static enum delimiter match_boundary(struct span line, struct span boundary)
{
    struct span rest = span_skip(line, boundary.len);

    if (boundary.len > line.len || memcmp(line.data, boundary.data, boundary.len) != 0)
        return DELIMITER_NONE;
    if (span_trim(rest).len == 0)
        return DELIMITER_NEXT;
    return span_starts_with(rest, "--") ? DELIMITER_CLOSE : DELIMITER_NONE;
}

/* Is the next line a delimiter of an open multipart? Then that is noted. */
static bool at_delimiter(struct parser *parser, const struct boundary *open)
{
    struct span rest = rest_of(parser), line;

    if (open == NULL || rest.len < 2 || rest.data[0] != '-' || rest.data[1] != '-')
        return false;
    line = span_first(rest, span_find(rest, '\n'));
    line = span_skip(line, 2);
    for (; open != NULL; open = open->outer) {
        enum delimiter delimiter = match_boundary(line, open->text);
        if (delimiter != DELIMITER_NONE) {
            parser->ended_by = open->part;
            parser->delimiter = delimiter;
            return true;
        }
    }
    return false;
}

static uint16_t add_part(struct parser *parser, uint16_t parent, uint16_t previous)
{
    uint16_t part = (uint16_t)parser->count;

    if (parser->count == parser->capacity) {
        size_t capacity = parser->capacity == 0 ? 8 : parser->capacity * 4;
        struct mime_part *parts = arena_array(parser->arena, struct mime_part, capacity);
        if (parser->count > 0)
            memcpy(parts, parser->parts, parser->count * sizeof(*parts));
        parser->parts = parts;
        parser->capacity = capacity;
    }
    parser->parts[parser->count++] = (struct mime_part){
        .header_start = parser->at, .parent = parent, .child = MIME_NONE, .next = MIME_NONE};
    if (previous != MIME_NONE)
        parser->parts[previous].next = part;
    else if (parent != MIME_NONE)
        parser->parts[parent].child = part;
    return part;
}

/* The header up to the empty line that ends it; a delimiter ends it too. */
static void parse_header(struct parser *parser, uint16_t part, const struct boundary *open)
{
    uint32_t bare_before = parser->lines.bare;
    bool empty = false;

    while (!empty && parser->at < parser->message.len && !at_delimiter(parser, open)) {
        empty = is_line_end(rest_of(parser));
        next_line(parser);
    }
    parser->parts[part].body_start = parser->at;
    parser->parts[part].header_bare_lf = parser->lines.bare - bare_before;
}

/* What a part is by its Content-Type; a digest's parts are messages unless they say otherwise. */
static enum mime_kind classify(struct parser *parser, uint16_t part, bool in_digest,
                               struct span *boundary_r, bool *digest_r)
{
    const struct mime_part *p = &parser->parts[part];
    struct span header =
        span_of(parser->message.data + p->header_start, (size_t)(p->body_start - p->header_start));
    struct span body = mime_find_field(header, "content-type");
    struct mime_field type = mime_parse_field(parser->arena, body, true);

    *digest_r = false;
    if (type.value.data == NULL)
        return in_digest ? MIME_MESSAGE : MIME_LEAF;
    if (span_equal_text_nocase(type.value, "message") &&
        (span_equal_text_nocase(type.subtype, "rfc822") ||
         span_equal_text_nocase(type.subtype, "global")))
        return MIME_MESSAGE;
    if (!span_equal_text_nocase(type.value, "multipart"))
        return MIME_LEAF;
    *digest_r = span_equal_text_nocase(type.subtype, "digest");
    *boundary_r = mime_parameter(&type, "boundary");
    return MIME_MULTIPART;
}

/* Lines until a delimiter or the end. */
static void skip_text(struct parser *parser, const struct boundary *open)
{
    parser->ended_by = MIME_NONE;
    while (parser->at < parser->message.len && !at_delimiter(parser, open))
        next_line(parser);
}

static void parse_part(struct parser *parser, uint16_t part, bool in_digest,
                       const struct boundary *open, unsigned depth);

static bool may_nest(const struct parser *parser, unsigned depth)
{
    return depth < MIME_DEPTH_MAX && parser->count < MIME_PARTS_MAX;
}

/* Preamble, parts, epilogue. */
static void parse_multipart(struct parser *parser, uint16_t part, bool digest,
                            const struct boundary *open, unsigned depth)
{
    uint16_t previous = MIME_NONE;

    skip_text(parser, open);
    while (parser->ended_by == part && parser->delimiter == DELIMITER_NEXT &&
           may_nest(parser, depth)) {
        next_line(parser);
        previous = add_part(parser, part, previous);
        parse_part(parser, previous, digest, open, depth + 1);
    }
    /* After the last one, or after too many parts, it is all text up to an outer boundary. */
    if (parser->ended_by == part) {
        next_line(parser);
        skip_text(parser, open->outer);
    }
}

static void parse_body(struct parser *parser, uint16_t part, bool in_digest,
                       const struct boundary *open, unsigned depth)
{
    struct boundary own = {.outer = open, .text = SPAN_EMPTY, .part = part};
    bool digest = false;
    enum mime_kind kind = classify(parser, part, in_digest, &own.text, &digest);

    if (kind == MIME_MESSAGE && !may_nest(parser, depth))
        kind = MIME_LEAF;
    parser->parts[part].kind = (uint16_t)kind;
    if (kind == MIME_MULTIPART && own.text.len > 0 && depth < MIME_DEPTH_MAX)
        parse_multipart(parser, part, digest, &own, depth);
    else if (kind == MIME_MESSAGE)
        parse_part(parser, add_part(parser, part, MIME_NONE), false, open, depth + 1);
    else
        skip_text(parser, open);
}

/* The body ends before the line end that belongs to the delimiter (RFC 2046 section 5.1.1). */
static void end_body(struct parser *parser, struct mime_part *part, struct lines before)
{
    const char *data = parser->message.data;
    size_t end = parser->at;
    bool trimmed = parser->ended_by != MIME_NONE && end > part->body_start && data[end - 1] == '\n';

    if (trimmed)
        end -= parser->last_was_bare ? 1 : 2;
    part->body_end = end < part->body_start ? part->body_start : end;
    part->body_lines = parser->lines.count - before.count - trimmed;
    part->body_bare_lf = parser->lines.bare - before.bare - (trimmed && parser->last_was_bare);
}

static void parse_part(struct parser *parser, uint16_t part, bool in_digest,
                       const struct boundary *open, unsigned depth)
{
    struct lines before;

    parser->ended_by = MIME_NONE;
    parse_header(parser, part, open);
    before = parser->lines;
    if (parser->ended_by == MIME_NONE)
        parse_body(parser, part, in_digest, open, depth);
    end_body(parser, &parser->parts[part], before);
}

struct mime_part *mime_parse(struct arena *arena, struct span message, size_t *count_r)
{
    struct parser parser = {.arena = arena, .message = message, .ended_by = MIME_NONE};

    parse_part(&parser, add_part(&parser, MIME_NONE, MIME_NONE), false, NULL, 0);
    *count_r = parser.count;
    return parser.parts;
}

static bool is_link(uint16_t link, size_t from, size_t count)
{
    return link == MIME_NONE || (link > from && link < count);
}

bool mime_parts_are_sound(const struct mime_part *parts, size_t count, uint64_t size)
{
    if (count == 0 || count > MIME_PARTS_MAX + 1 || parts[0].parent != MIME_NONE ||
        parts[0].next != MIME_NONE)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct mime_part *p = &parts[i];
        if (p->header_start > p->body_start || p->body_start > p->body_end || p->body_end > size ||
            p->kind > MIME_MESSAGE || !is_link(p->child, i, count) || !is_link(p->next, i, count) ||
            (i > 0 && p->parent >= i) || (p->kind == MIME_MESSAGE && p->child == MIME_NONE))
            return false;
    }
    return true;
}

uint16_t mime_find_part(const struct mime_part *parts, const uint32_t *numbers, size_t depth)
{
    uint16_t part = 0;

    for (size_t i = 0; i < depth; i++) {
        uint32_t number = numbers[i];
        if (i > 0) { /* numbers go into a multipart, or into the message in a part */
            if (parts[part].kind == MIME_LEAF)
                return MIME_NONE;
            if (parts[part].kind == MIME_MESSAGE)
                part = parts[part].child;
        }
        if (parts[part].kind == MIME_MULTIPART) {
            for (part = parts[part].child; part != MIME_NONE && number > 1; number--)
                part = parts[part].next;
        } else if (number != 1) {
            part = MIME_NONE;
        }
        if (part == MIME_NONE || number == 0)
            return MIME_NONE;
    }
    return part;
}

uint64_t mime_header_size(struct span message)
{
    struct parser parser = {.message = message};
    bool empty = false;

    while (!empty && parser.at < message.len) {
        empty = is_line_end(rest_of(&parser));
        next_line(&parser);
    }
    return parser.at;
}
