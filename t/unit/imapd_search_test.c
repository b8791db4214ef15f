/* imapd: what SEARCH, SORT, ESEARCH and SELECT are asked for, and which slices SEARCH answers with. */
#include "t/unit/unit.h"

#include "imapd/multisearch.h"
#include "imapd/search.h"
#include "imapd/search_return.h"
#include "imapd/select.h"
#include "imapd/sort.h"

/* --- keys -------------------------------------------------------------------------------------- */

static const char *const kind_names[] = {
    [SEARCH_ALL] = "all",
    [SEARCH_FLAGS] = "flags",
    [SEARCH_KEYWORD] = "keyword",
    [SEARCH_NUMBERS] = "numbers",
    [SEARCH_UIDS] = "uids",
    [SEARCH_MODSEQ] = "modseq",
    [SEARCH_BEFORE] = "before",
    [SEARCH_ON] = "on",
    [SEARCH_SINCE] = "since",
    [SEARCH_SENT_BEFORE] = "sent-before",
    [SEARCH_SENT_ON] = "sent-on",
    [SEARCH_SENT_SINCE] = "sent-since",
    [SEARCH_SAVED_BEFORE] = "saved-before",
    [SEARCH_SAVED_ON] = "saved-on",
    [SEARCH_SAVED_SINCE] = "saved-since",
    [SEARCH_EMAIL_ID] = "email-id",
    [SEARCH_THREAD_ID] = "thread-id",
    [SEARCH_OLDER] = "older",
    [SEARCH_YOUNGER] = "younger",
    [SEARCH_LARGER] = "larger",
    [SEARCH_SMALLER] = "smaller",
    [SEARCH_SUBJECT] = "subject",
    [SEARCH_ADDRESSES] = "addresses",
    [SEARCH_HEADER] = "header",
    [SEARCH_BODY] = "body",
    [SEARCH_TEXT] = "text",
    [SEARCH_NOT] = "not",
    [SEARCH_OR] = "or",
    [SEARCH_AND] = "and",
};

/* "and(flags:8=0 subject:Q)" */
static void describe(struct buf *out, const struct search *search, const struct search_key *key)
{
    buf_put_text(out, kind_names[key->kind]);
    if (key->kind == SEARCH_FLAGS)
        buf_put_printf(out, ":%u=%d", key->mask, (int)key->number);
    else if (key->kind == SEARCH_HEADER)
        buf_put_printf(out, ":%s", search->fields.items[key->field]);
    else if (key->number != 0)
        buf_put_printf(out, ":%lld", (long long)key->number);
    if (key->text.data != NULL)
        buf_put_printf(out, ":%.*s", SPAN_PRINTF(key->text));
    if (key->set.saved)
        buf_put_text(out, ":$");
    for (const struct search_key *child = key->child; child != NULL; child = child->next) {
        buf_put_char(out, child == key->child ? '(' : ' ');
        describe(out, search, child);
    }
    if (key->child != NULL)
        buf_put_char(out, ')');
}

#define TEN_NOTS "NOT NOT NOT NOT NOT NOT NOT NOT NOT NOT "

static const struct key_case {
    const char *name;
    const char *text;
    const char *keys; /* NULL: malformed */
} key_cases[] = {
    {"flags",                                   " UNSEEN NOT DELETED",                                 "and(flags:8=0 not(flags:4=4))"},
    {"new ones are recent and not seen",        " NEW",                                                "and(flags:40=32)"             },
    {"sets, UIDs and keywords",                 " 1:3 UID 5,7 KEYWORD foo UNKEYWORD bar",
     "and(numbers uids keyword:foo not(keyword:bar))"                                                                                 },
    {"nested keys",                             " OR (FROM a TO b) (NOT (SEEN))",
     "and(or(and(addresses:A addresses:B) and(not(and(flags:8=8)))))"                                                                 },
    {"a header field",                          " HEADER X-Spam \"\"",                                 "and(header:X-Spam:)"          },
    {"a field that is named twice",             " HEADER A x HEADER a y",                              "and(header:A:X header:A:Y)"   },
    {"dates and sizes",                         " SINCE 2-Jan-1970 LARGER 100",                        "and(since:1 larger:100)"      },
    {"a date of the sender",                    " SENTON \"03-Jan-1970\"",                             "and(sent-on:2)"               },
    {"text in another charset",                 " CHARSET ISO-8859-1 SUBJECT {1}\r\n\xe9",
     "and(subject:E\xcc\x81)"                                                                                                         },
    {"a charset that is quoted",                " CHARSET \"utf-8\" BODY x",                           "and(body:X)"                  },
    {"ages",                                    " OLDER 5 YOUNGER 7",                                  "and(older:5 younger:7)"       },
    {"save dates",                              " SAVEDSINCE 2-Jan-1970 SAVEDATESUPPORTED EMAILID Mx",
     "and(saved-since:1 all email-id:Mx)"                                                                                             },
    {"an age of nothing",                       " OLDER 0",                                            NULL                           },
    {"what a search saved",                     " $ UID $",                                            "and(numbers:$ uids:$)"        },
    {"a mod-sequence",                          " MODSEQ 7",                                           "and(modseq:7)"                },
    {"a mod-sequence of one flag",              " MODSEQ \"/flags/\\\\draft\" all 7",                  "and(modseq:7)"                },
    {"a mod-sequence of nothing that there is", " MODSEQ \"/comment\" all 7",                          NULL                           },
    {"a mod-sequence without its kind",         " MODSEQ \"/flags/\\\\draft\" 7",                      NULL                           },
    {"an unknown key",                          " NOTHING",                                            NULL                           },
    {"no key",                                  " ",                                                   NULL                           },
    {"more spaces than there should be",        "  SEEN   (NOT  SEEN ) ",
     "and(flags:8=8 and(not(flags:8=8)))"                                                                                             },
    {"a year of two digits",                    " SINCE 2-Jan-70",                                     NULL                           },
    {"an OR with one key",                      " OR SEEN",                                            NULL                           },
    {"a parenthesis that is open",              " (SEEN",                                              NULL                           },
    {"a day that no month has",                 " ON 31-Apr-2000",                                     NULL                           },
    {"something behind the end",                " SEEN)",                                              NULL                           },
};

