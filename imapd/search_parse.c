/* The keys of SEARCH: RFC 3501 section 9, search-key. */
#include "lib/base/base.h"

#include "imapd/search.h"

#include "imapd/date_time.h"
#include "lib/message/encoding.h"

/* How a key's arguments look. */
enum shape { NOTHING, A_TEXT, A_HEADER, A_KEYWORD, A_DAY, A_NUMBER, A_SET, A_KEY, TWO_KEYS };

/* name, kind, arguments, header field or mask and value of flags, what it needs of a message */
static const struct key_form {
    const char *name;
    enum search_kind kind;
    enum shape shape;
    const char *field;
    uint32_t mask, value;
    unsigned wanted;
} forms[] = {
    {"ALL",        SEARCH_ALL,         NOTHING,   NULL,      0,                       0,             0           },
    {"ANSWERED",   SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_ANSWERED,           FLAG_ANSWERED, 0           },
    {"BCC",        SEARCH_HEADER,      A_TEXT,    "Bcc",     0,                       0,             WANT_HEADERS},
    {"BEFORE",     SEARCH_BEFORE,      A_DAY,     NULL,      0,                       0,             WANT_DATE   },
    {"BODY",       SEARCH_BODY,        A_TEXT,    NULL,      0,                       0,             0           },
    {"CC",         SEARCH_HEADER,      A_TEXT,    "Cc",      0,                       0,             WANT_HEADERS},
    {"DELETED",    SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_DELETED,            FLAG_DELETED,  0           },
    {"DRAFT",      SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_DRAFT,              FLAG_DRAFT,    0           },
    {"FLAGGED",    SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_FLAGGED,            FLAG_FLAGGED,  0           },
    {"FROM",       SEARCH_HEADER,      A_TEXT,    "From",    0,                       0,             WANT_HEADERS},
    {"HEADER",     SEARCH_HEADER,      A_HEADER,  NULL,      0,                       0,             WANT_HEADERS},
    {"KEYWORD",    SEARCH_KEYWORD,     A_KEYWORD, NULL,      0,                       0,             0           },
    {"LARGER",     SEARCH_LARGER,      A_NUMBER,  NULL,      0,                       0,             WANT_SIZE   },
    {"NEW",        SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_RECENT | FLAG_SEEN, FLAG_RECENT,   0           },
    {"NOT",        SEARCH_NOT,         A_KEY,     NULL,      0,                       0,             0           },
    {"OLD",        SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_RECENT,             0,             0           },
    {"OLDER",      SEARCH_OLDER,       A_NUMBER,  NULL,      0,                       0,             WANT_DATE   },
    {"ON",         SEARCH_ON,          A_DAY,     NULL,      0,                       0,             WANT_DATE   },
    {"OR",         SEARCH_OR,          TWO_KEYS,  NULL,      0,                       0,             0           },
    {"RECENT",     SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_RECENT,             FLAG_RECENT,   0           },
    {"SEEN",       SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_SEEN,               FLAG_SEEN,     0           },
    {"SENTBEFORE", SEARCH_SENT_BEFORE, A_DAY,     "Date",    0,                       0,             WANT_HEADERS},
    {"SENTON",     SEARCH_SENT_ON,     A_DAY,     "Date",    0,                       0,             WANT_HEADERS},
    {"SENTSINCE",  SEARCH_SENT_SINCE,  A_DAY,     "Date",    0,                       0,             WANT_HEADERS},
    {"SINCE",      SEARCH_SINCE,       A_DAY,     NULL,      0,                       0,             WANT_DATE   },
    {"SMALLER",    SEARCH_SMALLER,     A_NUMBER,  NULL,      0,                       0,             WANT_SIZE   },
    {"SUBJECT",    SEARCH_HEADER,      A_TEXT,    "Subject", 0,                       0,             WANT_HEADERS},
    {"TEXT",       SEARCH_TEXT,        A_TEXT,    NULL,      0,                       0,             0           },
    {"TO",         SEARCH_HEADER,      A_TEXT,    "To",      0,                       0,             WANT_HEADERS},
    {"UID",        SEARCH_UIDS,        A_SET,     NULL,      0,                       0,             0           },
    {"UNANSWERED", SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_ANSWERED,           0,             0           },
    {"UNDELETED",  SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_DELETED,            0,             0           },
    {"UNDRAFT",    SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_DRAFT,              0,             0           },
    {"UNFLAGGED",  SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_FLAGGED,            0,             0           },
    {"UNSEEN",     SEARCH_FLAGS,       NOTHING,   NULL,      FLAG_SEEN,               0,             0           },
    {"YOUNGER",    SEARCH_YOUNGER,     A_NUMBER,  NULL,      0,                       0,             WANT_DATE   },
};

struct search_parser {
    struct arena *arena;
    struct cursor *at;
    struct search *search;
    struct span charset;
    unsigned depth;
    size_t keys;
};

void search_release(struct search *search)
{
    strlist_release(&search->fields);
}

static struct search_key *new_key(struct search_parser *parser, enum search_kind kind)
{
    struct search_key *key = arena_new(parser->arena, struct search_key);

    key->kind = kind;
    parser->keys++;
    return key;
}

