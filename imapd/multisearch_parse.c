/* The grammar of ESEARCH's sources: RFC 7377 section 4. */
#include "lib/base/base.h"

#include "imapd/multisearch.h"

static const struct {
    const char *name;
    enum search_filter filter;
    bool has_names;
} filters[] = {
    {"SELECTED",    FILTER_SELECTED,    false},
    {"INBOXES",     FILTER_INBOXES,     false},
    {"PERSONAL",    FILTER_PERSONAL,    false},
    {"SUBSCRIBED",  FILTER_SUBSCRIBED,  false},
    {"SUBTREE",     FILTER_SUBTREE,     true },
    {"SUBTREE-ONE", FILTER_SUBTREE_ONE, true },
    {"MAILBOXES",   FILTER_MAILBOXES,   true },
};

static bool add_place(struct search_places *places, enum search_filter filter, struct span name)
{
    if (places->count == MULTISEARCH_SOURCES_MAX)
        return false;
    places->places[places->count++] = (struct search_place){filter, name};
    return true;
}

/* one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")" */
static bool take_names(struct arena *arena, struct cursor *at, struct search_places *places,
                       enum search_filter filter)
{
    struct span name;

    if (!parse_space(at))
        return false;
    if (!cursor_take(at, '('))
        return parse_astring(arena, at, &name) && add_place(places, filter, name);
    do {
        if (!parse_astring(arena, at, &name) || !add_place(places, filter, name))
            return false;
    } while (parse_more(at));
    return cursor_take(at, ')');
}

static bool take_filter(struct arena *arena, struct cursor *at, struct search_places *places)
{
    struct span word;

    if (!parse_atom(at, &word))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(filters); i++) {
        if (!span_equal_text_nocase(word, filters[i].name))
            continue;
        return filters[i].has_names ? take_names(arena, at, places, filters[i].filter)
                                    : add_place(places, filters[i].filter, SPAN_EMPTY);
    }
    return false;
}

bool search_places_parse(struct arena *arena, struct cursor *at, struct search_places *places_r)
{
    struct cursor here = *at;

    *places_r = (struct search_places){0};
    if (!parse_space(&here) || !parse_word(&here, "IN"))
        return true;
    if (!parse_space(&here) || !cursor_take(&here, '('))
        return false;
    places_r->places = arena_array(arena, struct search_place, MULTISEARCH_SOURCES_MAX);
    do { /* no scope option is known: a parenthesis here is malformed */
        if (!take_filter(arena, &here, places_r))
            return false;
    } while (parse_more(&here));
    *at = here;
    return cursor_take(at, ')');
}