static void take_keys(void **state)
{
    const struct key_case *c = *state;
    struct arena *arena = arena_create();
    struct span input = unit_copy(span_text(c->text));
    struct cursor at = cursor_of(input);
    struct buf out = BUF(1000);
    struct search search;
    enum search_parsed parsed = search_parse(arena, &at, &search);

    assert_int_equal(parsed, c->keys == NULL ? SEARCH_MALFORMED : SEARCH_PARSED);
    if (c->keys != NULL) {
        describe(&out, &search, search.root);
        assert_string_equal(buf_text(&out), c->keys);
    }
    buf_release(&out);
    search_release(&search);
    arena_free(&arena);
    free((void *)(uintptr_t)input.data);
}

static enum search_parsed parse(const char *text)
{
    struct arena *arena = arena_create();
    struct cursor at = cursor_of(span_text(text));
    struct search search;
    enum search_parsed parsed = search_parse(arena, &at, &search);

    search_release(&search);
    arena_free(&arena);
    return parsed;
}

static void a_charset_that_nobody_knows_is_told_apart(void **state UNUSED)
{
    assert_int_equal(parse(" CHARSET X-NONE TEXT a"), SEARCH_BAD_CHARSET);
    assert_int_equal(parse(" CHARSET //TRANSLIT TEXT a"), SEARCH_BAD_CHARSET);
    assert_int_equal(parse(" SUBJECT \"Gr\xFC\xDF" "e\""), SEARCH_OTHER_CHARSET);
    assert_int_equal(parse(" CHARSET UTF-8 OR SEEN TEXT \"Gr\xFC\xDF" "e\""), SEARCH_OTHER_CHARSET);
    assert_int_equal(parse(" CHARSET ISO-8859-1 SUBJECT \"Gr\xFC\xDF" "e\""), SEARCH_PARSED);
    assert_int_equal(parse(" SUBJECT \"Gr\xC3\xBC\xC3\x9F" "e\""), SEARCH_PARSED);
}

static void keys_are_bounded(void **state UNUSED)
{
    struct buf texts = BUF(100000);

    assert_int_equal(parse(" " TEN_NOTS TEN_NOTS TEN_NOTS TEN_NOTS "SEEN"), SEARCH_PARSED);
    assert_int_equal(parse(" " TEN_NOTS TEN_NOTS TEN_NOTS TEN_NOTS TEN_NOTS "SEEN"),
                     SEARCH_TOO_MUCH);
    for (int i = 0; i <= SEARCH_TEXTS_MAX; i++) {
        assert_int_equal(i == 0 ? SEARCH_PARSED : parse(buf_text(&texts)), SEARCH_PARSED);
        buf_put_text(&texts, " TEXT a");
    }
    assert_int_equal(parse(buf_text(&texts)), SEARCH_TOO_MUCH);
    buf_clear(&texts);
    for (int i = 0; i <= SEARCH_KEYS_MAX; i++)
        buf_put_text(&texts, " SEEN");
    assert_int_equal(parse(buf_text(&texts)), SEARCH_TOO_MUCH);
    buf_release(&texts);
}

/* --- RETURN ------------------------------------------------------------------------------------ */

