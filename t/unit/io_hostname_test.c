/* What host names look like. */
#include "t/unit/unit.h"

#include "lib/io/hostname.h"

static const struct hostname_case {
    const char *name;
    const char *text;
    bool valid, qualified, literal;
} cases[] = {
    {"a name",                         "mx.example.test",                                                       true,  true,  false},
    {"one label",                      "localhost",                                                             true,  false, false},
    {"a root dot",                     "mx.test.",                                                              true,  true,  false},
    {"one label and a root dot",       "mx.",                                                                   true,  false, false},
    {"digits and hyphens",             "a-1.2b.test",                                                           true,  true,  false},
    {"an underscore occurs",           "a_b.test",                                                              true,  true,  false},
    {"nothing",                        "",                                                                      false, false, false},
    {"a dot",                          ".",                                                                     false, false, false},
    {"an empty label",                 "a..b",                                                                  false, false, false},
    {"an empty label at the end",      "a.b..",                                                                 false, false, false},
    {"a leading dot",                  ".a.b",                                                                  false, false, false},
    {"a leading hyphen",               "-a.b",                                                                  false, false, false},
    {"a hyphen at the end of a label", "a-.b",                                                                  false, false, false},
    {"other characters",               "a!b.test",                                                              false, false, false},
    {"a bare address",                 "192.0.2.1",                                                             false, false, false},
    {"a label of 63",                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test",  true,
     true,                                                                                                                    false},
    {"a label of 64",                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test",
     false,                                                                                                            false, false},
    {"an address literal",             "[192.0.2.1]",                                                           false, false, true },
    {"an IPv6 literal",                "[IPv6:2001:db8::1]",                                                    false, false, true },
    {"an IPv6 literal without a tag",  "[2001:db8::1]",                                                         false, false, false},
    {"an IPv4 literal with a tag",     "[IPv6:192.0.2.1]",                                                      false, false, false},
    {"a literal without an address",   "[foo]",                                                                 false, false, false},
    {"an empty literal",               "[]",                                                                    false, false, false},
    {"an open literal",                "[192.0.2.1",                                                            false, false, false},
};

static void run_case(void **state)
{
    const struct hostname_case *c = *state;
    struct span text = unit_copy(span_text(c->text));

    assert_int_equal(hostname_is_valid(text), c->valid);
    assert_int_equal(hostname_is_qualified(text), c->qualified);
    assert_int_equal(hostname_is_literal(text), c->literal);
    free((void *)(uintptr_t)text.data);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("smtpd hostname", tests, used);
}
