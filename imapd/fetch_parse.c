/* The items of FETCH: RFC 3501 section 9, fetch-att and section. */
#include "lib/base/base.h"

#include "imapd/fetch.h"

#include "imapd/thread_id.h"

static const struct {
    const char *name;
    enum fetch_kind kind;
    unsigned wanted;
} plain_items[] = {
    {"UID",             FETCH_UID,           0                 },
    {"FLAGS",           FETCH_FLAGS,         0                 },
    {"INTERNALDATE",    FETCH_DATE,          WANT_DATE         },
    {"RFC822.SIZE",     FETCH_SIZE,          WANT_SIZE         },
    {"ENVELOPE",        FETCH_ENVELOPE,      WANT_ENVELOPE     },
    {"BODYSTRUCTURE",   FETCH_BODYSTRUCTURE, WANT_BODYSTRUCTURE},
    {"BODY",            FETCH_BODY,          WANT_BODYSTRUCTURE},
    {"MODSEQ",          FETCH_MODSEQ,        0                 },
    {"SAVEDATE",        FETCH_SAVE_DATE,     WANT_SAVE_DATE    },
    {"EMAILID",         FETCH_EMAIL_ID,      WANT_EMAIL_ID     },
    {"THREADID",        FETCH_THREAD_ID,     THREAD_ID_WANTS   },
    {"PREVIEW",         FETCH_PREVIEW,       WANT_PREVIEW      },
    {"PREVIEW (FUZZY)", FETCH_PREVIEW_FUZZY, WANT_PREVIEW      }, /* take_preview finds it */
    {"SNIPPET",         FETCH_SNIPPET,       WANT_PREVIEW      },
};

/* Old names of sections; the response has the old name too. */
static const struct {
    const char *name;
    enum section_part part;
    bool peek;
} old_items[] = {
    {"RFC822",        SECTION_ALL,    false},
    {"RFC822.HEADER", SECTION_HEADER, true },
    {"RFC822.TEXT",   SECTION_TEXT,   false},
};

static const struct {
    const char *name;
    enum fetch_kind kinds[5];
    size_t count;
} macros[] = {
    {"FAST", {FETCH_FLAGS, FETCH_DATE, FETCH_SIZE},                             3},
    {"ALL",  {FETCH_FLAGS, FETCH_DATE, FETCH_SIZE, FETCH_ENVELOPE},             4},
    {"FULL", {FETCH_FLAGS, FETCH_DATE, FETCH_SIZE, FETCH_ENVELOPE, FETCH_BODY}, 5},
};

static void want_field(struct fetch *fetch, const char *name)
{
    if (!strlist_has_nocase(&fetch->fields, name))
        strlist_add(&fetch->fields, name);
}

static void add_item(struct fetch *fetch, enum fetch_kind kind)
{
    for (size_t i = 0; i < fetch->count; i++) {
        if (fetch->items[i].kind == kind && kind != FETCH_SECTION)
            return; /* asked for twice */
    }
    fetch->items[fetch->count++].kind = kind;
    for (size_t i = 0; i < ARRAY_LENGTH(plain_items); i++) {
        if (plain_items[i].kind == kind)
            fetch->wanted |= plain_items[i].wanted;
    }
    if (kind == FETCH_THREAD_ID)
        want_field(fetch, THREAD_ID_FIELD);
}

static void add_section(struct fetch *fetch, const struct section *section)
{
    fetch->items[fetch->count++] = (struct fetch_item){FETCH_SECTION, *section};
    fetch->marks_seen |= !section->peek;
    if (section_is_indexed(section)) {
        fetch->wanted |= WANT_HEADERS;
        for (size_t i = 0; i < section->fields.count; i++)
            want_field(fetch, section->fields.items[i]);
    } else {
        fetch->wanted |=
            section->part == SECTION_ALL && section->depth == 0 ? WANT_SIZE : WANT_BODYSTRUCTURE;
    }
}

/* The name of an item, up to a bracket or space. */
static struct span take_name(struct cursor *at)
{
    const unsigned char *first = at->next;

    while (!cursor_at_end(*at) && (is_alnum(*at->next) || *at->next == '.'))
        at->next++;
    return span_of(first, (size_t)(at->next - first));
}

/* Items with a section in brackets. */
static const struct bracket_item {
    const char *name;
    bool binary, size, peek;
} bracket_items[] = {
    {"BODY",        false, false, false},
    {"BODY.PEEK",   false, false, true },
    {"BINARY",      true,  false, false},
    {"BINARY.PEEK", true,  false, true },
    {"BINARY.SIZE", true,  true,  true },
};

static bool take_bracket_item(struct arena *arena, struct span name, struct cursor *at,
                              struct fetch *fetch)
{
    struct section section;

    for (size_t i = 0; i < ARRAY_LENGTH(bracket_items); i++) {
        const struct bracket_item *item = &bracket_items[i];
        if (!span_equal_text_nocase(name, item->name))
            continue;
        if (item->binary ? !section_parse_binary(arena, at, item->size, &section)
                         : !section_parse(arena, at, &section))
            return false;
        section.peek = item->peek;
        add_section(fetch, &section);
        return true;
    }
    return false;
}

