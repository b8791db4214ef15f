/* imapd: the grammar of commands, as literals, sets, flags, sections and dates. */
#include "t/unit/unit.h"

#include "imapd/date_time.h"
#include "imapd/fetch.h"
#include "imapd/list.h"
#include "imapd/message_url.h"
#include "imapd/metadata.h"
#include "imapd/notify.h"
#include "imapd/parse.h"
#include "imapd/set.h"

#include <time.h>

/* A cursor over a heap copy of just these octets; free_input ends it. */
static struct span input;

static struct cursor cursor_over(const char *text)
{
    input = unit_copy(span_text(text));
    return cursor_of(input);
}

static void free_input(void)
{
    free((void *)(uintptr_t)input.data);
}

/* --- strings ----------------------------------------------------------------------------------- */

static const struct string_case {
    const char *name;
    const char *text;
    const char *value; /* NULL: refused */
    const char *rest;
} string_cases[] = {
    {"an atom",                        "abc def",        "abc",    " def"},
    {"an atom with a bracket",         "a]b",            "a]b",    ""    },
    {"a quoted string",                "\"a b\" c",      "a b",    " c"  },
    {"with escapes",                   "\"a\\\"b\\\\\"", "a\"b\\", ""    },
    {"an empty quoted string",         "\"\"",           "",       ""    },
    {"without its end",                "\"abc",          NULL,     ""    },
    {"with a line end in it",          "\"a\nb\"",       NULL,     ""    },
    {"a literal",                      "{3}\r\na\r\n c", "a\r\n",  " c"  },
    {"a literal that is not awaited",  "{3+}\r\nabc",    "abc",    ""    },
    {"a literal that is cut off",      "{3}\r\nab",      NULL,     ""    },
    {"a literal without its line end", "{3}abc",         NULL,     ""    },
    {"nothing",                        "",               NULL,     ""    },
    {"a parenthesis",                  "(",              NULL,     ""    },
};

static void take_astring(void **state)
{
    const struct string_case *c = *state;
    struct arena *arena = arena_create();
    struct cursor at = cursor_over(c->text);
    struct span value;
    bool taken = parse_astring(arena, &at, &value);

    assert_int_equal(taken, c->value != NULL);
    if (taken) {
        assert_true(span_equal_text(value, c->value));
        assert_true(span_equal_text(span_of(at.next, cursor_left(at)), c->rest));
    }
    arena_free(&arena);
    free_input();
}

static const struct literal_case {
    const char *name;
    const char *line;
    bool found, synchronizing;
    uint64_t size;
} literal_cases[] = {
    {"a synchronizing literal", "a APPEND x {42}",          true,  true,  42},
    {"a non-synchronizing one", "a APPEND x {42+}",         true,  false, 42},
    {"an empty one",            "{0}",                      true,  true,  0 },
    {"none at all",             "a NOOP",                   false, false, 0 },
    {"something behind it",     "a {42} ",                  false, false, 0 },
    {"no digits",               "a {}",                     false, false, 0 },
    {"letters",                 "a {4x}",                   false, false, 0 },
    {"a number past 64 bits",   "a {18446744073709551617}", false, false, 0 },
    {"an empty line",           "",                         false, false, 0 },
};

static void find_literal(void **state)
{
    const struct literal_case *c = *state;
    struct literal literal = {0};
    struct span before;

    (void)cursor_over(c->line);
    assert_int_equal(parse_literal_at_end(input, &before, &literal), c->found);
    assert_int_equal(literal.size, c->size);
    assert_int_equal(literal.synchronizing, c->synchronizing);
    free_input();
}

/* --- sets -------------------------------------------------------------------------------------- */

/* Five messages with the UIDs 10, 20, 30, 40 and 50. */
static struct mailbox_message messages[] = {
    {.uid = 10}, {.uid = 20}, {.uid = 30}, {.uid = 40}, {.uid = 50}};
static const struct mailbox five = {.messages = messages, .count = 5};
/* What "$" means: two that are there, and one that has gone. */
static struct set_range saved_ranges[] = {
    {20, 25},
    {50, 50}
};
static const struct saved_set saved = {.ranges = saved_ranges, .count = 2};

