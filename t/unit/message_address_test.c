/* Addresses: quoting, paths of SMTP, lists of header fields. */
#include "t/unit/unit.h"

#include "lib/message/address.h"

#include <stdio.h>

/* --- the two forms ------------------------------------------------------------------------------- */

static const struct form_case {
    const char *name;
    const char *external;
    const char *internal;
    const char *requoted;
} forms[] = {
    {"a plain address",        "bob@example.com",     "bob@example.com",   "bob@example.com"  },
    {"a dotted localpart",     "b.o.b@example.com",   "b.o.b@example.com", "b.o.b@example.com"},
    {"needless quotes",        "\"bob\"@example.com", "bob@example.com",   "bob@example.com"  },
    {"a space",                "\"a b\"@x",           "a b@x",             "\"a b\"@x"        },
    {"an escaped space",       "a\\ b@x",             "a b@x",             "\"a b\"@x"        },
    {"a quote",                "\"a\\\"b\"@x",        "a\"b@x",            "\"a\\\"b\"@x"     },
    {"a backslash",            "\"a\\\\b\"@x",        "a\\b@x",            "\"a\\\\b\"@x"     },
    {"an @ in the localpart",  "\"a@b\"@x",           "a@b@x",             "\"a@b\"@x"        },
    {"a leading dot",          ".a@x",                ".a@x",              "\".a\"@x"         },
    {"two dots",               "a..b@x",              "a..b@x",            "\"a..b\"@x"       },
    {"an empty localpart",     "\"\"@x",              "@x",                "\"\"@x"           },
    {"no domain",              "bob",                 "bob",               "bob"              },
    {"the null address",       "",                    "",                  ""                 },
    {"UTF-8",                  "\xc3\xa9@x",          "\xc3\xa9@x",        "\xc3\xa9@x"       },
    {"a domain literal",       "a@[192.0.2.1]",       "a@[192.0.2.1]",     "a@[192.0.2.1]"    },
    {"a quote without end",    "\"a@x",               "a@x",               "a@x"              },
    {"a backslash at the end", "a\\",                 "a\\",               "\"a\\\\\""        },
};

static void both_forms(void **state)
{
    const struct form_case *c = *state;
    struct span external = unit_copy(span_text(c->external));
    struct arena *arena = arena_create();
    const char *internal = address_unquote(arena, external);

    assert_string_equal(internal, c->internal);
    assert_string_equal(address_quote(arena, internal), c->requoted);
    arena_free(&arena);
    free((void *)(uintptr_t)external.data);
}

static void parts(void **state UNUSED)
{
    assert_true(span_equal_text(address_domain("a@b@c"), "c"));
    assert_true(span_equal_text(address_localpart("a@b@c"), "a@b"));
    assert_int_equal(address_domain("bob").len, 0);
    assert_true(span_equal_text(address_localpart("bob"), "bob"));
    assert_int_equal(address_domain("bob@").len, 0);
}

/* --- paths ------------------------------------------------------------------------------------------ */

