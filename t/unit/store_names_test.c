/* lib/store: mailbox names, modified UTF-7, LIST patterns, and Dovecot's control files. */
#include "t/unit/unit.h"

#include "lib/base/file.h"
#include "lib/store/keywords.h"
#include "lib/store/mutf7.h"
#include "lib/store/name.h"
#include "lib/store/pattern.h"
#include "lib/store/subscriptions.h"
#include "lib/store/uidlist.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* --- modified UTF-7 ---------------------------------------------------------------------------- */

static const struct mutf7_case {
    const char *name;
    const char *encoded;
    const char *utf8; /* NULL: not modified UTF-7 */
} mutf7_cases[] = {
    {"ASCII stands for itself",        "Sent Mail",                       "Sent Mail"       },
    {"an ampersand is escaped",        "a&-b",                            "a&b"             },
    {"two octets",                     "T&AOk-st",                        "T\xc3\xa9st"     },
    {"RFC 3501's example",             "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
     "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"            },
    {"beyond the basic plane",         "&2D3eAA-",                        "\xf0\x9f\x98\x80"},
    {"an unfinished shift",            "a&AOk",                           NULL              },
    {"ASCII in a shift",               "&AGE-",                           NULL              },
    {"a control character in a shift", "&ABFFVA-",                        NULL              },
    {"bits that are left over",        "&AOl-",                           NULL              },
    {"a high surrogate alone",         "&2D0-",                           NULL              },
    {"a low surrogate alone",          "&3gA-",                           NULL              },
    {"a digit of another alphabet",    "&AO/-",                           NULL              },
    {"raw UTF-8",                      "T\xc3\xa9st",                     NULL              },
    {"two shifts side by side",        "&AOk-&AOk-",                      NULL              },
};

static void decode(void **state)
{
    const struct mutf7_case *c = *state;
    struct span name = unit_copy(span_text(c->encoded));
    struct buf utf8 = BUF(1000), again = BUF(1000);
    bool decoded = mutf7_decode(name, &utf8);

    assert_int_equal(decoded, c->utf8 != NULL);
    if (decoded) {
        assert_string_equal(buf_text(&utf8), c->utf8);
        assert_true(mutf7_encode(buf_span(&utf8), &again));
        assert_string_equal(buf_text(&again), c->encoded);
    }
    buf_release(&utf8);
    buf_release(&again);
    free((void *)(uintptr_t)name.data);
}

/* --- names ------------------------------------------------------------------------------------- */

static const struct name_case {
    const char *name;
    const char *input;
    const char *checked; /* NULL: refused */
} name_cases[] = {
    {"an ordinary name",                        "Sent.2024",   "Sent.2024"},
    {"INBOX is upper case",                     "inBox",       "INBOX"    },
    {"also as a parent",                        "inbox.x",     "INBOX.x"  },
    {"INBOX as the beginning of a word is not", "inboxes",     "inboxes"  },
    {"a separator at the end is dropped",       "a.b.",        "a.b"      },
    {"an empty name",                           "",            NULL       },
    {"an empty component",                      "a..b",        NULL       },
    {"a separator at the start",                ".a",          NULL       },
    {"two at the end",                          "a..",         NULL       },
    {"only a separator",                        ".",           NULL       },
    {"a slash leads out of the Maildir",        "a/../../etc", NULL       },
    {"a control character",                     "a\nb",        NULL       },
    {"a broken shift",                          "a&b",         NULL       },
};

static void check_name(void **state)
{
    const struct name_case *c = *state;
    struct arena *arena = arena_create();
    struct span input = unit_copy(span_text(c->input));
    struct error err = {0};
    const char *checked = NULL;

    assert_int_equal(mailbox_name_check(arena, input, '.', &checked, &err), c->checked != NULL);
    if (c->checked != NULL)
        assert_string_equal(checked, c->checked);
    else
        assert_int_equal(err.kind, ERROR_PERMANENT);
    arena_free(&arena);
    free((void *)(uintptr_t)input.data);
}

static void overlong_name_is_refused(void **state UNUSED)
{
    struct arena *arena = arena_create();
    char name[MAILBOX_NAME_MAX + 1];
    const char *checked;

    memset(name, 'a', sizeof(name));
    assert_true(mailbox_name_check(arena, span_of(name, MAILBOX_NAME_MAX), '.', &checked, NULL));
    assert_false(
        mailbox_name_check(arena, span_of(name, MAILBOX_NAME_MAX + 1), '.', &checked, NULL));
    arena_free(&arena);
}

#define TEN(text)    text text text text text text text text text text
#define LONG_PATTERN TEN(TEN("*aaa"))