static const struct set_case {
    const char *name;
    const char *text;
    bool by_uid;
    const char *indices; /* joined by spaces; NULL: refused */
} set_cases[] = {
    {"one number",                                   "3",             false, "2"    },
    {"a range",                                      "2:4",           false, "1 2 3"},
    {"a range the other way round",                  "4:2",           false, "1 2 3"},
    {"a list, sorted and each once",                 "4,1:2,2",       false, "0 1 3"},
    {"the last one",                                 "*",             false, "4"    },
    {"up to the last one",                           "4:*",           false, "3 4"  },
    {"a number past the last one",                   "6",             false, NULL   },
    {"a range past the last one",                    "5:6",           false, NULL   },
    {"zero",                                         "0",             false, NULL   },
    {"nothing",                                      "",              false, NULL   },
    {"half a range",                                 "1:",            false, NULL   },
    {"an empty element",                             "1,,2",          false, NULL   },
    {"a number past 32 bits",                        "4294967296",    false, NULL   },
    {"UIDs",                                         "20,40:60",      true,  "1 3 4"},
    {"up to the highest number that there is",       "40:4294967295", true,  "3 4"  },
    {"the highest one, which is not the last UID",   "4294967295",    true,  ""     },
    {"UIDs that nobody has",                         "11:19,51",      true,  ""     },
    {"the last UID",                                 "*",             true,  "4"    },
    {"past the last UID, which is the last message", "99:*",          true,  "4"    },
    {"what a search saved",                          "$",             false, "1 4"  },
    {"the same, by UID",                             "$",             true,  "1 4"  },
    {"what a search saved is no part of a list",     "$,1",           false, NULL   },
};

static void resolve_set(void **state)
{
    const struct set_case *c = *state;
    struct arena *arena = arena_create();
    struct cursor at = cursor_over(c->text);
    struct selection selection;
    struct buf joined = BUF(1000);
    struct set set;
    bool resolved = set_parse(arena, &at, &set) && parse_end(&at) &&
                    set_resolve(arena, &set, &five, c->by_uid, &saved, &selection);

    assert_int_equal(resolved, c->indices != NULL);
    if (resolved) {
        for (size_t i = 0; i < selection.count; i++)
            buf_put_printf(&joined, i == 0 ? "%u" : " %u", selection.indices[i]);
        assert_string_equal(joined.len == 0 ? "" : buf_text(&joined), c->indices);
    }
    buf_release(&joined);
    arena_free(&arena);
    free_input();
}

static void uids_are_put_as_a_set(void **state UNUSED)
{
    static const uint32_t uids[] = {1, 2, 3, 7, 9, 10, 5};
    struct buf out = BUF(100);

    set_put_uids(&out, uids, ARRAY_LENGTH(uids));
    assert_string_equal(buf_text(&out), "1:3,7,9:10,5");
    buf_release(&out);
}

/* --- flags ------------------------------------------------------------------------------------- */

static const struct flags_case {
    const char *name;
    const char *text;
    bool parsed;
    uint32_t flags;
    size_t keywords;
} flags_cases[] = {
    {"system flags and keywords",  "(\\Seen \\flagged $Forwarded foo)", true,
     FLAG_SEEN | FLAG_FLAGGED,                                                                            2},
    {"an empty list",              "()",                                true,  0,                         0},
    {"without parentheses",        "\\Deleted \\Draft",                 true,  FLAG_DELETED | FLAG_DRAFT, 0},
    {"Recent is not the client's", "(\\Recent)",                        false, 0,                         0},
    {"an unknown system flag",     "(\\Nothing)",                       false, 0,                         0},
    {"a list without its end",     "(\\Seen",                           false, 0,                         0},
    {"a bare backslash",           "(\\)",                              false, 0,                         0},
};

static void take_flags(void **state)
{
    const struct flags_case *c = *state;
    struct cursor at = cursor_over(c->text);
    struct flag_list list = {0};

    assert_int_equal(parse_flag_list(&at, &list) && parse_end(&at), c->parsed);
    if (c->parsed) {
        assert_int_equal(list.flags, c->flags);
        assert_int_equal(list.keywords.count, c->keywords);
    }
    flag_list_release(&list);
    free_input();
}

