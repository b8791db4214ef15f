/* The keys of SEARCH: search-key of RFC 3501 section 9, RFC 5032, RFC 7162, RFC 8474, RFC
 * 8514. */
#include "lib/base/base.h"

#include "imapd/search.h"

#include "imapd/date_time.h"
#include "imapd/thread_id.h"
#include "lib/map/map_fold.h"
#include "lib/message/encoding.h"

/* How a key's arguments look. */
enum shape {
    NOTHING,
    A_TEXT,
    A_HEADER,
    A_KEYWORD,
    A_THREAD,
    A_DAY,
    A_NUMBER,
    AN_AGE,
    A_MODSEQ,
    A_SET,
    A_KEY,
    TWO_KEYS
};

/* name, kind, arguments, mask and value of flags. Every mailbox has save dates (RFC 8514 section 4.4). */
static const struct key_form {
    const char *name;
    enum search_kind kind;
    enum shape shape;
    uint32_t mask, value;
} forms[] = {
    {"ALL",               SEARCH_ALL,          NOTHING,   0,                       0            },
    {"ANSWERED",          SEARCH_FLAGS,        NOTHING,   FLAG_ANSWERED,           FLAG_ANSWERED},
    {"BCC",               SEARCH_ADDRESSES,    A_TEXT,    ENVELOPE_BCC,            0            },
    {"BEFORE",            SEARCH_BEFORE,       A_DAY,     0,                       0            },
    {"BODY",              SEARCH_BODY,         A_TEXT,    0,                       0            },
    {"CC",                SEARCH_ADDRESSES,    A_TEXT,    ENVELOPE_CC,             0            },
    {"DELETED",           SEARCH_FLAGS,        NOTHING,   FLAG_DELETED,            FLAG_DELETED },
    {"DRAFT",             SEARCH_FLAGS,        NOTHING,   FLAG_DRAFT,              FLAG_DRAFT   },
    {"EMAILID",           SEARCH_EMAIL_ID,     A_KEYWORD, 0,                       0            },
    {"FLAGGED",           SEARCH_FLAGS,        NOTHING,   FLAG_FLAGGED,            FLAG_FLAGGED },
    {"FROM",              SEARCH_ADDRESSES,    A_TEXT,    ENVELOPE_FROM,           0            },
    {"HEADER",            SEARCH_HEADER,       A_HEADER,  0,                       0            },
    {"KEYWORD",           SEARCH_KEYWORD,      A_KEYWORD, 0,                       0            },
    {"LARGER",            SEARCH_LARGER,       A_NUMBER,  0,                       0            },
    {"MODSEQ",            SEARCH_MODSEQ,       A_MODSEQ,  0,                       0            },
    {"NEW",               SEARCH_FLAGS,        NOTHING,   FLAG_RECENT | FLAG_SEEN, FLAG_RECENT  },
    {"NOT",               SEARCH_NOT,          A_KEY,     0,                       0            },
    {"OLD",               SEARCH_FLAGS,        NOTHING,   FLAG_RECENT,             0            },
    {"OLDER",             SEARCH_OLDER,        AN_AGE,    0,                       0            },
    {"ON",                SEARCH_ON,           A_DAY,     0,                       0            },
    {"OR",                SEARCH_OR,           TWO_KEYS,  0,                       0            },
    {"RECENT",            SEARCH_FLAGS,        NOTHING,   FLAG_RECENT,             FLAG_RECENT  },
    {"SAVEDATESUPPORTED", SEARCH_ALL,          NOTHING,   0,                       0            },
    {"SAVEDBEFORE",       SEARCH_SAVED_BEFORE, A_DAY,     0,                       0            },
    {"SAVEDON",           SEARCH_SAVED_ON,     A_DAY,     0,                       0            },
    {"SAVEDSINCE",        SEARCH_SAVED_SINCE,  A_DAY,     0,                       0            },
    {"SEEN",              SEARCH_FLAGS,        NOTHING,   FLAG_SEEN,               FLAG_SEEN    },
    {"SENTBEFORE",        SEARCH_SENT_BEFORE,  A_DAY,     0,                       0            },
    {"SENTON",            SEARCH_SENT_ON,      A_DAY,     0,                       0            },
    {"SENTSINCE",         SEARCH_SENT_SINCE,   A_DAY,     0,                       0            },
    {"SINCE",             SEARCH_SINCE,        A_DAY,     0,                       0            },
    {"SMALLER",           SEARCH_SMALLER,      A_NUMBER,  0,                       0            },
    {"SUBJECT",           SEARCH_SUBJECT,      A_TEXT,    0,                       0            },
    {"TEXT",              SEARCH_TEXT,         A_TEXT,    0,                       0            },
    {"THREADID",          SEARCH_THREAD_ID,    A_THREAD,  0,                       0            },
    {"TO",                SEARCH_ADDRESSES,    A_TEXT,    ENVELOPE_TO,             0            },
    {"UID",               SEARCH_UIDS,         A_SET,     0,                       0            },
    {"UNANSWERED",        SEARCH_FLAGS,        NOTHING,   FLAG_ANSWERED,           0            },
    {"UNDELETED",         SEARCH_FLAGS,        NOTHING,   FLAG_DELETED,            0            },
    {"UNDRAFT",           SEARCH_FLAGS,        NOTHING,   FLAG_DRAFT,              0            },
    {"UNFLAGGED",         SEARCH_FLAGS,        NOTHING,   FLAG_FLAGGED,            0            },
    {"UNSEEN",            SEARCH_FLAGS,        NOTHING,   FLAG_SEEN,               0            },
    {"YOUNGER",           SEARCH_YOUNGER,      AN_AGE,    0,                       0            },
};

