/* The grammar of message URLs. */
#include "lib/base/base.h"

#include "imapd/message_url.h"

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "%41" is "A". NUL: broken. */
static const char *decode(struct arena *arena, struct span text)
{
    char *decoded = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return NULL;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (c == '\0')
            return NULL;
        decoded[len++] = c;
    }
    return decoded;
}

/* What stands before `mark` (in any case), which is skipped; false: there is no such mark. */
static bool split_at(struct span *rest, const char *mark, struct span *before_r)
{
    for (size_t i = 0; i < rest->len; i++) {
        if (span_starts_with_nocase(span_skip(*rest, i), mark)) {
            *before_r = span_first(*rest, i);
            *rest = span_skip(*rest, i + strlen(mark));
            return true;
        }
    }
    return false;
}

static bool parse_mailbox(struct arena *arena, struct span path, struct message_url *url)
{
    struct span validity, name;
    uint64_t number;

    if (path.len == 0)
        return true; /* "/;UID=20": of the selected one */
    if (path.data[0] != '/')
        return false;
    path = span_skip(path, 1);
    validity = path;
    if (split_at(&validity, ";UIDVALIDITY=", &name)) {
        if (!span_to_u64(validity, UINT32_MAX, &number) || number == 0)
            return false;
        url->uidvalidity = (uint32_t)number;
        path = name;
    }
    url->mailbox = path.len == 0 ? NULL : decode(arena, path);
    return url->mailbox != NULL;
}

/* The section as FETCH has it, in brackets. */
static bool parse_section(struct arena *arena, struct span text, struct section *section)
{
    const char *decoded = decode(arena, text);
    struct cursor at;

    if (decoded == NULL)
        return false;
    at = cursor_of(span_text(arena_printf(arena, "[%s]", decoded)));
    return section_parse(arena, &at, section) && parse_end(&at) && !section->partial;
}

/* offset ["." length] */
static bool parse_partial(struct span text, struct section *section)
{
    struct span offset = span_take_until(&text, '.');

    section->partial = true;
    section->len = UINT32_MAX;
    return span_to_u64(offset, INT64_MAX, &section->offset) &&
           (text.len == 0 || (span_to_u64(text, UINT32_MAX, &section->len) && section->len > 0));
}

static bool parse_parts(struct arena *arena, struct span rest, struct message_url *url)
{
    struct span partial = rest, section;
    bool has_partial = split_at(&partial, "/;PARTIAL=", &rest), has_section;
    uint64_t number;

    section = rest;
    has_section = split_at(&section, "/;SECTION=", &rest);
    if (!span_to_u64(rest, UINT32_MAX, &number) || number == 0)
        return false;
    url->uid = (uint32_t)number;
    return (!has_section || parse_section(arena, section, &url->section)) &&
           (!has_partial || parse_partial(partial, &url->section));
}

bool message_url_parse(struct arena *arena, struct span url, struct message_url *url_r)
{
    struct span rest = url, mailbox = SPAN_EMPTY;

    *url_r = (struct message_url){.section = {.part = SECTION_ALL}};
    if (span_starts_with_nocase(rest, ";UID=")) /* relative to the selected mailbox */
        rest = span_skip(rest, strlen(";UID="));
    else if (!split_at(&rest, "/;UID=", &mailbox))
        return false;
    if (parse_mailbox(arena, mailbox, url_r) && parse_parts(arena, rest, url_r))
        return true;
    strlist_release(&url_r->section.fields);
    return false;
}