/* --- FETCH ------------------------------------------------------------------------------------- */

static const struct fetch_case {
    const char *name;
    const char *text;
    size_t items; /* 0: refused */
    unsigned wanted;
    bool marks_seen;
    const char *label; /* of the last item, a section; or NULL */
} fetch_cases[] = {
    {"one item",                          " FLAGS",                                  1, 0,                                                          false, NULL                           },
    {"a macro",                           " full",                                   5, WANT_DATE | WANT_SIZE | WANT_ENVELOPE | WANT_BODYSTRUCTURE, false,
     NULL                                                                                                                                                                                 },
    {"an item twice is one",              " (UID uid)",                              1, 0,                                                          false, NULL                           },
    {"the whole message",                 " BODY[]",                                 1, WANT_SIZE,                                                  true,  "BODY[]"                       },
    {"BINARY of a part",                  " BINARY[1.2]<10.20>",                     1, WANT_BODYSTRUCTURE,                                         true,  "BINARY[1.2]<10>"              },
    {"its size marks nothing",            " BINARY.SIZE[3]",                         1, WANT_BODYSTRUCTURE,                                         false, "BINARY.SIZE[3]"               },
    {"a part of a size",                  " BINARY.SIZE[3]<0.1>",                    0, 0,                                                          false, NULL                           },
    {"BINARY of a header",                " BINARY[1.HEADER]",                       0, 0,                                                          false, NULL                           },
    {"PREVIEW, lazily",                   " (PREVIEW (LAZY) UID)",                   2, WANT_PREVIEW,                                               false, NULL                           },
    {"PREVIEW with another word",         " PREVIEW (NOW)",                          0, 0,                                                          false, NULL                           },
    {"a peek marks nothing",              " BODY.PEEK[]",                            1, WANT_SIZE,                                                  false, "BODY[]"                       },
    {"a part of a part",                  " BODY[1.2.mime]",                         1, WANT_BODYSTRUCTURE,                                         true,  "BODY[1.2.MIME]"               },
    {"header fields come from the index", " BODY.PEEK[HEADER.FIELDS (Date \"To\")]", 1,
     WANT_HEADERS,                                                                                                                                  false, "BODY[HEADER.FIELDS (Date To)]"},
    {"a part's header fields do not",     " BODY.PEEK[2.header.fields.not (x)]",     1, WANT_BODYSTRUCTURE,
     false,                                                                                                                                                "BODY[2.HEADER.FIELDS.NOT (x)]"},
    {"a piece",                           " BODY.PEEK[TEXT]<10.20>",                 1, WANT_BODYSTRUCTURE,                                         false, "BODY[TEXT]<10>"               },
    {"the old name of a section",         " RFC822.TEXT",                            1, WANT_BODYSTRUCTURE,                                         true,  "RFC822.TEXT"                  },
    {"sections come last",                " (BODY[] UID)",                           2, WANT_SIZE,                                                  true,  "BODY[]"                       },
    {"MIME without a part",               " BODY[MIME]",                             0, 0,                                                          false, NULL                           },
    {"a dot at the end",                  " BODY[1.]",                               0, 0,                                                          false, NULL                           },
    {"part 0",                            " BODY[0]",                                0, 0,                                                          false, NULL                           },
    {"an empty piece",                    " BODY[]<0.0>",                            0, 0,                                                          false, NULL                           },
    {"a bracket that is open",            " BODY[TEXT",                              0, 0,                                                          false, NULL                           },
    {"header fields without names",       " BODY[HEADER.FIELDS ()]",                 0, 0,                                                          false, NULL                           },
    {"an unknown item",                   " NOTHING",                                0, 0,                                                          false, NULL                           },
    {"nothing",                           "",                                        0, 0,                                                          false, NULL                           },
    {"something behind it",               " FLAGS x",                                0, 0,                                                          false, NULL                           },
};