static const struct path_case {
    const char *name;
    const char *input;
    enum parse_result lenient, strict;
    const char *address;
    const char *rest;
} paths[] = {
    {"an address",                        "<a@b>",               PARSE_DONE,       PARSE_DONE,       "a@b",               ""       },
    {"parameters behind it",              "<a@b> SIZE=1",        PARSE_DONE,       PARSE_DONE,       "a@b",               " SIZE=1"},
    {"a space before it",                 " <a@b>",              PARSE_DONE,       PARSE_DONE,       "a@b",               ""       },
    {"the null path",                     "<>",                  PARSE_DONE,       PARSE_DONE,       "",                  ""       },
    {"no domain",                         "<postmaster>",        PARSE_DONE,       PARSE_DONE,       "postmaster",        ""       },
    {"a source route",                    "<@x,@y:a@b>",         PARSE_DONE,       PARSE_DONE,       "a@b",               ""       },
    {"a quoted localpart",                "<\"a b\"@c> X",       PARSE_DONE,       PARSE_DONE,       "a b@c",             " X"     },
    {"an escaped octet",                  "<a\\ b@c>",           PARSE_DONE,       PARSE_DONE,       "a b@c",             ""       },
    {"a > in quotes",                     "<\"a>b\"@c>",         PARSE_DONE,       PARSE_DONE,       "a>b@c",             ""       },
    {"an empty quoted localpart",         "<\"\"@c>",            PARSE_DONE,       PARSE_MALFORMED,  "@c",                ""       },
    {"dots where RFC 5321 has none",      "<.a..b.@c>",          PARSE_DONE,       PARSE_DONE,       ".a..b.@c",          ""       },
    {"a trailing dot of the domain",      "<a@b.c.>",            PARSE_DONE,       PARSE_DONE,       "a@b.c.",            ""       },
    {"an IPv4 literal",                   "<a@[192.0.2.1]>",     PARSE_DONE,       PARSE_DONE,       "a@[192.0.2.1]",     ""       },
    {"an IPv6 literal",                   "<a@[IPv6:::1]>",      PARSE_DONE,       PARSE_DONE,       "a@[IPv6:::1]",      ""       },
    {"UTF-8",                             "<\xc3\xa9@\xc3\xa9>", PARSE_DONE,       PARSE_DONE,       "\xc3\xa9@\xc3\xa9", ""       },
    {"bang and percent",                  "<x!a%b@c>",           PARSE_DONE,       PARSE_DONE,       "x!a%b@c",           ""       },
    {"no brackets",                       "a@b SIZE=1",          PARSE_DONE,       PARSE_MALFORMED,  "a@b",               " SIZE=1"},
    {"a comment",                         "<a@b (hi)>",          PARSE_DONE,       PARSE_MALFORMED,  "a@b",               ""       },
    {"comments around the @",             "<a (x(y)) @ (z) b>",  PARSE_DONE,       PARSE_MALFORMED,  "a@b",               ""       },
    {"spaces inside",                     "< a@b >",             PARSE_DONE,       PARSE_DONE,       "a@b",               ""       },
    {"an empty address without brackets", " ",                   PARSE_INCOMPLETE, PARSE_INCOMPLETE, NULL,                NULL     },
    {"two @",                             "<a@b@c>",             PARSE_DONE,       PARSE_DONE,       "a@b@c",             ""       },
    {"nothing between two @",             "<a@@c>",              PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"no localpart",                      "<@b>",                PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"an empty domain",                   "<a@>",                PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"a domain with an empty label",      "<a@b..c>",            PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"a domain that begins with a dot",   "<a@.b>",              PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"an odd octet in the domain",        "<a@b!c>",             PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"two addresses",                     "<a,b@c>",             PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"two words",                         "<a b@c>",             PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"something right behind it",         "<a@b>x",              PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"a second >",                        "<a@b>>",              PARSE_DONE,       PARSE_DONE,       "a@b",               ""       },
    {"a second pair of brackets",         "<<a@b>> SIZE=1",      PARSE_DONE,       PARSE_DONE,       "a@b",               " SIZE=1"},
    {"a second < alone",                  "<<a@b>",              PARSE_INCOMPLETE, PARSE_INCOMPLETE, NULL,                NULL     },
    {"a > without a <",                   "a@b>",                PARSE_DONE,       PARSE_MALFORMED,  "a@b",               ""       },
    {"the null path with a space in it",  "< >",                 PARSE_DONE,       PARSE_DONE,       "",                  ""       },
    {"a control character",               "<\"a\tb\"@c>",        PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"a route to nowhere",                "<@x:>",               PARSE_MALFORMED,  PARSE_MALFORMED,  NULL,                NULL     },
    {"no end",                            "<a@b",                PARSE_INCOMPLETE, PARSE_INCOMPLETE, NULL,                NULL     },
    {"a quote without end",               "<\"a@b>",             PARSE_INCOMPLETE, PARSE_INCOMPLETE, NULL,                NULL     },
    {"a literal without end",             "<a@[1.2.3.4",         PARSE_INCOMPLETE, PARSE_INCOMPLETE, NULL,                NULL     },
};

