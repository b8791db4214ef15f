/* The grammar of LIST. */
#include "lib/base/base.h"

#include "imapd/list.h"

#include "imapd/status.h"

static const struct list_word {
    const char *name;
    enum list_option option;
    bool selects, returns; /* where it may stand */
} words[] = {
    {"SUBSCRIBED",     LIST_SUBSCRIBED,      true,  true },
    {"REMOTE",         LIST_REMOTE,          true,  false},
    {"RECURSIVEMATCH", LIST_RECURSIVE_MATCH, true,  false},
    {"SPECIAL-USE",    LIST_SPECIAL_USE,     true,  true },
    {"CHILDREN",       LIST_CHILDREN,        false, true },
    {"STATUS",         LIST_STATUS,          false, true },
};

static const struct list_word *find_word(struct span text, bool selects)
{
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if ((selects ? words[i].selects : words[i].returns) &&
            span_equal_text_nocase(text, words[i].name))
            return &words[i];
    }
    return NULL;
}

/* "(" [option *(SP option)] ")"; STATUS has its items behind it. */
static bool take_options(struct cursor *at, bool selects, unsigned *options,
                         struct list_request *request)
{
    if (!cursor_take(at, '('))
        return false;
    if (cursor_take(at, ')'))
        return true;
    do {
        const struct list_word *word;
        struct span text;
        if (!parse_atom(at, &text) || (word = find_word(text, selects)) == NULL)
            return false;
        *options |= word->option;
        if (word->option == LIST_STATUS &&
            (!parse_space(at) || !status_items_parse(at, &request->status_items)))
            return false;
    } while (parse_more(at));
    return cursor_take(at, ')');
}

static enum list_parsed add_pattern(struct arena *arena, struct span reference, struct span pattern,
                                    struct list_request *request)
{
    if (reference.len + pattern.len > LIST_PATTERN_MAX ||
        request->pattern_count == LIST_PATTERNS_MAX)
        return LIST_TOO_LONG;
    request->patterns[request->pattern_count++] =
        span_text(arena_printf(arena, "%.*s%.*s", SPAN_PRINTF(reference), SPAN_PRINTF(pattern)));
    return LIST_PARSED;
}

/* patterns = "(" list-mailbox *(SP list-mailbox) ")" */
static enum list_parsed take_patterns(struct arena *arena, struct cursor *at, struct span reference,
                                      struct list_request *request)
{
    enum list_parsed result = LIST_PARSED;
    struct span pattern;

    request->extended = true;
    if (cursor_take(at, ')'))
        return LIST_PARSED;
    do {
        if (!parse_list_mailbox(arena, at, &pattern))
            return LIST_BAD;
        result = add_pattern(arena, reference, pattern, request);
    } while (result == LIST_PARSED && parse_space(at));
    return result != LIST_PARSED || cursor_take(at, ')') ? result : LIST_BAD;
}

static enum list_parsed take_names(struct arena *arena, struct cursor *at,
                                   struct list_request *request)
{
    struct span reference, pattern;

    if (!parse_space(at) || !parse_astring(arena, at, &reference) || !parse_space(at))
        return LIST_BAD;
    request->patterns = arena_array(arena, struct span, LIST_PATTERNS_MAX);
    if (cursor_take(at, '('))
        return take_patterns(arena, at, reference, request);
    if (!parse_list_mailbox(arena, at, &pattern))
        return LIST_BAD;
    request->root = pattern.len == 0;
    return add_pattern(arena, reference, pattern, request);
}

static bool take_returns(struct cursor *at, struct list_request *request)
{
    request->extended = true;
    return parse_space(at) && parse_word(at, "RETURN") && parse_space(at) &&
           take_options(at, false, &request->returns, request);
}

/* RECURSIVEMATCH alone selects nothing (RFC 5258 section 3.1). What selects is also told. */
static const char *complete(struct list_request *request)
{
    const unsigned weak = LIST_RECURSIVE_MATCH | LIST_REMOTE;

    if (request->select == LIST_RECURSIVE_MATCH || request->select == weak)
        return "RECURSIVEMATCH must not be the only selection.";
    request->returns |= request->select & (LIST_SUBSCRIBED | LIST_SPECIAL_USE);
    if (!request->extended)
        request->returns = LIST_CHILDREN | LIST_SPECIAL_USE;
    return NULL;
}

enum list_parsed list_parse(struct arena *arena, struct cursor at, struct list_request *request_r,
                            const char **fault_r)
{
    struct cursor options = at;
    enum list_parsed result;

    *request_r = (struct list_request){0};
    *fault_r = "Invalid arguments.";
    if (parse_space(&options) && !cursor_at_end(options) && *options.next == '(') {
        request_r->extended = true;
        at = options;
        if (!take_options(&at, true, &request_r->select, request_r)) {
            *fault_r = "Unknown select options.";
            return LIST_BAD;
        }
    }
    result = take_names(arena, &at, request_r);
    if (result != LIST_PARSED)
        return result;
    if (!parse_end(&at) && (!take_returns(&at, request_r) || !parse_end(&at))) {
        *fault_r = "Unknown return options.";
        return LIST_BAD;
    }
    *fault_r = complete(request_r);
    return *fault_r == NULL ? LIST_PARSED : LIST_BAD;
}
