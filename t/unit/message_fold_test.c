/* How address fields are laid out that were changed; what Postfix makes of the same is seen in
 * t/system/content-postfix.t. */
#include "t/unit/unit.h"

#include "lib/message/header_fold.h"

#define LONG  "a.name.of.thirty.octets.or.so@example.test"
#define THERE "someone@there.test"

static const struct fold_case {
    const char *name, *body, *folded;
} cases[] = {
    {"nothing",                            "",                                 "To: "                                      },
    {"one address",                        " a@b.test ",                       "To: a@b.test"                              },
    {"words have one space between them",  "A  \n name\t<a@b.test>",           "To: A name <a@b.test>"                     },
    {"and brackets a space before them",   "A<a@b.test>",                      "To: A <a@b.test>"                          },
    {"commas have one behind them",        "a@b.test,c@d.test ,\te@f.test",    "To: a@b.test, c@d.test, e@f.test"          },
    {"dots and @ have none",               "a . b @ c . test",                 "To: a.b@c.test"                            },
    {"a comment has one before it",        "a@b.test(x)(y)",                   "To: a@b.test (x) (y)"                      },
    {"but not behind brackets",            "<a@b.test> (x)",                   "To: <a@b.test>(x)"                         },
    {"a group",                            "g:a@b.test,c@d.test;",             "To: g: a@b.test, c@d.test;"                },
    {"an empty group",                     "undisclosed-recipients:;",         "To: undisclosed-recipients: ;"             },
    {"a group is an element of the list",  "g:a@b.test; c@d.test",             "To: g: a@b.test;, c@d.test"                },
    {"a route",                            "<@r.test,@s.test:a@b.test>",       "To: <@r.test, @s.test:a@b.test>"           },
    {"a quoted string stays",              "\"a,  b\" <c@d.test>, \"<\"@e.test", "To: \"a,  b\" <c@d.test>, \"<\"@e.test"    },
    {"on one line",                        "\"a\n b\" <c@d.test> (e\n f)",     "To: \"a  b\" <c@d.test>(e  f)"             },
    {"a literal stays",                    "a@[IPv6:2001:db8::7]",             "To: a@[IPv6:2001:db8::7]"                  },
    {"what does not end",                  "\"a, (b, c",                       "To: \"a, (b, c"                            },
    {"a comma at the end",                 "a@b.test,",                        "To: a@b.test,"                             },
    {"a line of 69 octets is long enough", LONG ", " THERE ",b",               "To: " LONG ", " THERE ", b"                },
    {"one of 70 is too long",              LONG ", " THERE ",bc",              "To: " LONG ", " THERE ",\n\tbc"            },
    {"a tab is no octet of its line",      LONG "," LONG "," THERE ",b1234",  "To: " LONG ",\n\t" LONG ", " THERE ", b1234"},
    {"nothing is cut",                     LONG LONG "," LONG,                 "To: " LONG LONG ",\n\t" LONG               },
};

static void run_case(void **state)
{
    const struct fold_case *c = *state;
    struct span body = unit_copy(span_text(c->body));
    struct buf out = BUF(1000);

    header_fold(SPAN_LITERAL("To"), body, &out);
    assert_string_equal(buf_text(&out), c->folded);
    buf_release(&out);
    free((void *)(uintptr_t)body.data);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("message fold", tests, used);
}