struct search_parser {
    struct arena *arena;
    struct cursor *at;
    struct search *search;
    struct span charset;
    unsigned depth;
    size_t keys, texts;
    bool too_much;
    bool has_other; /* a text that is not of the charset */
};

void search_release(struct search *search)
{
    strlist_release(&search->fields);
    casemap_free(&search->casemap);
}

static struct search_key *new_key(struct search_parser *parser, enum search_kind kind)
{
    struct search_key *key = arena_new(parser->arena, struct search_key);

    key->kind = kind;
    parser->keys++;
    return key;
}

/* The text that is looked for, as text of messages is compared. */
static bool take_text(struct search_parser *parser, struct search_key *key)
{
    struct buf utf8 = BUF(BUF_UNLIMITED), mapped = BUF(BUF_UNLIMITED);
    struct span text;

    if (!parse_space(parser->at) || !parse_astring(parser->arena, parser->at, &text))
        return false;
    encoding_put_utf8(&utf8, parser->charset, text);
    parser->has_other |= !map_is_utf8(buf_span(&utf8));
    casemap_put(parser->search->casemap, &mapped, buf_span(&utf8));
    key->text = span_of(arena_text(parser->arena, buf_span(&mapped)), mapped.len);
    buf_release(&utf8);
    buf_release(&mapped);
    if (key->kind == SEARCH_BODY || key->kind == SEARCH_TEXT) {
        key->next_text = parser->search->texts;
        parser->search->texts = key;
        parser->too_much |= ++parser->texts > SEARCH_TEXTS_MAX;
    }
    return true;
}

static size_t note_field(struct search_parser *parser, struct span name)
{
    struct strlist *fields = &parser->search->fields;

    for (size_t i = 0; i < fields->count; i++) {
        if (span_equal_text_nocase(name, fields->items[i]))
            return i;
    }
    strlist_add_span(fields, name);
    return fields->count - 1;
}

/* A field that cannot be has an empty name or one with NUL, which no literal brings. */
static bool take_header(struct search_parser *parser, struct search_key *key)
{
    struct span name;

    if (!parse_space(parser->at) || !parse_astring(parser->arena, parser->at, &name) ||
        name.len == 0)
        return false;
    key->field = note_field(parser, name);
    return take_text(parser, key);
}

static bool take_keyword(struct search_parser *parser, struct search_key *key)
{
    return parse_space(parser->at) && parse_atom(parser->at, &key->text);
}

static bool take_number(struct search_parser *parser, uint64_t least, struct search_key *key)
{
    uint64_t number;

    if (!parse_space(parser->at) || !parse_number(parser->at, INT64_MAX, &number) || number < least)
        return false;
    key->number = (int64_t)number;
    return true;
}

/* [SP "/flags/name" SP ("priv" / "shared" / "all")] SP mod-sequence: RFC 7162 section 3.1.5. Every
 * message has one mod-sequence, for all its flags. */
