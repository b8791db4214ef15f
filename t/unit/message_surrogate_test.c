/* Headers for readers of ASCII. */
#include "t/unit/unit.h"

#include "lib/message/surrogate.h"

#define NOBODY "<invalid@internationalized-address.invalid>"

static const struct surrogate_case {
    const char *name;
    const char *header;
    const char *wanted; /* NULL: as it was */
} cases[] = {
    {"ASCII stays as it is, folds too",                     "From: a@b.test\r\nSubject: x\r\n\ty\r\n\r\n",                          NULL                                                                                               },
    {"a header without an end",                             "Subject: x",                                                           NULL                                                                                               },
    {"a subject becomes an encoded word",
     "Subject: Gr\xc3\xbc\xc3\x9f"
     "e\n\n",                                                                                                                       "Subject: =?utf-8?B?R3LDvMOfZQ==?=\n\n"                                                            },
    {"words in ASCII stay readable",                        "Subject: one f\xc3\xbcr two\n\n",
     "Subject: one =?utf-8?B?ZsO8cg==?= two\n\n"                                                                                                                                                                                       },
    {"the space between two words is kept in them",         "Subject: \xc3\xa4  \xc3\xb6 x\n\n",
     "Subject: =?utf-8?B?w6QgIMO2?= x\n\n"                                                                                                                                                                                             },
    {"folds go",                                            "Subject: \xc3\xa4\n b\n\n",                                            "Subject: =?utf-8?B?w6Q=?= b\n\n"                                                                  },
    {"octets that are not UTF-8 are of an unknown charset", "Subject: f\xfcr\n\n",
     "Subject: =?unknown-8bit?B?Zvxy?=\n\n"                                                                                                                                                                                            },
    {"a long word is cut between characters",
     "Subject: "
     "x\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
     "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\n\n",                                                "Subject: =?utf-8?B?eMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q=?=\n"
     " =?utf-8?B?w6TDpMOkw6Q=?=\n\n"                                                                                     },
    {"long lines are folded",
     "Subject: \xc3\xa4 1234567890 1234567890 1234567890 1234567890 1234567890 1234567890\n\n",                                     "Subject: =?utf-8?B?w6Q=?= 1234567890 1234567890 1234567890 1234567890\n 1234567890 1234567890\n\n"},
    {"the name of somebody whose address is ASCII",         "From: J\xc3\xbcrgen <j@x.test>\n\n",
     "From: =?utf-8?B?SsO8cmdlbg==?= <j@x.test>\n\n"                                                                                                                                                                                   },
    {"an address that cannot be shown keeps its name",
     "From: Fred Foo <fr\xc3\xa9"
     "d@x.test>\n\n",                                                                                                               "From: Fred Foo " NOBODY "\n\n"                                                                    },
    {"or becomes one",
     "To: fr\xc3\xa9"
     "d@x.test\n\n",                                                                                                                "To: =?utf-8?B?ZnLDqWRAeC50ZXN0?= " NOBODY "\n\n"                                                  },
    {"a domain that cannot be shown",                       "To: a@\xc3\xa9.test\n\n",
     "To: =?utf-8?B?YUDDqS50ZXN0?= " NOBODY "\n\n"                                                                                                                                                                                     },
    {"others in the list stay who they are",
     "Cc: a@x.test, \"B, C\" <b@x.test>,\n \xc3\xa9@x.test, \"d e\"@x.test\n\n",                                                    "Cc: <a@x.test>, \"B, C\" <b@x.test>, =?utf-8?B?w6lAeC50ZXN0?=\n " NOBODY
     ", <\"d e\"@x.test>\n\n"                                                                                                                          },
    {"a group",                                             "To: Fre\xc3\xb1os: a@x.test, \xc3\xa9@x.test;, b@x.test\n\n",
     "To: =?utf-8?B?RnJlw7Fvcw==?=: <a@x.test>, =?utf-8?B?w6lAeC50ZXN0?=\n " NOBODY
     ";, <b@x.test>\n\n"                                                                                                                                                                                                               },
    {"a group with nobody in it",                           "To: \xc3\xa9:;\n\n",                                                   "To: =?utf-8?B?w6k=?=:;\n\n"                                                                       },
    {"nothing but a comment is no address",                 "To: (\xc3\xa9)\nX: y\n\n",                                             "X: y\n\n"                                                                                         },
    {"a parameter that cannot be shown is left out",
     "Content-Disposition: attachment; filename=\xc3\xa9.pdf; size=3\n\n",                                                          "Content-Disposition: attachment; size=\"3\"\n\n"                                                  },
    {"of the type as well",                                 "Content-Type: text/plain; charset=\"utf-8\";\n name=\"\xc3\xa9\"\n\n",
     "Content-Type: text/plain; charset=\"utf-8\"\n\n"                                                                                                                                                                                 },
    {"what has no form in ASCII is left out",
     "X-Place: \xc3\xa9\nReceived: by x for <\xc3\xa9@x.test>\nDate: now\n\n",                                                      "Date: now\n\n"                                                                                    },
    {"so is what is no field",                              "From x\nS\xc3\xa9 : a\n\xc3\xa9\n b\nA: b\n\n",                        "From x\nA: b\n\n"                                                                                 },
    {"CRLF stays where the field stays",                    "A: b\r\nSubject: \xc3\xa9\r\nC: d\r\n\r\n",
     "A: b\r\nSubject: =?utf-8?B?w6k=?=\nC: d\r\n\r\n"                                                                                                                                                                                 },
};

static void run_case(void **state)
{
    const struct surrogate_case *c = *state;
    struct span header = unit_copy(span_text(c->header));
    struct buf out = BUF(10000);

    assert_int_equal(surrogate_is_needed(header), c->wanted != NULL);
    surrogate_put_header(&out, header);
    assert_string_equal(buf_text(&out), c->wanted == NULL ? c->header : c->wanted);
    buf_release(&out);
    free((void *)(uintptr_t)header.data);
}

static void is_due_for_international_addresses_alone(void **state UNUSED)
{
    static const struct {
        const char *header;
        bool is_due;
    } rows[] = {
        {"From: a@x.test\nSubject: x\n\n",                            false},
        {"Subject: \xc3\xa9\nX-Place: \xc3\xa9@x.test\n\n",           false},
        {"From: J\xc3\xbcrgen <j@x.test>\n\n",                        false},
        {"From: a@x.test\nTo: b@x.test, \xc3\xa9@x.test\n\n",         true },
        {"resent-cc: Fred\n <a@\xc3\xa9.test>\n\n",                   true },
        {"From: \xe9@x.test\n\n",                                     false},
        {"From: \xc3\xa9@x.test\nSubject: but not all is UTF-8 \xe9\n\n", false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        assert_int_equal(surrogate_is_due(span_text(rows[i].header)), rows[i].is_due);
}

/* Wherever the one octet stands. */
static void finds_each_octet(void **state UNUSED)
{
    char text[40];

    for (size_t len = 1; len <= sizeof(text); len++)
        for (size_t at = 0; at < len; at++) {
            struct span copy;

            memset(text, 0x7f, sizeof(text));
            text[at] = (char)0x80;
            copy = unit_copy(span_of(text, len));
            assert_true(surrogate_is_needed(copy));
            assert_false(surrogate_is_needed(span_first(copy, at)));
            free((void *)(uintptr_t)copy.data);
        }
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 2];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(finds_each_octet);
    tests[used++] =
        (struct CMUnitTest)cmocka_unit_test(is_due_for_international_addresses_alone);
    return unit_run("message surrogate", tests, used);
}