static void take_fetch(void **state)
{
    const struct fetch_case *c = *state;
    struct arena *arena = arena_create();
    struct cursor at = cursor_over(c->text);
    struct fetch fetch;
    bool parsed = fetch_parse(arena, &at, &fetch);

    assert_int_equal(parsed, c->items > 0);
    if (parsed) {
        assert_int_equal(fetch.count, c->items);
        assert_int_equal(fetch.wanted, c->wanted);
        assert_int_equal(fetch.marks_seen, c->marks_seen);
    }
    if (c->label != NULL)
        assert_string_equal(fetch.items[fetch.count - 1].section.label, c->label);
    fetch_release(&fetch);
    arena_free(&arena);
    free_input();
}

/* --- dates ------------------------------------------------------------------------------------- */

static const struct date_case {
    const char *name;
    const char *text;
    uint64_t when; /* 0: refused */
} date_cases[] = {
    {"a date-time",                 "\"17-Jul-1996 02:44:25 -0700\"", 837596665},
    {"a space for the first digit", "\" 1-Jan-1970 00:01:00 +0000\"", 60       },
    {"east of Greenwich",           "\"01-Jan-1970 02:00:00 +0100\"", 3600     },
    {"a leap day",                  "\"29-Feb-2000 00:00:00 +0000\"", 951782400},
    {"an unknown month",            "\"01-Foo-2000 00:00:00 +0000\"", 0        },
    {"no zone",                     "\"01-Jan-2000 00:00:00\"",       0        },
    {"a zone of three digits",      "\"01-Jan-2000 00:00:00 +000\"",  0        },
    {"without quotes",              "01-Jan-2000 00:00:00 +0000",     0        },
    {"hour 24",                     "\"01-Jan-2000 24:00:00 +0000\"", 0        },
    {"a year of two digits",        "\"01-Jan-00 02:00:00 +0000\"",   0        },
};

static void take_date(void **state)
{
    const struct date_case *c = *state;
    struct cursor at = cursor_over(c->text);
    struct buf out = BUF(100);
    uint64_t when = 0;

    assert_int_equal(date_time_parse(&at, &when), c->when != 0);
    assert_int_equal(when, c->when);
    if (c->when != 0) { /* what we write we read */
        free_input();
        date_time_put(&out, when);
        at = cursor_over(buf_text(&out));
        assert_true(date_time_parse(&at, &when));
        assert_int_equal(when, c->when);
    }
    buf_release(&out);
    free_input();
}

static void put_date(void **state UNUSED)
{
    static const struct {
        const char *zone;
        uint64_t when;
        const char *text;
    } cases[] = {
        {"UTC0",     837596665,    "\"17-Jul-1996 09:44:25 +0000\""},
        {"XXX3:30",  837596665,    "\"17-Jul-1996 06:14:25 -0330\""},
        {"XXX-5:45", 837596665,    "\"17-Jul-1996 15:29:25 +0545\""},
        {"XXX0:30",  0,            "\"31-Dec-1969 23:30:00 -0030\""},
        {"UTC0",     UINT64_MAX,   "\"31-Dec-1969 23:59:59 +0000\""},
        {"UTC0",     253402300799, "\"31-Dec-9999 23:59:59 +0000\""},
        {"UTC0",     253402300800, "\"01-Jan-1970 00:00:00 +0000\""}, /* no year of four digits */
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct buf out = BUF(100);
        setenv("TZ", cases[i].zone, 1);
        tzset();
        date_time_put(&out, cases[i].when);
        assert_string_equal(buf_text(&out), cases[i].text);
        buf_release(&out);
    }
    unsetenv("TZ");
    tzset();
}

/* --- LIST -------------------------------------------------------------------------------------- */

