/* The sections of BINARY: RFC 3516 section 4. Numbers of parts alone, and no words. */
#include "lib/base/base.h"

#include "imapd/fetch.h"

static const char *label_of(struct arena *arena, const struct section *section)
{
    struct buf label = BUF(BUF_UNLIMITED);
    const char *text;

    buf_put_text(&label, section->part == SECTION_BINARY_SIZE ? "BINARY.SIZE[" : "BINARY[");
    for (size_t i = 0; i < section->depth; i++)
        buf_put_printf(&label, i == 0 ? "%" PRIu32 : ".%" PRIu32, section->numbers[i]);
    buf_put_char(&label, ']');
    if (section->partial)
        buf_put_printf(&label, "<%" PRIu64 ">", section->offset);
    text = arena_text(arena, buf_span(&label));
    buf_release(&label);
    return text;
}

bool section_parse_binary(struct arena *arena, struct cursor *at, bool size,
                          struct section *section_r)
{
    struct section section = {.part = size ? SECTION_BINARY_SIZE : SECTION_BINARY, .peek = size};

    if (!cursor_take(at, '[') || !section_take_numbers(at, &section) || !cursor_take(at, ']') ||
        (!size && !section_take_partial(at, &section)))
        return false;
    section.label = label_of(arena, &section);
    *section_r = section;
    return true;
}