static void path(void **state)
{
    const struct path_case *c = *state;
    struct span input = unit_copy(span_text(c->input));
    struct arena *arena = arena_create();

    for (int strict = 0; strict < 2; strict++) {
        enum parse_result expected = strict == 1 ? c->strict : c->lenient;
        struct cursor at = cursor_of(input);
        const char *address = NULL;

        assert_int_equal(address_parse_path(arena, &at, strict == 1, &address), expected);
        if (expected == PARSE_DONE) {
            assert_string_equal(address, c->address);
            assert_true(span_equal_text(span_of(at.next, cursor_left(at)), c->rest));
        } else {
            assert_ptr_equal(at.next, input.data);
        }
    }
    arena_free(&arena);
    free((void *)(uintptr_t)input.data);
}

static void path_too_long(void **state UNUSED)
{
    struct arena *arena = arena_create();
    char input[ADDRESS_MAX + 3];
    struct cursor at = cursor_of(span_of(input, ADDRESS_MAX + 2));
    const char *address;

    memset(input, 'a', sizeof(input));
    input[0] = '<';
    input[ADDRESS_MAX + 1] = '>';
    assert_int_equal(address_parse_path(arena, &at, true, &address), PARSE_TOO_BIG);
    input[ADDRESS_MAX] = '>';
    input[ADDRESS_MAX + 1] = ' ';
    assert_int_equal(address_parse_path(arena, &at, true, &address), PARSE_DONE);
    assert_int_equal(strlen(address), ADDRESS_MAX - 1);
    arena_free(&arena);
}

/* --- lists -------------------------------------------------------------------------------------------- */