static const struct list_case {
    const char *name;
    const char *text;
    enum list_parsed result;
    unsigned select, returns;
    size_t patterns;
    const char *first; /* of the patterns */
} list_cases[] = {
    {"the basic form",            " \"\" *",                              LIST_PARSED, 0,               LIST_CHILDREN | LIST_SPECIAL_USE, 1, "*" },
    {"a reference stands before", " a. b%",                               LIST_PARSED, 0,               LIST_CHILDREN | LIST_SPECIAL_USE, 1,
     "a.b%"                                                                                                                                      },
    {"nothing selected",          " () \"\" a",                           LIST_PARSED, 0,               0,                                1, "a" },
    {"what selects is told",      " (SUBSCRIBED) \"\" a",                 LIST_PARSED, LIST_SUBSCRIBED, LIST_SUBSCRIBED,
     1,                                                                                                                                      "a" },
    {"several patterns",          " \"\" (a %)",                          LIST_PARSED, 0,               0,                                2, "a" },
    {"no pattern",                " \"\" ()",                             LIST_PARSED, 0,               0,                                0, NULL},
    {"return options",            " \"\" a RETURN (CHILDREN SUBSCRIBED)", LIST_PARSED, 0,
     LIST_CHILDREN | LIST_SUBSCRIBED,                                                                                                     1, "a" },
    {"with STATUS",               " \"\" a RETURN (STATUS (UNSEEN))",     LIST_PARSED, 0,               LIST_STATUS,                      1, "a" },
    {"STATUS does not select",    " (STATUS (UNSEEN)) \"\" a",            LIST_BAD,    0,               0,                                0, NULL},
    {"RECURSIVEMATCH alone",      " (RECURSIVEMATCH) \"\" a",             LIST_BAD,    0,               0,                                0, NULL},
    {"an unknown option",         " (X) \"\" a",                          LIST_BAD,    0,               0,                                0, NULL},
    {"something behind",          " \"\" a b",                            LIST_BAD,    0,               0,                                0, NULL},
    {"no mailbox",                " \"\"",                                LIST_BAD,    0,               0,                                0, NULL},
    {"a list without its end",    " \"\" (a b",                           LIST_BAD,    0,               0,                                0, NULL},
};

static void parse_list(void **state)
{
    const struct list_case *c = *state;
    struct arena *arena = arena_create();
    struct list_request request;
    const char *fault;

    assert_int_equal(list_parse(arena, cursor_over(c->text), &request, &fault), c->result);
    if (c->result == LIST_PARSED) {
        assert_int_equal(request.select, c->select);
        assert_int_equal(request.returns, c->returns);
        assert_int_equal(request.pattern_count, c->patterns);
        if (c->first != NULL)
            assert_true(span_equal_text(request.patterns[0], c->first));
    }
    arena_free(&arena);
    free_input();
}

/* --- METADATA ---------------------------------------------------------------------------------- */

static const struct metadata_case {
    const char *name;
    const char *text;
    enum metadata_parsed result;
    const char *entry, *value; /* of the last; "-" for none */
} metadata_cases[] = {
    {"a value",                    "(/private/a \"x\")",                METADATA_PARSED,     "/private/a",   "x" },
    {"entries in lower case",      "(/Shared/A {1}\r\nx)",              METADATA_PARSED,     "/shared/a",    "x" },
    {"NIL is none",                "(/private/a NIL)",                  METADATA_PARSED,     "/private/a",   "-" },
    {"an empty value is one",      "(/private/a \"\")",                 METADATA_PARSED,     "/private/a",   ""  },
    {"two",                        "(/private/a NIL /private/b \"y\")", METADATA_PARSED,     "/private/b",   "y" },
    {"octets of any kind",         "(/private/a ~{2}\r\nab)",           METADATA_PARSED,     "/private/a",   "ab"},
    {"a name with a space",        "(\"/private/a b\" \"x\")",          METADATA_PARSED,     "/private/a b", "x" },
    {"neither private nor shared", "(/a \"x\")",                        METADATA_WRONG_NAME, NULL,           NULL},
    {"only private",               "(/private \"x\")",                  METADATA_WRONG_NAME, NULL,           NULL},
    {"an empty component",         "(/private//a \"x\")",               METADATA_WRONG_NAME, NULL,           NULL},
    {"a slash at the end",         "(/private/a/ \"x\")",               METADATA_WRONG_NAME, NULL,           NULL},
    {"a wildcard",                 "(\"/private/%\" \"x\")",            METADATA_WRONG_NAME, NULL,           NULL},
    {"a value is missing",         "(/private/a)",                      METADATA_BAD,        NULL,           NULL},
    {"the end is missing",         "(/private/a NIL",                   METADATA_BAD,        NULL,           NULL},
    {"a literal that is cut off",  "(/private/a ~{3}\r\nab)",           METADATA_BAD,        NULL,           NULL},
    {"something behind",           "(/private/a NIL) x",                METADATA_BAD,        NULL,           NULL},
};

