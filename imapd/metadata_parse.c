/* The grammar of METADATA. */
#include "lib/base/base.h"

#include "imapd/metadata.h"

static bool take_depth(struct cursor *at, enum metadata_depth *depth_r)
{
    static const char *const names[] = {"0", "1", "infinity"};
    struct span word;

    if (!parse_atom(at, &word))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (span_equal_text_nocase(word, names[i])) {
            *depth_r = (enum metadata_depth)i;
            return true;
        }
    }
    return false;
}

bool metadata_options_parse(struct cursor *at, struct metadata_options *options_r)
{
    struct metadata_options options = {.max_size = UINT64_MAX};
    struct cursor here = *at;

    if (!cursor_take(&here, '('))
        return false;
    do {
        if (parse_word(&here, "MAXSIZE")) {
            if (!parse_space(&here) || !parse_number(&here, UINT32_MAX, &options.max_size))
                return false;
        } else if (!parse_word(&here, "DEPTH") || !parse_space(&here) ||
                   !take_depth(&here, &options.depth)) {
            return false;
        }
    } while (parse_more(&here));
    if (!cursor_take(&here, ')'))
        return false;
    *options_r = options;
    *at = here;
    return true;
}

/* What all others are below: it has no value, and with DEPTH everybody else's is asked for by it. */
static bool is_top(struct span entry)
{
    return span_equal_text(entry, "/private") || span_equal_text(entry, "/shared");
}

/* RFC 5464 section 4.1: slash-separated components below /private or /shared; no wildcards, no octets
 * that are no 7-bit characters. */
static bool is_entry(struct span entry)
{
    struct span rest = entry;

    if (entry.len > ANNOTATION_ENTRY_MAX ||
        (!span_starts_with(entry, "/private/") && !span_starts_with(entry, "/shared/")))
        return false;
    for (size_t i = 0; i < entry.len; i++) {
        if (entry.data[i] < ' ' || entry.data[i] > '~' || strchr("*%", entry.data[i]) != NULL)
            return false;
    }
    if (entry.data[entry.len - 1] == '/')
        return false;
    for (rest = span_skip(rest, 1); rest.len > 0;) {
        if (span_take_until(&rest, '/').len == 0)
            return false;
    }
    return true;
}

static enum metadata_parsed take_entry(struct arena *arena, struct cursor *at, bool with_value,
                                       struct span *entry_r)
{
    struct span text;
    char *entry;

    if (!parse_astring(arena, at, &text))
        return METADATA_BAD;
    entry = arena_text(arena, text);
    for (size_t i = 0; i < text.len; i++)
        entry[i] = to_lower(entry[i]);
    *entry_r = span_of(entry, text.len);
    return is_entry(*entry_r) || (!with_value && is_top(*entry_r)) ? METADATA_PARSED
                                                                   : METADATA_WRONG_NAME;
}

/* value = nstring / literal8 */
static bool take_value(struct arena *arena, struct cursor *at, struct span *value_r)
{
    *value_r = SPAN_EMPTY;
    if (parse_word(at, "NIL"))
        return true;
    if (!parse_string8(arena, at, value_r))
        return false;
    if (value_r->data == NULL)
        *value_r = SPAN_LITERAL("");
    return true;
}

static enum metadata_parsed take_item(struct arena *arena, struct cursor *at, bool with_value,
                                      struct metadata_entries *entries)
{
    struct annotation *item = &entries->items[entries->count];
    enum metadata_parsed result;

    if (entries->count == METADATA_ENTRIES_MAX)
        return METADATA_BAD;
    result = take_entry(arena, at, with_value, &item->entry);
    if (result == METADATA_PARSED && with_value &&
        (!parse_space(at) || !take_value(arena, at, &item->value)))
        result = METADATA_BAD;
    entries->count++;
    return result;
}

static enum metadata_parsed take_list(struct arena *arena, struct cursor *at, bool with_values,
                                      struct metadata_entries *entries)
{
    enum metadata_parsed result;

    do {
        result = take_item(arena, at, with_values, entries);
    } while (result == METADATA_PARSED && parse_space(at));
    return result != METADATA_PARSED || cursor_take(at, ')') ? result : METADATA_BAD;
}

static void begin(struct arena *arena, struct metadata_entries *entries)
{
    *entries = (struct metadata_entries){
        .items = arena_array(arena, struct annotation, METADATA_ENTRIES_MAX),
    };
}

enum metadata_parsed metadata_get_parse(struct arena *arena, struct cursor at,
                                        struct metadata_entries *entries_r)
{
    enum metadata_parsed result;

    begin(arena, entries_r);
    result = cursor_take(&at, '(') ? take_list(arena, &at, false, entries_r)
                                   : take_item(arena, &at, false, entries_r);
    return result != METADATA_PARSED || parse_end(&at) ? result : METADATA_BAD;
}

enum metadata_parsed metadata_set_parse(struct arena *arena, struct cursor at,
                                        struct metadata_entries *entries_r)
{
    enum metadata_parsed result;

    begin(arena, entries_r);
    if (!cursor_take(&at, '('))
        return METADATA_BAD;
    result = take_list(arena, &at, true, entries_r);
    return result != METADATA_PARSED || parse_end(&at) ? result : METADATA_BAD;
}