/* One element a line: name|route|localpart|domain|what the octets first to past are */
static const struct list_case {
    const char *name;
    const char *input;
    const char *expected;
} lists[] = {
    {"one address",                   "bob@example.com",                                                "||bob|example.com|bob@example.com\n"            },
    {"a name and an address",         "Bob Smith <bob@example.com>",
     "Bob Smith||bob|example.com|bob@example.com\n"                                                                                                      },
    {"a quoted name",                 "\"Smith, Bob \\\"x\\\"\" <bob@x>",                               "Smith, Bob \"x\"||bob|x|bob@x\n"                },
    {"two of them, folded",           " a@x,\r\n\tB <b@y>\r\n",                                         "||a|x|a@x\nB||b|y|b@y\n"                        },
    {"empty elements",                ",, a@x , ,b@y,",                                                 "||a|x|a@x\n||b|y|b@y\n"                         },
    {"a comment for a name",          "bob@x (Bob (the) Smith)",                                        "Bob (the) Smith||bob|x|bob@x\n"                 },
    {"a comment behind brackets",     "<bob@x> (Bob)",                                                  "Bob||bob|x|bob@x\n"                             },
    {"comments everywhere",           "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
     "Pete||pete|silly.test|pete(his account)@silly.test\n"                                                                                              },
    {"spaces around dots and @",      "a . b @ c . d",                                                  "||a.b|c.d|a . b @ c . d\n"                      },
    {"no domain",                     "root",                                                           "||root||root\n"                                 },
    {"words without an address",      "Bob Smith",                                                      "Bob Smith||||\n"                                },
    {"one quoted word is an address", "\"q s\"",                                                        "||q s||\"q s\"\n"                               },
    {"a name before empty brackets",  "Bob <>",                                                         "Bob||||\n"                                      },
    {"a quoted localpart",            "\"a b@c\"@d",                                                    "||a b@c|d|\"a b@c\"@d\n"                        },
    {"a route",                       "Bob <@a,@b:bob@x>",                                              "Bob|@a,@b|bob|x|@a,@b:bob@x\n"                  },
    {"a group",                       "friends: a@x, B <b@y>; , c@z",                                   "(friends\n||a|x|a@x\nB||b|y|b@y\n)\n||c|z|c@z\n"},
    {"an empty group",                "undisclosed-recipients:;",                                       "(undisclosed-recipients\n)\n"                   },
    {"a group without end",           "g: a@x",                                                         "(g\n||a|x|a@x\n)\n"                             },
    {"two groups",                    "g: a@x; h: b@y;",                                                "(g\n||a|x|a@x\n)\n(h\n||b|y|b@y\n)\n"           },
    {"a domain literal with colons",  "a@[IPv6:::1], b@[192.0.2.1]",
     "||a|[IPv6:::1]|a@[IPv6:::1]\n||b|[192.0.2.1]|b@[192.0.2.1]\n"                                                                                      },
    {"brackets in a name",            "[list] Bob <bob@x>",                                             "[list] Bob||bob|x|bob@x\n"                      },
    {"an open bracket",               "<bob@x, c@y",                                                    "||bob|x|bob@x\n||c|y|c@y\n"                     },
    {"an open quote",                 "\"Bob <bob@x>",                                                  "\"Bob||bob|x|bob@x\n"                           },
    {"an open comment",               "a@x (b@y, c@z",                                                  "b@y, c@z||a|x|a@x\n"                            },
    {"encoded words stay",            "=?utf-8?q?B=C3=B6b?= <b@x>",                                     "=?utf-8?q?B=C3=B6b?=||b|x|b@x\n"                },
    {"a dot in a name",               "J. R. Ewing <jr@x>",                                             "J. R. Ewing||jr|x|jr@x\n"                       },
    {"a stray semicolon",             "a@x; b@y",                                                       "||a|x|a@x\n||b|y|b@y\n"                         },
    {"something behind the brackets", "<a@x> foo <b@y>, c@z",                                           "||a|x|a@x\n||c|z|c@z\n"                         },
    {"nothing",                       " \r\n ",                                                         ""                                               },
};

/* Each of these as Postfix 3.7 reads it in virtual_alias_maps. */
static const struct list_case recipients[] = {
    {"two addresses and no comma", "a@x b@y",               "||a|x|a@x\n||b|y|b@y\n"           },
    {"two words",                  "ann bob",               "||ann||ann\n||bob||bob\n"         },
    {"a word and an address",      "ann bob@x",             "||ann||ann\n||bob|x|bob@x\n"      },
    {"a name before brackets",     "Joe Doe <j@x>",         "Joe Doe||j|x|j@x\n"               },
    {"a comma once",               "a@x, b@x c@x",          "||a|x|a@x\n||b|x|b@x\n||c|x|c@x\n"},
    {"a comment between",          "ann@x (comment) bob@x", "||ann|x|ann@x\n||bob|x|bob@x\n"   },
    {"a quoted localpart",         "\"q r\"@x b@x",         "||q r|x|\"q r\"@x\n||b|x|b@x\n"   },
    {"spaces around the @",        "a @ x b@x",             "||a|x|a @ x\n||b|x|b@x\n"         },
    {"brackets beside brackets",   "<a@x> <b@x>",           "||a|x|a@x\n||b|x|b@x\n"           },
    {"an address that is a name",  "a@x <b@x>",             "a@x||b|x|b@x\n"                   },
    {"dots within words",          "a.b c.d@x",             "||a.b||a.b\n||c.d|x|c.d@x\n"      },
    {"spaces around a dot",        "a@x b . c@x",           "||a|x|a@x\n||b.c|x|b . c@x\n"     },
    {"a semicolon",                "a@x;b@x",               "||a|x|a@x\n||b|x|b@x\n"           },
    {"a comment without an end",   "a@x (b@y",              "||a|x|a@x\n"                      },
};