static void parse_metadata(void **state)
{
    const struct metadata_case *c = *state;
    struct arena *arena = arena_create();
    struct metadata_entries entries;

    assert_int_equal(metadata_set_parse(arena, cursor_over(c->text), &entries), c->result);
    if (c->result == METADATA_PARSED) {
        const struct annotation *last = &entries.items[entries.count - 1];
        assert_true(span_equal_text(last->entry, c->entry));
        if (strcmp(c->value, "-") == 0)
            assert_null(last->value.data);
        else
            assert_true(last->value.data != NULL && span_equal_text(last->value, c->value));
    }
    arena_free(&arena);
    free_input();
}

/* --- NOTIFY ------------------------------------------------------------------------------------ */

static const struct notify_case {
    const char *name;
    const char *text;
    bool parsed;
    size_t groups;
    unsigned events; /* of the last group */
    const char *items;
} notify_cases[] = {
    {"nothing more",              " NONE",                                                                   true,  0, 0,                                           ""                           },
    {"a group",                   " SET (personal (MailboxName))",                                           true,  1, NOTIFY_MAILBOX_NAME,                         ""                           },
    {"with names",                " SET (subtree (a \"b c\") NONE)",                                         true,  1, 0,                                           ""                           },
    {"with STATUS",               " SET STATUS (inboxes (MessageExpunge MessageNew))",                       true,  1,
     NOTIFY_MESSAGE_NEW | NOTIFY_MESSAGE_EXPUNGE,                                                                                                                   ""                           },
    {"with items",                " SET (selected (MessageNew (UID BODY.PEEK[1] X[\")\"]) MessageExpunge))", true,
     1,                                                                                                                NOTIFY_MESSAGE_NEW | NOTIFY_MESSAGE_EXPUNGE, "(UID BODY.PEEK[1] X[\")\"])"},
    {"items without their end",   " SET (selected (MessageNew (UID MessageExpunge))",                        false, 0, 0,
     ""                                                                                                                                                                                          },
    {"items of another mailbox",  " SET (personal (MessageNew (UID) MessageExpunge))",                       false, 0, 0,
     ""                                                                                                                                                                                          },
    {"new ones without the gone", " SET (personal (MessageNew))",                                            false, 0, 0,                                           ""                           },
    {"flags alone",               " SET (personal (FlagChange))",                                            false, 0, 0,                                           ""                           },
    {"names of the selected one", " SET (selected (MailboxName))",                                           false, 0, 0,                                           ""                           },
    {"two of the selected one",   " SET (selected NONE) (selected-delayed NONE)",                            false, 0, 0,                                           ""                           },
    {"no group",                  " SET",                                                                    false, 0, 0,                                           ""                           },
    {"something behind",          " NONE x",                                                                 false, 0, 0,                                           ""                           },
    {"an event that is none",     " SET (personal (Noise))",                                                 false, 0, 0,                                           ""                           },
};

static void parse_notify(void **state)
{
    const struct notify_case *c = *state;
    struct arena *arena = arena_create();
    struct cursor at = cursor_over(c->text);
    struct notify_request request;

    assert_int_equal(notify_parse(arena, &at, &request), c->parsed);
    if (c->parsed) {
        assert_int_equal(request.group_count, c->groups);
        if (c->groups > 0) {
            assert_int_equal(request.groups[c->groups - 1].events, c->events);
            assert_true(span_equal_text(request.groups[c->groups - 1].items, c->items));
        }
    }
    arena_free(&arena);
    free_input();
}

/* --- URLs of messages -------------------------------------------------------------------------- */