static bool take_modseq(struct search_parser *parser, struct search_key *key)
{
    struct cursor here = *parser->at;
    struct span name;

    if (parse_space(&here) && parse_string(parser->arena, &here, &name)) {
        if (!span_starts_with_nocase(name, "/flags/") || !parse_space(&here) ||
            !(parse_word(&here, "priv") || parse_word(&here, "shared") || parse_word(&here, "all")))
            return false;
        *parser->at = here;
    }
    parser->search->has_modseq = true;
    return take_number(parser, 0, key);
}

static bool take_set(struct search_parser *parser, struct search_key *key)
{
    if (!set_parse(parser->arena, parser->at, &key->set))
        return false;
    if (key->set.saved)
        parser->search->has_saved = true;
    else if (key->kind == SEARCH_NUMBERS)
        parser->search->has_numbers = true;
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

static bool take_arguments(struct search_parser *parser, enum shape shape, struct search_key *key)
{
    switch (shape) {
    case NOTHING:
        return true;
    case A_TEXT:
        return take_text(parser, key);
    case A_HEADER:
        return take_header(parser, key);
    case A_THREAD:
        (void)note_field(parser, SPAN_LITERAL(THREAD_ID_FIELD));
        return take_keyword(parser, key);
    case A_KEYWORD:
        return take_keyword(parser, key);
    case A_DAY:
        return parse_space(parser->at) && date_parse_day(parser->at, &key->number);
    case A_NUMBER:
        return take_number(parser, 0, key);
    case AN_AGE:
        return take_number(parser, 1, key);
    case A_MODSEQ:
        return take_modseq(parser, key);
    case A_SET:
        return parse_space(parser->at) && take_set(parser, key);
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
        return take_arguments(parser, forms[i].shape, key) ? key : NULL;
    }
    return NULL;
}

/* One key after the other, up to what is no space. */
static struct search_key *take_list(struct search_parser *parser)
{
    struct search_key *list = new_key(parser, SEARCH_AND);
    struct search_key **last = &list->child;

    do {
        *last = take_key(parser);
        if (*last == NULL)
            return NULL;
        last = &(*last)->next;
    } while (parse_more(parser->at));
    return list;
}

static struct search_key *take_key(struct search_parser *parser)
{
    struct search_key *key = NULL;

    if (parser->depth >= SEARCH_DEPTH_MAX || parser->keys >= SEARCH_KEYS_MAX)
        parser->too_much = true;
    if (parser->too_much || cursor_at_end(*parser->at))
        return NULL;
    parser->depth++;
    if (cursor_take(parser->at, '(')) {
        key = take_list(parser);
        if (!cursor_take(parser->at, ')'))
            key = NULL;
    } else if (is_digit(*parser->at->next) || *parser->at->next == '*' ||
               *parser->at->next == '$') {
        key = new_key(parser, SEARCH_NUMBERS);
        if (!take_set(parser, key))
            key = NULL;
    } else {
        key = take_named(parser);
    }
    parser->depth--;
    return key;
}

/* The keys behind the charset, which was taken. */
static enum search_parsed take_program(struct search_parser *parser)
{
    if (!encoding_is_known_charset(parser->charset))
        return SEARCH_BAD_CHARSET;
    parser->search->casemap = casemap_create();
    parser->search->root = take_list(parser);
    if (parser->too_much)
        return SEARCH_TOO_MUCH;
    if (parser->search->root == NULL || !parse_end(parser->at))
        return SEARCH_MALFORMED;
    return parser->has_other ? SEARCH_OTHER_CHARSET : SEARCH_PARSED;
}

enum search_parsed search_parse(struct arena *arena, struct cursor *at, struct search *search_r)
{
    struct search_parser parser = {
        .arena = arena, .at = at, .search = search_r, .charset = SPAN_LITERAL("UTF-8")};

    *search_r = (struct search){0};
    if (!parse_space(at))
        return SEARCH_MALFORMED;
    if (parse_word(at, "CHARSET")) {
        search_r->has_charset = true;
        if (!parse_space(at) || !parse_astring(arena, at, &parser.charset) || !parse_space(at))
            return SEARCH_MALFORMED;
    }
    return take_program(&parser);
}

enum search_parsed search_parse_keys(struct arena *arena, struct cursor *at,
                                     struct search *search_r)
{
    struct search_parser parser = {.arena = arena, .at = at, .search = search_r};

    *search_r = (struct search){0};
    if (!parse_space(at) || !parse_astring(arena, at, &parser.charset) || !parse_space(at))
        return SEARCH_MALFORMED;
    return take_program(&parser);
}
