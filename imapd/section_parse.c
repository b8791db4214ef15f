/* The grammar of sections: RFC 3501 section 9, section; RFC 3516 section 4, section-binary. */
#include "lib/base/base.h"

#include "imapd/section.h"

#include "lib/message/imap_text.h"

/* "1.2", or nothing */
static bool take_numbers(struct cursor *at, struct section *section)
{
    uint64_t number;

    while (parse_number(at, UINT32_MAX, &number)) {
        if (number == 0 || section->depth == MIME_DEPTH_MAX)
            return false;
        section->numbers[section->depth++] = (uint32_t)number;
        if (!cursor_take(at, '.'))
            return true;
        if (cursor_at_end(*at) || *at->next == ']')
            return false;
    }
    return true;
}

static bool take_fields(struct arena *arena, struct cursor *at, struct strlist *fields)
{
    struct span name;

    if (!parse_space(at) || !cursor_take(at, '('))
        return false;
    do {
        if (fields->count == SECTION_FIELDS_MAX || !parse_astring(arena, at, &name))
            return false;
        strlist_add_span(fields, name);
    } while (parse_more(at));
    return cursor_take(at, ')');
}

/* The word behind the numbers; none is the whole part. */
static bool take_part(struct arena *arena, struct cursor *at, struct section *section)
{
    bool after_numbers = section->depth > 0;

    section->part = SECTION_ALL;
    if (!cursor_at_end(*at) && *at->next == ']')
        return true;
    if (parse_word(at, "HEADER")) {
        section->part = SECTION_HEADER;
    } else if (parse_word(at, "TEXT")) {
        section->part = SECTION_TEXT;
    } else if (after_numbers && parse_word(at, "MIME")) {
        section->part = SECTION_MIME;
    } else if (parse_word(at, "HEADER.FIELDS")) {
        section->part = SECTION_FIELDS;
        return take_fields(arena, at, &section->fields);
    } else if (parse_word(at, "HEADER.FIELDS.NOT")) {
        section->part = SECTION_FIELDS_NOT;
        return take_fields(arena, at, &section->fields);
    } else {
        return false;
    }
    return true;
}

/* "<" number64 "." nz-number64 ">": RFC 9051 section 9 */
static bool take_partial(struct cursor *at, struct section *section)
{
    if (!cursor_take(at, '<'))
        return true;
    section->partial = true;
    return parse_number(at, INT64_MAX, &section->offset) && cursor_take(at, '.') &&
           parse_number(at, INT64_MAX, &section->len) && section->len > 0 && cursor_take(at, '>');
}

static const char *const part_names[] = {
    [SECTION_ALL] = "",
    [SECTION_HEADER] = "HEADER",
    [SECTION_FIELDS] = "HEADER.FIELDS",
    [SECTION_FIELDS_NOT] = "HEADER.FIELDS.NOT",
    [SECTION_TEXT] = "TEXT",
    [SECTION_MIME] = "MIME",
    [SECTION_BINARY] = "",
    [SECTION_BINARY_SIZE] = "",
};

/* How the response names the section, which it calls `item`, and where a partial one starts. */
static const char *label_of(struct arena *arena, const char *item, const struct section *section)
{
    struct buf label = BUF(BUF_UNLIMITED);
    const char *part = part_names[section->part];
    const char *text;

    buf_put_printf(&label, "%s[", item);
    for (size_t i = 0; i < section->depth; i++)
        buf_put_printf(&label, i == 0 ? "%" PRIu32 : ".%" PRIu32, section->numbers[i]);
    if (section->depth > 0 && *part != '\0')
        buf_put_char(&label, '.');
    buf_put_text(&label, part);
    for (size_t i = 0; i < section->fields.count; i++) {
        buf_put_text(&label, i == 0 ? " (" : " ");
        imap_put_astring(&label, span_text(section->fields.items[i]));
    }
    buf_put_text(&label, section->fields.count > 0 ? ")]" : "]");
    if (section->partial)
        buf_put_printf(&label, "<%" PRIu64 ">", section->offset);
    text = arena_text(arena, buf_span(&label));
    buf_release(&label);
    return text;
}

bool section_parse(struct arena *arena, struct cursor *at, struct section *section_r)
{
    struct section section = {0};

    if (!cursor_take(at, '[') || !take_numbers(at, &section) || !take_part(arena, at, &section) ||
        !cursor_take(at, ']') || !take_partial(at, &section)) {
        strlist_release(&section.fields);
        return false;
    }
    section.label = label_of(arena, "BODY", &section);
    *section_r = section;
    return true;
}

/* BINARY has numbers of parts alone, and no words: RFC 3516 section 4. */
bool section_parse_binary(struct arena *arena, struct cursor *at, bool size,
                          struct section *section_r)
{
    struct section section = {.part = size ? SECTION_BINARY_SIZE : SECTION_BINARY, .peek = size};

    if (!cursor_take(at, '[') || !take_numbers(at, &section) || !cursor_take(at, ']') ||
        (!size && !take_partial(at, &section)))
        return false;
    section.label = label_of(arena, size ? "BINARY.SIZE" : "BINARY", &section);
    *section_r = section;
    return true;
}

bool section_is_indexed(const struct section *section)
{
    return section->part == SECTION_FIELDS && section->depth == 0;
}
