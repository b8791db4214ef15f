/* The parameters of MAIL and RCPT. */
#include "t/unit/unit.h"

#include "lib/queue/parameters.h"
#include "lib/queue/queue_file.h"

#define MAIL PARAMETERS_OF_MAIL
#define RCPT PARAMETERS_OF_RCPT

static const struct refusal_case {
    const char *name;
    enum parameters_of of;
    const char *text;
    const char *refusal; /* NULL: accepted */
} refusals[] = {
    {"no parameters",                 MAIL, "",                                NULL                                           },
    {"a size",                        MAIL, "SIZE=10",                         NULL                                           },
    {"names without case",            MAIL, " size=10  body=8bitmime ",        NULL                                           },
    {"an empty size",                 MAIL, "SIZE=",                           "501 5.5.4 Bad message size syntax"            },
    {"a size in words",               MAIL, "SIZE=10x",                        "501 5.5.4 Bad message size syntax"            },
    {"a negative size",               MAIL, "SIZE=-1",                         "501 5.5.4 Bad message size syntax"            },
    {"a size past 63 bits",           MAIL, "SIZE=9223372036854775808",
     "552 5.3.4 Message size exceeds file system imposed limit"                                                               },
    {"a size past all bits",          MAIL, "SIZE=99999999999999999999999999",
     "552 5.3.4 Message size exceeds file system imposed limit"                                                               },
    {"BINARYMIME",                    MAIL, "BODY=BINARYMIME",                 "555 5.5.4 Unsupported option: BODY=BINARYMIME"},
    {"a parameter of nobody",         MAIL, "FOO=BAR",                         "555 5.5.4 Unsupported option: FOO=BAR"        },
    {"a parameter without its value", MAIL, "SIZE",                            "555 5.5.4 Unsupported option: SIZE"           },
    {"RCPT's parameter in MAIL",      MAIL, "NOTIFY=NEVER",
     "555 5.5.4 Unsupported option: NOTIFY=NEVER"                                                                             },
    {"MAIL's parameter in RCPT",      RCPT, "SIZE=1",                          "555 5.5.4 Unsupported option: SIZE=1"         },
    {"AUTH is taken and forgotten",   MAIL, "AUTH=<>",                         NULL                                           },
    {"XVERP by itself",               MAIL, "xverp SIZE=1",                    NULL                                           },
    {"XVERP with delimiters",         MAIL, "XVERP=-=",                        NULL                                           },
    {"what only begins so",           MAIL, "XVERPX",                          "555 5.5.4 Unsupported option: XVERPX"         },
    {"XVERP in RCPT",                 RCPT, "XVERP",                           "555 5.5.4 Unsupported option: XVERP"          },
    {"RET twice",                     MAIL, "RET=FULL RET=HDRS",               "501 5.5.4 Bad RET parameter syntax"           },
    {"RET that is neither",           MAIL, "RET=HALF",                        "501 5.5.4 Bad RET parameter syntax"           },
    {"ENVID twice",                   MAIL, "ENVID=a ENVID=a",                 "501 5.5.4 Bad ENVID parameter syntax"         },
    {"ENVID without anything",        MAIL, "ENVID=",                          "501 5.5.4 Bad ENVID parameter syntax"         },
    {"ENVID with broken xtext",       MAIL, "ENVID=a+4",                       "501 5.5.4 Bad ENVID parameter syntax"         },
    {"ENVID with lower-case hex",     MAIL, "ENVID=a+4a",                      "501 5.5.4 Bad ENVID parameter syntax"         },
    {"ENVID that hides a line end",   MAIL, "ENVID=a+0A",                      "501 5.5.4 Bad ENVID parameter syntax"         },
    {"NEVER with another",            RCPT, "NOTIFY=NEVER,DELAY",
     "501 5.5.4 Error: Bad NOTIFY parameter syntax"                                                                           },
    {"another with NEVER",            RCPT, "NOTIFY=DELAY,NEVER",
     "501 5.5.4 Error: Bad NOTIFY parameter syntax"                                                                           },
    {"an empty NOTIFY",               RCPT, "NOTIFY=",                         "501 5.5.4 Error: Bad NOTIFY parameter syntax" },
    {"NOTIFY twice",                  RCPT, "NOTIFY=DELAY NOTIFY=DELAY",
     "501 5.5.4 Error: Bad NOTIFY parameter syntax"                                                                           },
    {"ORCPT without a type",          RCPT, "ORCPT=bob",                       "501 5.5.4 Error: Bad ORCPT parameter syntax"  },
    {"ORCPT with an empty address",   RCPT, "ORCPT=rfc822;",                   NULL                                           },
    {"ORCPT with broken xtext",       RCPT, "ORCPT=rfc822;a+zz",
     "501 5.5.4 Error: Bad ORCPT parameter syntax"                                                                            },
};

static const char *parse(struct arena *arena, enum parameters_of of, const char *text, bool dsn,
                         struct parameters *parameters_r)
{
    struct span copy = unit_copy(span_text(text));
    const char *refusal = parameters_parse(arena, of, copy, dsn, parameters_r);

    free((void *)(uintptr_t)copy.data);
    return refusal;
}

static void run_refusal(void **state)
{
    const struct refusal_case *c = *state;
    struct arena *arena = arena_create();
    struct parameters parameters;
    const char *refusal = parse(arena, c->of, c->text, true, &parameters);

    if (c->refusal == NULL)
        assert_null(refusal);
    else
        assert_string_equal(refusal, c->refusal);
    arena_free(&arena);
}

static void values_arrive_decoded(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct parameters p;

    assert_null(parse(arena, MAIL, "SIZE=9223372036854775807 BODY=8BITMIME RET=HDRS ENVID=a+2Bb",
                      true, &p));
    assert_int_equal(p.size, INT64_MAX);
    assert_true(p.eight_bit);
    assert_int_equal(p.dsn_ret, 'H');
    assert_string_equal(p.dsn_envid, "a+b");
    assert_null(p.verp);
    assert_null(parse(arena, MAIL, "xVerp", true, &p));
    assert_string_equal(p.verp, "xVerp");
    assert_null(p.verp_delimiters);
    assert_null(parse(arena, MAIL, "XVERP=", true, &p));
    assert_string_equal(p.verp_delimiters, "");
    assert_null(parse(arena, RCPT, "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;al+2Bx@a.test", true, &p));
    assert_int_equal(p.dsn_notify, NOTIFY_SUCCESS | NOTIFY_DELAY);
    assert_string_equal(p.dsn_orcpt, "rfc822;al+x@a.test");
    arena_free(&arena);
}

static void what_is_not_announced_is_refused(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct parameters p;

    assert_string_equal(parse(arena, MAIL, "RET=FULL", false, &p),
                        "501 5.7.1 DSN support is disabled");
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(refusals) + 2] = {
        cmocka_unit_test(values_arrive_decoded),
        cmocka_unit_test(what_is_not_announced_is_refused),
    };
    size_t used = 2;

    UNIT_ADD_ROWS(tests, used, refusals, run_refusal);
    return unit_run("smtpd parameters", tests, used);
}
