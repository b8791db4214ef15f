/* %-variables of settings. The user is Ana.Ruiz@Example.Test, n 255, the address 192.0.2.7. */
#include "t/unit/unit.h"

#include "lib/base/variables.h"

static const struct variables_case {
    const char *name;
    const char *format;
    const char *expanded; /* NULL: refused */
} cases[] = {
    {"text stays",                       "/srv/mail",                   "/srv/mail"                     },
    {"a letter",                         "/srv/%u/x",                   "/srv/Ana.Ruiz@Example.Test/x"  },
    {"two percent signs are one",        "100%%",                       "100%"                          },
    {"lower case",                       "%Lu",                         "ana.ruiz@example.test"         },
    {"upper case",                       "%Uu",                         "ANA.RUIZ@EXAMPLE.TEST"         },
    {"a long name",                      "%{user}",                     "Ana.Ruiz@Example.Test"         },
    {"a long name with a modifier",      "%L{user}",                    "ana.ruiz@example.test"         },
    {"filters, one after the other",     "%{user | username | lower}",  "ana.ruiz"                      },
    {"the domain of a name",             "%{user|domain}",              "Example.Test"                  },
    {"no domain, no text",               "%{n | domain}",               ""                              },
    {"hexadecimal of eight digits",      "%08Xn",                       "000000ff"                      },
    {"hexadecimal",                      "%Xn",                         "ff"                            },
    {"hexadecimal by a filter",          "%{n | hex(8)}",               "000000ff"                      },
    {"hexadecimal of what is no number", "%Xu",                         NULL                            },
    {"the first characters",             "%3u",                         "Ana"                           },
    {"characters from the middle",       "%4.4u",                       "Ruiz"                          },
    {"the last characters",              "%-4u",                        "Test"                          },
    {"backwards",                        "%Rn",                         "552"                           },
    {"LDAP's domain components",         "dc=%{user | domain | lower}", "dc=example.test"               },
    {"dots of a domain",                 "dc=%D{user}",                 "dc=Ana,dc=Ruiz@Example,dc=Test"},
    {"a variable that nobody knows",     "%q",                          NULL                            },
    {"a filter that nobody knows",       "%{user | rot13}",             NULL                            },
    {"a percent sign at the end",        "100%",                        NULL                            },
    {"a brace that stays open",          "%{user",                      NULL                            },
};

static bool get(void *context UNUSED, struct span name, struct buf *value)
{
    if (span_equal_text(name, "u") || span_equal_text(name, "user"))
        return buf_append_text(value, "Ana.Ruiz@Example.Test");
    return span_equal_text(name, "n") && buf_append_text(value, "255");
}

static void run_case(void **state)
{
    const struct variables_case *c = *state;
    struct buf out = BUF(100);
    struct error err = {0};

    assert_int_equal(variables_expand(c->format, get, NULL, &out, &err), c->expanded != NULL);
    if (c->expanded != NULL)
        assert_string_equal(buf_text(&out), c->expanded);
    else
        assert_int_equal(err.kind, ERROR_PERMANENT);
    buf_release(&out);
}

static void run_too_long(void **state UNUSED)
{
    struct buf out = BUF(10);
    struct error err = {0};

    assert_false(variables_expand("%u", get, NULL, &out, &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    buf_release(&out);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 1];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(run_too_long);
    return unit_run("variables", tests, used);
}
