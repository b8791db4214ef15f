/* Replies of SMTP servers. */
#include "t/unit/unit.h"

#include "smtp/reply.h"

static const struct reply_case {
    const char *name;
    const char *lines[3];
    enum parse_result result; /* of the last line */
    int code;
    const char *status;
    const char *text;
    const char *rest; /* of the last line */
} cases[] = {
    {"a plain reply",                    {"250 Ok"},    PARSE_DONE,      250, "2.0.0", "250 Ok",                       "Ok"},
    {"a code alone",                     {"250"},       PARSE_DONE,      250, "2.0.0", "250",                          ""  },
    {"a code and a space",               {"250 "},      PARSE_DONE,      250, "2.0.0", "250 ",                         ""  },
    {"an enhanced status",
     {"550 5.1.1 nobody"},
     PARSE_DONE,                                                         550,
     "5.1.1",                                                                          "550 5.1.1 nobody",
     "nobody"                                                                                                              },
    {"a status alone",                   {"250 2.1.0"}, PARSE_DONE,      250, "2.1.0", "250 2.1.0",                    ""  },
    {"a status of three digits each",
     {"450 4.200.300 x"},
     PARSE_DONE,                                                         450,
     "4.200.300",                                                                      "450 4.200.300 x",
     "x"                                                                                                                   },
    {"a status of another class",
     {"450 5.1.1 x"},
     PARSE_DONE,                                                         450,
     "4.0.0",                                                                          "450 5.1.1 x",
     "5.1.1 x"                                                                                                             },
    {"no status: a version number",
     {"250 2.1.0-beta"},
     PARSE_DONE,                                                         250,
     "2.0.0",                                                                          "250 2.1.0-beta",
     "2.1.0-beta"                                                                                                          },
    {"no status: too many digits",
     {"550 5.1.1234 x"},
     PARSE_DONE,                                                         550,
     "5.0.0",                                                                          "550 5.1.1234 x",
     "5.1.1234 x"                                                                                                          },
    {"several lines",
     {"250-mx.test", "250-SIZE", "250 DSN"},
     PARSE_DONE,                                                         250,
     "2.0.0",                                                                          "250-mx.test 250-SIZE 250 DSN",
     "DSN"                                                                                                                 },
    {"the last line decides",
     {"250-5.1.1 x", "550 5.7.1 y"},
     PARSE_DONE,                                                         550,
     "5.7.1",                                                                          "250-5.1.1 x 550 5.7.1 y",
     "y"                                                                                                                   },
    {"more lines follow",
     {"250-mx.test"},
     PARSE_INCOMPLETE,                                                   250,
     "2.0.0",                                                                          "250-mx.test",
     "mx.test"                                                                                                             },
    {"no number",                        {"hello"},     PARSE_MALFORMED, 0,   "",      "hello",                        ""  },
    {"too short",                        {"25"},        PARSE_MALFORMED, 0,   "",      "25",                           ""  },
    {"an empty line",                    {""},          PARSE_MALFORMED, 0,   "",      "",                             ""  },
    {"a code that SMTP does not have",   {"150 wait"},  PARSE_MALFORMED, 0,   "",      "150 wait",                     ""  },
    {"four digits",                      {"2500 x"},    PARSE_MALFORMED, 0,   "",      "2500 x",                       ""  },
    {"control characters are not shown",
     {"250 a\tb\033c"},
     PARSE_DONE,                                                         250,
     "2.0.0",                                                                          "250 a?b?c",
     "a\tb\033c"                                                                                                           },
};

static enum parse_result add(struct reply *reply, const char *line, char *rest_r, size_t size)
{
    struct span copy = unit_copy(span_text(line));
    struct span text;
    enum parse_result result = reply_add_line(reply, copy, &text);

    assert_true(text.len < size);
    if (text.len > 0)
        memcpy(rest_r, text.data, text.len);
    rest_r[text.len] = '\0';
    free((void *)(uintptr_t)copy.data);
    return result;
}

static void run_case(void **state)
{
    const struct reply_case *c = *state;
    struct reply reply = {0};
    char rest[100] = "";
    enum parse_result result = PARSE_INCOMPLETE;

    for (size_t i = 0; i < ARRAY_LENGTH(c->lines) && c->lines[i] != NULL; i++) {
        assert_int_equal(result, PARSE_INCOMPLETE);
        result = add(&reply, c->lines[i], rest, sizeof(rest));
    }
    assert_int_equal(result, c->result);
    assert_int_equal(reply.code, c->code);
    assert_string_equal(reply.status, c->status);
    assert_string_equal(buf_text(&reply.text), c->text);
    assert_string_equal(rest, c->rest);
    reply_release(&reply);
}

static void endless_replies_end(void **state UNUSED)
{
    struct reply reply = {0};
    char rest[2000];
    char line[1500] = "250-";
    enum parse_result result = PARSE_INCOMPLETE;
    unsigned lines = 0;

    memset(line + 4, 'x', sizeof(line) - 5);
    while (result == PARSE_INCOMPLETE && lines++ < 10000)
        result = add(&reply, line, rest, sizeof(rest));
    assert_int_equal(result, PARSE_TOO_BIG);
    assert_int_equal(reply.text.len, REPLY_TEXT_MAX);
    reply_release(&reply);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 1] = {cmocka_unit_test(endless_replies_end)};
    size_t used = 1;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("smtp reply", tests, used);
}