static const struct return_case {
    const char *name;
    const char *text;
    int options; /* -1: refused */
    const char *rest;
} return_cases[] = {
    {"none",                        " SEEN",                             RETURN_ALL,                             " SEEN"},
    {"an empty one",                " RETURN () SEEN",                   RETURN_ALL,                             " SEEN"},
    {"several",                     " RETURN (MIN max COUNT)",           RETURN_MIN | RETURN_MAX | RETURN_COUNT, ""     },
    {"only to save",                " RETURN (SAVE) $",                  RETURN_SAVE,                            " $"   },
    {"a hint alone",                " RETURN (CONTEXT)",                 RETURN_CONTEXT | RETURN_ALL,            ""     },
    {"a part",                      " RETURN (PARTIAL 1:10)",            RETURN_PARTIAL,                         ""     },
    {"a part without a range",      " RETURN (PARTIAL)",                 -1,                                     NULL   },
    {"two parts",                   " RETURN (PARTIAL 1:2 PARTIAL 3:4)", -1,                                     NULL   },
    {"a part and everything",       " RETURN (PARTIAL 1:2 ALL)",         -1,                                     NULL   },
    {"a part from nothing",         " RETURN (PARTIAL 0:2)",             -1,                                     NULL   },
    {"a part with both directions", " RETURN (PARTIAL -1:2)",            -1,                                     NULL   },
    {"what nobody knows",           " RETURN (RELEVANCY)",               -1,                                     NULL   },
    {"without an end",              " RETURN (MIN",                      -1,                                     NULL   },
};

static void take_return(void **state)
{
    const struct return_case *c = *state;
    struct span input = unit_copy(span_text(c->text));
    struct cursor at = cursor_of(input);
    struct search_return wanted;
    bool taken = search_return_parse(&at, &wanted);

    assert_int_equal(taken, c->options >= 0);
    if (taken) {
        assert_int_equal(wanted.options, c->options);
        assert_true(span_equal_text(span_of(at.next, cursor_left(at)), c->rest));
    }
    free((void *)(uintptr_t)input.data);
}

static const struct slice_case {
    const char *name;
    const char *range;
    size_t count, first, past;
} slice_cases[] = {
    {"the first ten",                     "1:10",                  100, 0,   10 },
    {"the other way round",               "10:1",                  100, 0,   10 },
    {"the last ten",                      "-1:-10",                100, 90,  100},
    {"the ten before",                    "-11:-20",               100, 80,  90 },
    {"more than there are",               "91:200",                100, 90,  100},
    {"more than there are, from the end", "-91:-200",              100, 0,   10 },
    {"past the end",                      "101:110",               100, 100, 100},
    {"past the end, from the end",        "-101:-110",             100, 0,   0  },
    {"of nothing",                        "1:10",                  0,   0,   0  },
    {"the largest numbers",               "4294967295:4294967295", 100, 100, 100},
};

static void slice(void **state)
{
    const struct slice_case *c = *state;
    struct cursor at = cursor_of(span_text(c->range));
    struct partial partial;
    size_t first, past;

    assert_true(partial_parse(&at, &partial));
    partial_slice(&partial, c->count, &first, &past);
    assert_int_equal(first, c->first);
    assert_int_equal(past, c->past);
}

/* --- SORT, ESEARCH, SELECT ---------------------------------------------------------------------- */

static const struct sort_case {
    const char *name;
    const char *text;
    int criteria; /* -1: refused */
    bool first_is_reversed;
} sort_cases[] = {
    {"one criterion",                      " (DATE)",                                                               1,  false},
    {"criteria, some the other way round", " (REVERSE Subject date)",                                               2,  true },
    {"what comes twice says nothing more", " (DATE REVERSE DATE DATE)",                                             1,  false},
    {"all that there are",                 " (ARRIVAL CC DATE FROM SIZE SUBJECT TO DISPLAYFROM DISPLAYTO ARRIVAL)",
     9,                                                                                                                 false},
    {"none",                               " ()",                                                                   -1, false},
    {"REVERSE of nothing",                 " (REVERSE)",                                                            -1, false},
    {"what nobody knows",                  " (DATE COLOUR)",                                                        -1, false},
    {"without its end",                    " (DATE",                                                                -1, false},
};

static void take_sort(void **state)
{
    const struct sort_case *c = *state;
    struct span input = unit_copy(span_text(c->text));
    struct cursor at = cursor_of(input);
    struct sort_program program;
    bool taken = sort_parse(&at, &program);

    assert_int_equal(taken, c->criteria >= 0);
    if (taken) {
        assert_int_equal(program.count, c->criteria);
        assert_int_equal(program.criteria[0].reverse, c->first_is_reversed);
    }
    free((void *)(uintptr_t)input.data);
}