static const struct url_case {
    const char *name;
    const char *text;
    bool parsed;
    const char *mailbox; /* NULL: the selected one */
    uint32_t uidvalidity, uid;
    const char *label; /* of the section */
} url_cases[] = {
    {"a message",               "/INBOX/;UID=20",                          true,  "INBOX",      0, 20, NULL            },
    {"with UIDVALIDITY",        "/a.b;uidvalidity=9/;uid=1",               true,  "a.b",        9, 1,  NULL            },
    {"an encoded name",         "/a%20%C3%A9/;UID=1",                      true,  "a \xc3\xa9", 0, 1,  NULL            },
    {"a section",               "/a/;UID=1/;SECTION=1.2.MIME",             true,  "a",          0, 1,  "BODY[1.2.MIME]"},
    {"fields",                  "/a/;UID=1/;SECTION=HEADER.FIELDS%20(To)", true,  "a",          0, 1,
     "BODY[HEADER.FIELDS (To)]"                                                                                        },
    {"a part of it",            "/a/;UID=1/;SECTION=TEXT/;PARTIAL=3.4",    true,  "a",          0, 1,  "BODY[TEXT]"    },
    {"of the selected mailbox", ";UID=7",                                  true,  NULL,         0, 7,  NULL            },
    {"the same with a slash",   "/;UID=7/;PARTIAL=3",                      true,  NULL,         0, 7,  NULL            },
    {"another server",          "imap://x/a/;UID=1",                       false, NULL,         0, 0,  NULL            },
    {"no UID",                  "/a",                                      false, NULL,         0, 0,  NULL            },
    {"UID 0",                   "/a/;UID=0",                               false, NULL,         0, 0,  NULL            },
    {"a broken escape",         "/a%4/;UID=1",                             false, NULL,         0, 0,  NULL            },
    {"an escaped NUL",          "/a%00/;UID=1",                            false, NULL,         0, 0,  NULL            },
    {"a section that is none",  "/a/;UID=1/;SECTION=1]x",                  false, NULL,         0, 0,  NULL            },
    {"a section with a part",   "/a/;UID=1/;SECTION=1%5D<0.1>",            false, NULL,         0, 0,  NULL            },
    {"a part without length",   "/a/;UID=1/;PARTIAL=",                     false, NULL,         0, 0,  NULL            },
    {"a length of nothing",     "/a/;UID=1/;PARTIAL=1.0",                  false, NULL,         0, 0,  NULL            },
};

static void parse_url(void **state)
{
    const struct url_case *c = *state;
    struct arena *arena = arena_create();
    struct span text = unit_copy(span_text(c->text));
    struct message_url url;

    assert_int_equal(message_url_parse(arena, text, &url), c->parsed);
    if (c->parsed) {
        assert_int_equal(url.uid, c->uid);
        assert_int_equal(url.uidvalidity, c->uidvalidity);
        assert_true((url.mailbox == NULL) == (c->mailbox == NULL));
        if (c->mailbox != NULL)
            assert_string_equal(url.mailbox, c->mailbox);
        if (c->label != NULL)
            assert_string_equal(url.section.label, c->label);
        strlist_release(&url.section.fields);
    }
    arena_free(&arena);
    free((void *)(uintptr_t)text.data);
}

int main(void)
{
    struct CMUnitTest tests[200];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, string_cases, take_astring);
    UNIT_ADD_ROWS(tests, used, literal_cases, find_literal);
    UNIT_ADD_ROWS(tests, used, set_cases, resolve_set);
    UNIT_ADD_ROWS(tests, used, flags_cases, take_flags);
    UNIT_ADD_ROWS(tests, used, fetch_cases, take_fetch);
    UNIT_ADD_ROWS(tests, used, date_cases, take_date);
    UNIT_ADD_ROWS(tests, used, list_cases, parse_list);
    UNIT_ADD_ROWS(tests, used, metadata_cases, parse_metadata);
    UNIT_ADD_ROWS(tests, used, notify_cases, parse_notify);
    UNIT_ADD_ROWS(tests, used, url_cases, parse_url);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(uids_are_put_as_a_set);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(put_date);
    return unit_run("imapd_parse", tests, used);
}
