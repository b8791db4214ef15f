/* The grammar of NOTIFY: RFC 5465 section 8. */
#include "lib/base/base.h"

#include "imapd/notify.h"

static const struct {
    const char *name;
    enum notify_filter filter;
    bool has_names;
} filters[] = {
    {"SELECTED",         NOTIFY_SELECTED,         false},
    {"SELECTED-DELAYED", NOTIFY_SELECTED_DELAYED, false},
    {"INBOXES",          NOTIFY_INBOXES,          false},
    {"PERSONAL",         NOTIFY_PERSONAL,         false},
    {"SUBSCRIBED",       NOTIFY_SUBSCRIBED,       false},
    {"SUBTREE",          NOTIFY_SUBTREE,          true },
    {"MAILBOXES",        NOTIFY_MAILBOXES,        true },
};

static const struct {
    const char *name;
    enum notify_event event;
} events[] = {
    {"MessageNew",            NOTIFY_MESSAGE_NEW        },
    {"MessageExpunge",        NOTIFY_MESSAGE_EXPUNGE    },
    {"FlagChange",            NOTIFY_FLAG_CHANGE        },
    {"MailboxName",           NOTIFY_MAILBOX_NAME       },
    {"SubscriptionChange",    NOTIFY_SUBSCRIPTION_CHANGE},
    {"AnnotationChange",      NOTIFY_UNSUPPORTED        },
    {"MailboxMetadataChange", NOTIFY_MAILBOX_METADATA   },
    {"ServerMetadataChange",  NOTIFY_SERVER_METADATA    },
};

struct notify_parser {
    struct arena *arena;
    struct cursor *at;
    struct span *names; /* of all groups */
    size_t name_count;
};

static bool is_of_selected(const struct notify_group *group)
{
    return group->filter == NOTIFY_SELECTED || group->filter == NOTIFY_SELECTED_DELAYED;
}

static bool take_name(struct notify_parser *parser, struct notify_group *group)
{
    struct span name;

    if (parser->name_count == NOTIFY_NAMES_MAX || !parse_astring(parser->arena, parser->at, &name))
        return false;
    parser->names[parser->name_count++] = span_of(arena_text(parser->arena, name), name.len);
    group->name_count++;
    return true;
}

/* one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")" */
static bool take_names(struct notify_parser *parser, struct notify_group *group)
{
    group->names = parser->names + parser->name_count;
    if (!parse_space(parser->at))
        return false;
    if (!cursor_take(parser->at, '('))
        return take_name(parser, group);
    do {
        if (!take_name(parser, group))
            return false;
    } while (parse_more(parser->at));
    return cursor_take(parser->at, ')');
}

static bool take_filter(struct notify_parser *parser, struct notify_group *group)
{
    struct span word;

    if (!parse_atom(parser->at, &word))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(filters); i++) {
        if (span_equal_text_nocase(word, filters[i].name)) {
            group->filter = filters[i].filter;
            return !filters[i].has_names || take_names(parser, group);
        }
    }
    return false;
}

/* "(" fetch-att *(SP fetch-att) ")", found by its parentheses; what is in it is FETCH's business. */
static bool take_items(struct notify_parser *parser, struct span *items_r)
{
    struct cursor here = *parser->at;
    bool quoted = false;
    int depth = 0;

    do {
        if (cursor_at_end(here))
            return false;
        if (*here.next == '"')
            quoted = !quoted;
        else if (!quoted)
            depth += *here.next == '(' ? 1 : *here.next == ')' ? -1 : 0;
        here.next++;
    } while (depth > 0);
    *items_r = span_of(parser->at->next, (size_t)(here.next - parser->at->next));
    *items_r = span_of(arena_text(parser->arena, *items_r), items_r->len);
    *parser->at = here;
    return true;
}

static bool take_event(struct notify_parser *parser, struct notify_group *group)
{
    struct cursor here;
    struct span word;
    size_t i = 0;

    if (!parse_atom(parser->at, &word))
        return false;
    while (i < ARRAY_LENGTH(events) && !span_equal_text_nocase(word, events[i].name))
        i++;
    if (i == ARRAY_LENGTH(events))
        return false;
    group->events |= events[i].event;
    here = *parser->at;
    if (events[i].event != NOTIFY_MESSAGE_NEW || !parse_space(&here) || cursor_at_end(here) ||
        *here.next != '(')
        return true;
    *parser->at = here;
    return take_items(parser, &group->items);
}

/* "NONE" / "(" event *(SP event) ")" */
static bool take_events(struct notify_parser *parser, struct notify_group *group)
{
    if (parse_word(parser->at, "NONE"))
        return true;
    if (!cursor_take(parser->at, '('))
        return false;
    do {
        if (!take_event(parser, group))
            return false;
    } while (parse_more(parser->at));
    return cursor_take(parser->at, ')');
}

/* RFC 5465 sections 5 and 6.1: which events go together. */
static bool makes_sense(const struct notify_group *group)
{
    bool is_new = (group->events & NOTIFY_MESSAGE_NEW) != 0;
    bool expunge = (group->events & NOTIFY_MESSAGE_EXPUNGE) != 0;

    if (is_new != expunge || ((group->events & NOTIFY_FLAG_CHANGE) != 0 && !is_new))
        return false;
    if (is_of_selected(group))
        return (group->events & ~(unsigned)(NOTIFY_MESSAGE_EVENTS | NOTIFY_UNSUPPORTED)) == 0;
    return group->items.len == 0;
}

static bool take_group(struct notify_parser *parser, struct notify_group *group)
{
    return cursor_take(parser->at, '(') && take_filter(parser, group) && parse_space(parser->at) &&
           take_events(parser, group) && cursor_take(parser->at, ')') && makes_sense(group);
}

static bool take_groups(struct notify_parser *parser, struct notify_request *request)
{
    bool selected = false;

    do {
        struct notify_group *group = &request->groups[request->group_count];
        if (request->group_count == NOTIFY_GROUPS_MAX || !take_group(parser, group) ||
            (is_of_selected(group) && selected))
            return false;
        selected |= is_of_selected(group);
        request->group_count++;
    } while (parse_more(parser->at));
    return parse_end(parser->at);
}

bool notify_parse(struct arena *arena, struct cursor *at, struct notify_request *request_r)
{
    struct notify_parser parser = {.arena = arena, .at = at};
    struct cursor here;

    *request_r = (struct notify_request){0};
    if (!parse_space(at))
        return false;
    if (parse_word(at, "NONE"))
        return parse_end(at);
    if (!parse_word(at, "SET") || !parse_space(at))
        return false;
    here = *at;
    if (parse_word(&here, "STATUS") && parse_space(&here)) {
        request_r->status = true;
        *at = here;
    }
    parser.names = arena_array(arena, struct span, NOTIFY_NAMES_MAX);
    request_r->groups = arena_array(arena, struct notify_group, NOTIFY_GROUPS_MAX + 1);
    return take_groups(&parser, request_r);
}