static const struct places_case {
    const char *name;
    const char *text;
    int places; /* -1: refused */
    const char *last;
} places_cases[] = {
    {"none",                      " ALL",                                             0,  NULL   },
    {"one that needs no name",    " IN (personal) ALL",                               1,  NULL   },
    {"a name",                    " IN (mailboxes INBOX) ALL",                        1,  "INBOX"},
    {"names",                     " IN (subtree (a \"b c\")) ALL",                    2,  "b c"  },
    {"several of them",           " IN (selected subtree-one a mailboxes (b c)) ALL", 4,  "c"    },
    {"what nobody knows",         " IN (everything) ALL",                             -1, NULL   },
    {"a name that is missing",    " IN (mailboxes) ALL",                              -1, NULL   },
    {"nothing",                   " IN () ALL",                                       -1, NULL   },
    {"options that nobody knows", " IN (personal (depth 1)) ALL",                     -1, NULL   },
};

static void take_places(void **state)
{
    const struct places_case *c = *state;
    struct arena *arena = arena_create();
    struct span input = unit_copy(span_text(c->text));
    struct cursor at = cursor_of(input);
    struct search_places places;
    bool taken = search_places_parse(arena, &at, &places);

    assert_int_equal(taken, c->places >= 0);
    if (taken) {
        assert_int_equal(places.count, c->places);
        assert_true(span_equal_text(span_of(at.next, cursor_left(at)), " ALL"));
        if (c->last != NULL)
            assert_true(span_equal_text(places.places[places.count - 1].name, c->last));
    }
    arena_free(&arena);
    free((void *)(uintptr_t)input.data);
}

static const struct select_case {
    const char *name;
    const char *text;
    bool taken;
    uint64_t modseq; /* of QRESYNC; 0: without it */
    size_t known, numbers;
} select_cases[] = {
    {"nothing",                                  "",                                   true,  0,  0, 0},
    {"CONDSTORE",                                " (CONDSTORE)",                       true,  0,  0, 0},
    {"QRESYNC",                                  " (qresync (7 42))",                  true,  42, 0, 0},
    {"with known UIDs",                          " (QRESYNC (7 42 1:5,9))",            true,  42, 2, 0},
    {"with numbers and UIDs",                    " (QRESYNC (7 42 1:5,9 (1,3 2,6)))",  true,  42, 2, 2},
    {"with numbers alone",                       " (QRESYNC (7 42 (1,3 2,6)))",        true,  42, 0, 2},
    {"both",                                     " (QRESYNC (7 42) CONDSTORE)",        true,  42, 0, 0},
    {"a client that has no UIDVALIDITY yet",     " (QRESYNC (0 42))",                  true,  42, 0, 0},
    {"a client that has no modseq yet",          " (QRESYNC (7 0))",                   true,  0,  0, 0},
    {"a modseq past 63 bits",                    " (QRESYNC (7 9223372036854775808))", false, 0,  0, 0},
    {"a star, which each side reads in its way", " (QRESYNC (7 42 1:*))",              false, 0,  0, 0},
    {"what a search saved",                      " (QRESYNC (7 42 $))",                false, 0,  0, 0},
    {"numbers without UIDs",                     " (QRESYNC (7 42 (1,3)))",            false, 0,  0, 0},
    {"twice",                                    " (QRESYNC (7 42) QRESYNC (7 42))",   false, 0,  0, 0},
    {"what nobody knows",                        " (ANNOTATE)",                        false, 0,  0, 0},
    {"an empty list",                            " ()",                                false, 0,  0, 0},
    {"something behind it",                      " (CONDSTORE) x",                     false, 0,  0, 0},
};

static void take_select(void **state)
{
    const struct select_case *c = *state;
    struct arena *arena = arena_create();
    struct span input = unit_copy(span_text(c->text));
    struct cursor at = cursor_of(input);
    struct select_parameters parameters;

    assert_int_equal(select_parameters_parse(arena, &at, &parameters), c->taken);
    if (c->taken) {
        assert_int_equal(parameters.qresync, strcasestr(c->text, "QRESYNC") != NULL);
        assert_int_equal(parameters.resync.modseq, c->modseq);
        assert_int_equal(parameters.resync.known.count, c->known);
        assert_int_equal(parameters.resync.numbers.count, c->numbers);
        assert_int_equal(parameters.resync.numbers_are.count, c->numbers);
    }
    arena_free(&arena);
    free((void *)(uintptr_t)input.data);
}

int main(void)
{
    struct CMUnitTest tests[150];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, key_cases, take_keys);
    UNIT_ADD_ROWS(tests, used, return_cases, take_return);
    UNIT_ADD_ROWS(tests, used, slice_cases, slice);
    UNIT_ADD_ROWS(tests, used, sort_cases, take_sort);
    UNIT_ADD_ROWS(tests, used, places_cases, take_places);
    UNIT_ADD_ROWS(tests, used, select_cases, take_select);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(a_charset_that_nobody_knows_is_told_apart);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(keys_are_bounded);
    return unit_run("imapd_search", tests, used);
}