static void show(struct span body, const struct header_address *element, char **to, char *end)
{
    int len;

    assert_true(element->first <= element->past && element->past <= body.len);
    if (element->kind == ADDRESS_GROUP_START)
        len = snprintf(*to, (size_t)(end - *to), "(%.*s\n", SPAN_PRINTF(element->localpart));
    else if (element->kind == ADDRESS_GROUP_END)
        len = snprintf(*to, (size_t)(end - *to), ")\n");
    else
        len = snprintf(*to, (size_t)(end - *to), "%.*s|%.*s|%.*s|%.*s|%.*s\n",
                       SPAN_PRINTF(element->display_name), SPAN_PRINTF(element->route),
                       SPAN_PRINTF(element->localpart), SPAN_PRINTF(element->domain),
                       (int)(element->past - element->first), body.data + element->first);
    *to += len;
}

typedef struct header_address *parse_list(struct arena *arena, struct span body, size_t limit,
                                          size_t *count_r);

static void read_list(const struct list_case *c, parse_list *parse)
{
    struct span input = unit_copy(span_text(c->input));
    struct arena *arena = arena_create();
    char shown[1024] = "";
    char *to = shown;
    size_t count;
    struct header_address *elements = parse(arena, input, 100, &count);

    for (size_t i = 0; i < count; i++)
        show(input, &elements[i], &to, shown + sizeof(shown));
    assert_string_equal(shown, c->expected);
    arena_free(&arena);
    free((void *)(uintptr_t)input.data);
}

static void list(void **state)
{
    read_list(*state, address_parse_list);
}

static void recipient_list(void **state)
{
    read_list(*state, address_parse_recipients);
}

static void list_limit(void **state UNUSED)
{
    struct arena *arena = arena_create();
    size_t count;

    (void)address_parse_list(arena, SPAN_LITERAL("g: a, b, c, d;"), 3, &count);
    assert_int_equal(count, 3);
    (void)address_parse_list(arena, SPAN_LITERAL("a, b"), 0, &count);
    assert_int_equal(count, 0);
    (void)address_parse_recipients(arena, SPAN_LITERAL("a b c d"), 3, &count);
    assert_int_equal(count, 3);
    arena_free(&arena);
}

/* A list is read in a time that grows with its length, whatever is repeated in it. */
static void list_is_linear(void **state UNUSED)
{
    static const char *const parts_of_it[] = {"<a,", "(",  "\"", "[",  "a:", "<\">\",",
                                              "@",   "\\", "(<", "a ", "a<", "<b>"};
    const size_t repeated = 200000;

    for (size_t i = 0; i < ARRAY_LENGTH(parts_of_it); i++) {
        struct arena *arena = arena_create();
        size_t len = strlen(parts_of_it[i]);
        char *body = arena_alloc(arena, len * repeated);
        size_t count;

        for (size_t n = 0; n < repeated; n++)
            memcpy(body + n * len, parts_of_it[i], len);
        (void)address_parse_list(arena, span_of(body, len * repeated), SIZE_MAX, &count);
        assert_true(count <= len * repeated);
        (void)address_parse_recipients(arena, span_of(body, len * repeated), SIZE_MAX, &count);
        assert_true(count <= len * repeated);
        arena_free(&arena);
    }
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(forms) + ARRAY_LENGTH(paths) + ARRAY_LENGTH(lists) +
                            ARRAY_LENGTH(recipients) + 4] = {
        cmocka_unit_test(parts),
        cmocka_unit_test(path_too_long),
        cmocka_unit_test(list_limit),
        cmocka_unit_test(list_is_linear),
    };
    size_t count = 4;

    UNIT_ADD_ROWS(tests, count, forms, both_forms);
    UNIT_ADD_ROWS(tests, count, paths, path);
    UNIT_ADD_ROWS(tests, count, lists, list);
    UNIT_ADD_ROWS(tests, count, recipients, recipient_list);
    return unit_run("message_address", tests, count);
}