static const struct pattern_case {
    const char *name;
    const char *pattern, *mailbox;
    bool matches;
} pattern_cases[] = {
    {"the same name",                           "a.b",                "a.b",                                      true },
    {"another name",                            "a.b",                "a.c",                                      false},
    {"a longer name",                           "a",                  "a.b",                                      false},
    {"star takes everything",                   "*",                  "a.b.c",                                    true },
    {"star takes nothing too",                  "a*",                 "a",                                        true },
    {"star in the middle",                      "a*c",                "a.b.c",                                    true },
    {"star must find the rest",                 "a*d",                "a.b.c",                                    false},
    {"percent takes one level",                 "%",                  "a",                                        true },
    {"percent stops at the separator",          "%",                  "a.b",                                      false},
    {"percent in the middle",                   "a.%.c",              "a.b.c",                                    true },
    {"percent must find the rest in its level", "%c",                 "a.c",                                      false},
    {"percent tries again in its level",        "%ab",                "aab",                                      true },
    {"star tries again after percent failed",   "*x%z",               "x.x.xyz",                                  true },
    {"two percents",                            "%.%",                "a.b",                                      true },
    {"INBOX without case",                      "inbox",              "INBOX",                                    true },
    {"INBOX's children too",                    "Inbox.%",            "INBOX.a",                                  true },
    {"others with case",                        "A",                  "a",                                        false},
    {"several percents in one level",           "%a%b%.c",            "xaab.c",                                   true },
    {"percent again after a star",              "*%b.%",              "a.ab.b.c",                                 true },
    {"wildcards side by side are one",          "%*%%**a",            "x.y.a",                                    true },
    {"an empty pattern",                        "",                   "a",                                        false},
    {"more than a name can have",               LONG_PATTERN,         "aaaa",                                     false},
    {"many stars end",                          "*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
};

static void match_pattern(void **state)
{
    const struct pattern_case *c = *state;

    struct arena *arena = arena_create();
    struct mailbox_pattern *pattern = mailbox_pattern_compile(arena, span_text(c->pattern), '.');

    assert_int_equal(mailbox_pattern_match(pattern, c->mailbox), c->matches);
    arena_free(&arena);
}

/* --- dovecot-uidlist --------------------------------------------------------------------------- */

static const struct uidlist_case {
    const char *name;
    const char *text;
    bool known;
    uint32_t uidvalidity, uidnext;
    size_t count;
    bool torn;
    const char *last; /* name of the last entry */
} uidlist_cases[] = {
    {"version 3 as Dovecot writes it",
     "3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1\n"
     "25006 :1276528487.M364837P9451.kurkku,S=1355,W=1394:2,\n"
     "25017 W2481 :1276533073.M242911P3632.kurkku:2,F\n",                                       true,  1275660208, 25022, 2, false, "1276533073.M242911P3632.kurkku"},
    {"UIDs past the header's next one",    "3 V1 N1 G00000000000000000000000000000000\n7 :a\n", true,
     1,                                                                                                            8,     1, false, "a"                             },
    {"version 1",                          "1 42 10\n3 a\n9 b:2,S\n",                           true,  42,         10,    2, true,  "b"                             },
    {"a line without its end was torn",    "3 V1 N5\n1 :a\n2 :b",                               true,  1,          8,     1, true,  "a"                             },
    {"UIDs that fall are passed over",     "3 V1 N5\n4 :a\n2 :b\n",                             true,  1,          8,     1, true,  "a"                             },
    {"UID 0 is none",                      "3 V1 N5\n0 :a\n",                                   true,  1,          8,     0, true,  NULL                            },
    {"the last UID is not given out",      "3 V1 N5\n4294967295 :a\n",                          true,  1,          8,     0, true,  NULL                            },
    {"a name with a slash is passed over", "3 V1 N5\n1 :../a\n",                                true,  1,          8,     0, true,  NULL                            },
    {"garbage between lines",              "3 V1 N5\n1 :a\nxyzzy\n2 :b\n",                      true,  1,          6,     2, true,  "b"                             },
    {"two lines with one UID",             "3 V1 N5\n1 :a\n2 :b\n2 :c\n",                       true,  1,          8,     1, true,  "a"                             },
    {"a line end that was lost",           "3 V1 N1\n1 :a\n2 :b x3 :c\n",                       true,  1,          5,     2, false, "b x3 "                         },
    {"no UIDVALIDITY, nothing known",      "3 N5\n1 :a\n",                                      false, 0,          0,     0, false, NULL                            },
    {"an unknown version",                 "4 V1 N5\n",                                         false, 0,          0,     0, false, NULL                            },
    {"an empty file",                      "",                                                  false, 0,          0,     0, false, NULL                            },
};

static void parse_uidlist(void **state)
{
    const struct uidlist_case *c = *state;
    struct span text = unit_copy(span_text(c->text));
    struct uidlist list = {0};

    assert_int_equal(uidlist_parse(&list, text), c->known);
    if (c->known) {
        assert_int_equal(list.uidvalidity, c->uidvalidity);
        assert_int_equal(list.uidnext, c->uidnext);
        assert_int_equal(list.count, c->count);
        assert_int_equal(list.torn, c->torn);
    }
    if (c->last != NULL)
        assert_true(span_equal_text(list.entries[list.count - 1].name, c->last));
    uidlist_release(&list);
    free((void *)(uintptr_t)text.data);
}

/* --- the other files --------------------------------------------------------------------------- */

static const struct subscriptions_case {
    const char *name;
    const char *text;
    const char *names; /* joined by a space */
} subscriptions_cases[] = {
    {"version 2: a TAB between components",    "V\t2\n\na\tb\nINBOX\n",          "a.b INBOX"},
    {"the older form",                         "a.b\nINBOX\n",                   "a.b INBOX"},
    {"names that we cannot have are kept out", "V\t2\n\na\001tb\n..\nx.y\nok\n", "ok"       },
    {"each name once",                         "a\na\n",                         "a"        },
    {"nothing",                                "",                               ""         },
};

static void parse_subscriptions(void **state)
{
    const struct subscriptions_case *c = *state;
    struct span text = unit_copy(span_text(c->text));
    struct strlist names = STRLIST_EMPTY;
    struct buf joined = BUF(1000);

    subscriptions_parse(text, '.', &names);
    for (size_t i = 0; i < names.count; i++)
        buf_put_printf(&joined, i == 0 ? "%s" : " %s", names.items[i]);
    assert_string_equal(joined.len == 0 ? "" : buf_text(&joined), c->names);
    buf_release(&joined);
    strlist_release(&names);
    free((void *)(uintptr_t)text.data);
}

/* Each was compared with all before it: a file of this size took hours, and each SUBSCRIBE of many a while. */
static void subscriptions_may_be_many(void **state UNUSED)
{
    const size_t count = 500000;
    struct buf text = BUF(BUF_UNLIMITED);
    struct strlist names = STRLIST_EMPTY;

    for (size_t i = 0; i < 2 * count; i++)
        buf_put_printf(&text, "%zx\n", i % count);
    subscriptions_parse(buf_span(&text), '.', &names);
    assert_int_equal(names.count, count);
    strlist_release(&names);
    buf_release(&text);
}

static void keywords_keep_their_letters(void **state UNUSED)
{
    struct keywords keywords = {0};

    keywords_parse(&keywords, SPAN_LITERAL("0 foo\n2 $Forwarded\n26 no\nx y\n0 again\n"));
    assert_int_equal(keywords_find(&keywords, SPAN_LITERAL("FOO")), 0);
    assert_int_equal(keywords_find(&keywords, SPAN_LITERAL("$forwarded")), 2);
    assert_int_equal(keywords_find(&keywords, SPAN_LITERAL("no")), -1);
    assert_int_equal(keywords_find(&keywords, SPAN_LITERAL("again")), -1);
    keywords_release(&keywords);
}

static void write_text(int directory, const char *name, const char *text)
{
    assert_true(file_replace(directory, name, 0600, span_text(text), NULL));
}

/* Trouble that passes takes no names away: a keyword more would be written without them. */
static void keywords_stay_when_the_file_cannot_be_read(void **state UNUSED)
{
    char path[] = "/tmp/keywords.XXXXXX";
    struct keywords keywords = {0};
    struct error err = {0};
    struct rlimit before, none;
    int directory;
    bool done;

    assert_non_null(mkdtemp(path));
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    write_text(directory, "dovecot-keywords", "0 foo\n");
    assert_true(keywords_refresh(&keywords, directory, &err));
    write_text(directory, "dovecot-keywords", "0 foo\n1 bar\n");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    done = keywords_refresh(&keywords, directory, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_false(done);
    assert_int_equal(err.number, EMFILE);
    assert_int_equal(keywords_find(&keywords, SPAN_LITERAL("foo")), 0);
    assert_true(keywords_refresh(&keywords, directory, &err));
    assert_int_equal(keywords_find(&keywords, SPAN_LITERAL("bar")), 1);
    keywords_release(&keywords);
    (void)unlinkat(directory, "dovecot-keywords", 0);
    (void)close(directory);
    (void)rmdir(path);
}

/* Whatever went wrong before: who finds its list changed reads it again, with that error still there. */
static void a_list_that_is_gone_is_no_error(void **state UNUSED)
{
    struct error err = {.kind = ERROR_PERMANENT, .number = ESTALE};
    char path[] = "/tmp/uidlist.XXXXXX";
    struct uidlist list;
    int directory;

    assert_non_null(mkdtemp(path));
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(uidlist_read(directory, &list, &err));
    uidlist_release(&list);
    (void)close(directory);
    (void)rmdir(path);
}

int main(void)
{
    struct CMUnitTest tests[100];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, mutf7_cases, decode);
    UNIT_ADD_ROWS(tests, used, name_cases, check_name);
    UNIT_ADD_ROWS(tests, used, pattern_cases, match_pattern);
    UNIT_ADD_ROWS(tests, used, uidlist_cases, parse_uidlist);
    UNIT_ADD_ROWS(tests, used, subscriptions_cases, parse_subscriptions);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(overlong_name_is_refused);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(subscriptions_may_be_many);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(keywords_keep_their_letters);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(keywords_stay_when_the_file_cannot_be_read);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(a_list_that_is_gone_is_no_error);
    return unit_run("store_names", tests, used);
}