/* The text that is looked for, as text of messages is compared: UTF-8, folded. */
static bool take_text(struct search_parser *parser, struct search_key *key)
{
    struct buf utf8 = BUF(BUF_UNLIMITED), folded = BUF(BUF_UNLIMITED);
    struct span text;

    if (!parse_space(parser->at) || !parse_astring(parser->arena, parser->at, &text))
        return false;
    encoding_put_utf8(&utf8, parser->charset, text);
    encoding_put_folded(&folded, buf_span(&utf8));
    key->text = span_of(arena_text(parser->arena, buf_span(&folded)), folded.len);
    buf_release(&utf8);
    buf_release(&folded);
    return true;
}

static void note_field(struct search_parser *parser, struct search_key *key, const char *field)
{
    key->name = field;
    if (!strlist_has_nocase(&parser->search->fields, field))
        strlist_add(&parser->search->fields, field);
}

static bool take_header(struct search_parser *parser, struct search_key *key)
{
    struct span name;

    if (!parse_space(parser->at) || !parse_astring(parser->arena, parser->at, &name) ||
        name.len == 0)
        return false;
    note_field(parser, key, arena_text(parser->arena, name));
    return take_text(parser, key);
}

static bool take_keyword(struct search_parser *parser, struct search_key *key)
{
    return parse_space(parser->at) && parse_atom(parser->at, &key->text);
}

static bool take_number(struct search_parser *parser, struct search_key *key)
{
    uint64_t number;

    if (!parse_space(parser->at) || !parse_number(parser->at, INT64_MAX, &number))
        return false;
    key->number = (int64_t)number;
    return true;
}

static struct search_key *take_key(struct search_parser *parser);

static bool take_children(struct search_parser *parser, struct search_key *key, size_t count)
{
    struct search_key **last = &key->child;

    for (size_t i = 0; i < count; i++) {
        *last = parse_space(parser->at) ? take_key(parser) : NULL;
        if (*last == NULL)
            return false;
        last = &(*last)->next;
    }
    return true;
}

static bool take_arguments(struct search_parser *parser, const struct key_form *form,
                           struct search_key *key)
{
    if (form->field != NULL)
        note_field(parser, key, form->field);
    switch (form->shape) {
    case NOTHING:
        return true;
    case A_TEXT:
        return take_text(parser, key);
    case A_HEADER:
        return take_header(parser, key);
    case A_KEYWORD:
        return take_keyword(parser, key);
    case A_DAY:
        return parse_space(parser->at) && date_parse_day(parser->at, &key->number);
    case A_NUMBER:
        return take_number(parser, key);
    case A_SET:
        return parse_space(parser->at) && set_parse(parser->arena, parser->at, &key->set);
    case A_KEY:
        return take_children(parser, key, 1);
    case TWO_KEYS:
        return take_children(parser, key, 2);
    }
    return false;
}

/* "UNKEYWORD foo" is NOT KEYWORD */
static struct search_key *take_unkeyword(struct search_parser *parser)
{
    struct search_key *key = new_key(parser, SEARCH_NOT);

    key->child = new_key(parser, SEARCH_KEYWORD);
    return take_keyword(parser, key->child) ? key : NULL;
}

static struct search_key *take_named(struct search_parser *parser)
{
    struct search_key *key;
    struct span name;

    if (!parse_atom(parser->at, &name))
        return NULL;
    if (span_equal_text_nocase(name, "UNKEYWORD"))
        return take_unkeyword(parser);
    for (size_t i = 0; i < ARRAY_LENGTH(forms); i++) {
        if (!span_equal_text_nocase(name, forms[i].name))
            continue;
        key = new_key(parser, forms[i].kind);
        key->mask = forms[i].mask;
        key->number = forms[i].value;
        parser->search->wanted |= forms[i].wanted;
        return take_arguments(parser, &forms[i], key) ? key : NULL;
    }
    return NULL;
}

/* One key after the other, up to `end` (')' or nothing). */
static struct search_key *take_list(struct search_parser *parser)
{
    struct search_key *list = new_key(parser, SEARCH_AND);
    struct search_key **last = &list->child;

    do {
        *last = take_key(parser);
        if (*last == NULL)
            return NULL;
        last = &(*last)->next;
    } while (parse_space(parser->at));
    return list;
}

static struct search_key *take_key(struct search_parser *parser)
{
    struct search_key *key = NULL;

    if (parser->depth >= SEARCH_DEPTH_MAX || parser->keys >= SEARCH_KEYS_MAX ||
        cursor_at_end(*parser->at))
        return NULL;
    parser->depth++;
    if (cursor_take(parser->at, '(')) {
        key = take_list(parser);
        if (!cursor_take(parser->at, ')'))
            key = NULL;
    } else if (is_digit(*parser->at->next) || *parser->at->next == '*') {
        key = new_key(parser, SEARCH_NUMBERS);
        if (!set_parse(parser->arena, parser->at, &key->set))
            key = NULL;
    } else {
        key = take_named(parser);
    }
    parser->depth--;
    return key;
}

enum search_parsed search_parse(struct arena *arena, struct cursor *at, struct search *search_r)
{
    struct search_parser parser = {
        .arena = arena, .at = at, .search = search_r, .charset = SPAN_LITERAL("UTF-8")};

    *search_r = (struct search){0};
    if (!parse_space(at))
        return SEARCH_MALFORMED;
    if (parse_word(at, "CHARSET")) {
        if (!parse_space(at) || !parse_astring(arena, at, &parser.charset) || !parse_space(at))
            return SEARCH_MALFORMED;
        if (!encoding_is_known_charset(parser.charset))
            return SEARCH_BAD_CHARSET;
    }
    search_r->root = take_list(&parser);
    return search_r->root != NULL && parse_end(at) ? SEARCH_PARSED : SEARCH_MALFORMED;
}