/*
 * [SP "(LAZY)"]: what is known already would be enough, but we know it always. In the drafts algorithms stood
 * in the parentheses too, FUZZY or LAZY=FUZZY, of which there is but one.
 */
static bool take_preview(struct cursor *at, struct fetch *fetch, enum fetch_kind kind)
{
    struct cursor here = *at;

    if (parse_space(&here) && cursor_take(&here, '(')) {
        do {
            if (parse_word(&here, "FUZZY") || parse_word(&here, "LAZY=FUZZY"))
                kind = kind == FETCH_PREVIEW ? FETCH_PREVIEW_FUZZY : kind;
            else if (!parse_word(&here, "LAZY"))
                return false;
        } while (parse_more(&here));
        if (!cursor_take(&here, ')'))
            return false;
        *at = here;
    }
    add_item(fetch, kind);
    return true;
}

static bool take_item(struct arena *arena, struct cursor *at, struct fetch *fetch)
{
    struct span name = take_name(at);
    bool bracket = !cursor_at_end(*at) && *at->next == '[';

    if (fetch->count >= FETCH_ITEMS_MAX)
        return false;
    if (bracket)
        return take_bracket_item(arena, name, at, fetch);
    for (size_t i = 0; i < ARRAY_LENGTH(plain_items); i++) {
        enum fetch_kind kind = plain_items[i].kind;
        if (!span_equal_text_nocase(name, plain_items[i].name))
            continue;
        if (kind == FETCH_PREVIEW || kind == FETCH_SNIPPET)
            return take_preview(at, fetch, kind);
        add_item(fetch, kind);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(old_items); i++) {
        if (span_equal_text_nocase(name, old_items[i].name)) {
            add_section(fetch, &(struct section){.part = old_items[i].part,
                                                 .peek = old_items[i].peek,
                                                 .label = old_items[i].name});
            return true;
        }
    }
    return false;
}

static bool take_macro(struct cursor *at, struct fetch *fetch)
{
    for (size_t i = 0; i < ARRAY_LENGTH(macros); i++) {
        if (parse_word(at, macros[i].name)) {
            for (size_t j = 0; j < macros[i].count; j++)
                add_item(fetch, macros[i].kinds[j]);
            return true;
        }
    }
    return false;
}

static bool reads_file(const struct fetch_item *item)
{
    return item->kind == FETCH_SECTION && !section_is_indexed(&item->section);
}

/* What comes from the index before what comes from the file; else as the client has it. */
static void order_items(struct arena *arena, struct fetch *fetch)
{
    struct fetch_item *ordered = arena_array(arena, struct fetch_item, fetch->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < fetch->count; i++) {
        if (!reads_file(&fetch->items[i]))
            ordered[count++] = fetch->items[i];
    }
    for (size_t i = 0; i < fetch->count; i++) {
        if (reads_file(&fetch->items[i]))
            ordered[count++] = fetch->items[i];
    }
    fetch->items = ordered;
}

/* CHANGEDSINCE n, VANISHED: RFC 7162 sections 3.1.4 and 3.2.6; PARTIAL range: RFC 9394 */
static bool take_modifier(struct cursor *at, struct fetch *fetch)
{
    if (parse_word(at, "VANISHED")) {
        fetch->wants_vanished = true;
        return true;
    }
    if (parse_word(at, "CHANGEDSINCE")) {
        fetch->is_conditional = true;
        return parse_space(at) && parse_number(at, INT64_MAX, &fetch->changed_since);
    }
    if (parse_word(at, "PARTIAL") && !fetch->is_partial) {
        fetch->is_partial = true;
        return parse_space(at) && partial_parse(at, &fetch->partial);
    }
    return false;
}

static bool take_modifiers(struct cursor *at, struct fetch *fetch)
{
    if (parse_end(at))
        return true;
    if (!parse_space(at) || !cursor_take(at, '('))
        return false;
    do {
        if (!take_modifier(at, fetch))
            return false;
    } while (parse_more(at));
    if (fetch->is_conditional)
        add_item(fetch, FETCH_MODSEQ);
    return cursor_take(at, ')') && parse_end(at) &&
           (!fetch->wants_vanished || fetch->is_conditional);
}

static bool take_items(struct arena *arena, struct cursor *at, struct fetch *fetch)
{
    if (!parse_space(at))
        return false;
    if (!cursor_take(at, '('))
        return take_macro(at, fetch) || take_item(arena, at, fetch);
    do {
        if (!take_item(arena, at, fetch))
            return false;
    } while (parse_more(at));
    return cursor_take(at, ')');
}

bool fetch_parse(struct arena *arena, struct cursor *at, struct fetch *fetch_r)
{
    bool parsed;

    *fetch_r = (struct fetch){
        .items = arena_array(arena, struct fetch_item, FETCH_ITEMS_MAX + 8),
    };
    parsed = take_items(arena, at, fetch_r) && take_modifiers(at, fetch_r);
    order_items(arena, fetch_r);
    for (size_t i = 0; i < fetch_r->count; i++)
        fetch_r->kinds |= 1U << fetch_r->items[i].kind;
    return parsed;
}

void fetch_release(struct fetch *fetch)
{
    for (size_t i = 0; i < fetch->count; i++)
        strlist_release(&fetch->items[i].section.fields);
    strlist_release(&fetch->fields);
}
