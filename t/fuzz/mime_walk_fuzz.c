/*
 * A walk through a message, once as a whole and once in blocks whose size the second octet says: what is told
 * must be the same, and every octet must come by. The first octet says what is wanted.
 */
#include "lib/message/mime_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct story {
    struct buf told;   /* fields and lines, each with a mark */
    struct buf passed; /* all octets */
};

static void on_field(void *context, enum mime_header header, const struct header_field *field)
{
    struct story *story = context;

    buf_put_printf(&story->told, "\nfield %d %zu:", (int)header, field->name.len);
    buf_put(&story->told, field->whole);
    buf_put(&story->passed, field->whole);
}

static void on_line(void *context, struct span line, bool has_end)
{
    struct story *story = context;

    buf_put_printf(&story->told, "\nline %d:", has_end);
    buf_put(&story->told, line);
    buf_put(&story->passed, span_of(line.data, line.len + has_end));
}

static void on_octets(void *context, struct span octets)
{
    struct story *story = context;

    buf_put(&story->passed, octets);
}

static void walk_in_blocks(struct story *story, unsigned options, struct span content, size_t block)
{
    const struct mime_settings settings = {
        .structure = (options & 1) != 0,
        .field_max = (options & 4) != 0 ? 40 : SIZE_MAX / 4,
        .line_max = 16,
        .nesting_max = 5,
        .boundary_max = 8,
        .lines_within = (options & 8) != 0 ? 50 : 0,
        .faults = options >> 4,
    };
    const struct mime_listener listener = {
        .context = story,
        .field = on_field,
        .line = on_line,
        .octets = on_octets,
    };
    struct mime_walk *walk = mime_walk_create(&settings, &listener);

    *story = (struct story){BUF(BUF_UNLIMITED), BUF(BUF_UNLIMITED)};
    mime_walk_begin(walk, (options & 2) != 0);
    for (; content.len > 0; content = span_skip(content, block))
        mime_walk(walk, span_first(content, block));
    mime_walk_end(walk);
    mime_walk_free(&walk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span content = span_skip(span_of(data, size), 2);
    struct story whole, pieces;

    if (size < 2)
        return 0;
    walk_in_blocks(&whole, data[0], content, size);
    walk_in_blocks(&pieces, data[0], content, (size_t)data[1] + 1);
    ASSERT((data[0] & 4) != 0 || whole.passed.len == content.len ||
           whole.passed.len == content.len + 1); /* the empty line */
    ASSERT((data[0] & 4) != 0 || (span_equal(buf_span(&whole.told), buf_span(&pieces.told)) &&
                                  span_equal(buf_span(&whole.passed), buf_span(&pieces.passed))));
    buf_release(&whole.told);
    buf_release(&whole.passed);
    buf_release(&pieces.told);
    buf_release(&pieces.passed);
    return 0;
}
