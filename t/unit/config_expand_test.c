/* Expansion of $name: what each form is worth, as Postfix has it. */
#include "t/unit/unit.h"

#include "lib/config/config.h"
#include "lib/config/expand.h"

static const char *look_up(void *context UNUSED, const char *name)
{
    return strcmp(name, "v") == 0       ? "val"
           : strcmp(name, "blank") == 0 ? ""
           : strcmp(name, "bad") == 0   ? "a;b c"
                                        : NULL;
}

static const struct expand_case {
    const char *name;
    const char *text;
    const char *expanded; /* NULL: malformed */
} cases[] = {
    {"text without a reference is itself",          "{a} b",                                              "{a} b"               },
    {"a name ends where letters, digits and _ end", "$v.x $v-x $v/$v,",                                   "val.x val-x val/val,"},
    {"an underscore belongs to the name",           "$v_x|",                                              "|"                   },
    {"braces and parentheses",                      "${v}x $(v)x",                                        "valx valx"           },
    {"blanks around a name",                        "${ v }|$( v )|",                                     "val|val|"            },
    {"two dollars are one",                         "$$v $v$$",                                           "$v val$"             },
    {"an unknown name is empty",                    "<$nope>",                                            "<>"                  },
    {"text for a name with a value",                "${v?x}|${blank?x}|${nope?x}|",                       "x|||"                },
    {"text for a name without one",                 "${v:x}|${blank:x}|${nope:x}|",                       "|x|x|"               },
    {"both",                                        "${v?{x y}:{z}}|${blank?{x}:{z}}|",                   "x y|z|"              },
    {"both, with blanks around the parts",          "${v ? {x} : {z} }|",                                 "x|"                  },
    {"the second text needs no braces",             "${v?{x}:y}|${blank?{x}:y}|",                         "x|y|"                },
    {"blanks in braces are text",                   "a${v?{ x }}b",                                       "a x b"               },
    {"blanks in text without braces too",           "a${v?  x  y }b",                                     "a  x  y b"           },
    {"references inside a text",                    "${v?${v}y}|${v?$blank}|",                            "valy||"              },
    {"braces inside a text",                        "${v?x{a}b}",                                         "x{a}b"               },
    {"a question mark inside a text",               "${v??}",                                             "?"                   },
    {"other brackets inside a text",                "${v?a$(blank)b)c}|$(v?a}b)|$(v?a(b)c)",              "ab)c|a}b|a(b)c"      },
    {"empty texts",                                 "${v?}|${v:}|${v?{}}|",                               "|||"                 },
    {"equal texts",                                 "${{$v} == {val} ? {x} : {y}}",                       "x"                   },
    {"unequal texts",                               "${{$v} != {val} ? {x} : {y}}",                       "y"                   },
    {"no blanks around the operator",               "${{$v}=={val}?{x}:{y}}",                             "x"                   },
    {"a comparison alone is true or empty",         "${{$v} == {val}}|${{$v} == {no}}|",                  "true||"              },
    {"only the text for true",                      "${{$v} == {val} ? {x}}|${{$v} == {no} ? {x}}|",      "x||"                 },
    {"only the text for false",                     "${{$v} == {no} : {x}}",                              "x"                   },
    {"texts without braces run to the end",         "${{$v} == {val} ? x : y}",                           " x : y"              },
    {"numbers compare as numbers",                  "${{10} < {9} ? {x} : {y}}",                          "y"                   },
    {"anything else as text",                       "${{10a} < {9} ? {x} : {y}}",                         "x"                   },
    {"leading zeros do not count",                  "${{1} == {01} ? {x} : {y}}",                         "x"                   },
    {"<= and >=",                                   "${{a} <= {a} ? {x} : {y}}${{2} >= {3} ? {x} : {y}}", "xy"                  },
    {"> and <",                                     "${{b} > {a} ? {x} : {y}}${{3} < {2} ? {x} : {y}}",   "xy"                  },
    {"blanks in operands count",                    "${{a  b} == {a b} ? {x} : {y}}",                     "y"                   },
    {"empty operands",                              "${{} == {} ? {x} : {y}}",                            "x"                   },
    {"references in operands",                      "${{${v?{1}:{2}}} == {1} ? {$v} : {y}}",              "val"                 },
    {"levels compare part by part",                 "${{3.10} <level {3.9} ? {lt} : {ge}}",               "ge"                  },
    {"missing parts of a level are zero",           "${{3} ==level {3.0.0} ? {x} : {y}}",                 "x"                   },
    {"a level ahead of all",                        "${{9999} >level {3.11} ? {x} : {y}}",                "x"                   },
    {"a lone dollar",                               "a$",                                                 NULL                  },
    {"a dollar before a blank",                     "a$ v",                                               NULL                  },
    {"a dollar before a dot",                       "$.",                                                 NULL                  },
    {"an empty reference",                          "a${}b",                                              NULL                  },
    {"an open brace",                               "${v",                                                NULL                  },
    {"the wrong bracket",                           "$(v}",                                               NULL                  },
    {"an open brace in a text",                     "${v?a{b}",                                           NULL                  },
    {"a name with a dot",                           "${a.b}",                                             NULL                  },
    {"a reference as name",                         "${$v}",                                              NULL                  },
    {"parentheses in parentheses",                  "$((v))",                                             NULL                  },
    {"an unknown operator",                         "${v!x}",                                             NULL                  },
    {"a single equals sign",                        "${{$v} = {val} ? {x} : {y}}",                        NULL                  },
    {"an operand without comparison",               "${{a}}",                                             NULL                  },
    {"two texts without colon",                     "${v?{x} {y}}",                                       NULL                  },
    {"a third text",                                "${blank:{x}:{y}}",                                   NULL                  },
    {"a level with letters",                        "${{3.x} <level {3} ? {x} : {y}}",                    NULL                  },
    {"a level of four parts",                       "${{3.1.2.3} <level {3} ? {x} : {y}}",                NULL                  },
    {"a level with an empty part",                  "${{3.} <level {3} ? {x} : {y}}",                     NULL                  },
    {"a level without any",                         "${{} <level {3} ? {x} : {y}}",                       NULL                  },
};

static void run_case(void **state)
{
    const struct expand_case *c = *state;
    struct span copy = unit_copy(span_of(c->text, strlen(c->text) + 1));
    struct buf out = BUF(1024);
    struct error err = {0};
    bool done = config_expand(copy.data, look_up, NULL, NULL, &out, &err);

    assert_int_equal(done, c->expanded != NULL);
    if (done)
        assert_string_equal(buf_text(&out), c->expanded);
    else
        assert_int_equal(err.kind, ERROR_PERMANENT);
    buf_release(&out);
    mem_free(copy.data);
}

static void filter_applies_to_values(void **state UNUSED)
{
    struct buf out = BUF(1024);

    assert_true(config_expand("; $bad;", look_up, NULL, "abc", &out, NULL));
    assert_string_equal(buf_text(&out), "; a_b_c;");
    buf_release(&out);
}

static void limit_is_obeyed(void **state UNUSED)
{
    struct buf out = BUF(5);
    struct error err = {0};

    assert_false(config_expand("$v$v", look_up, NULL, NULL, &out, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    buf_release(&out);
}

static void depth_is_limited(void **state UNUSED)
{
    struct buf text = BUF(100000);
    struct buf out = BUF(1024);
    struct error err = {0};

    for (int i = 0; i < 10000; i++)
        buf_put_text(&text, "${v?");
    for (int i = 0; i < 10000; i++)
        buf_put_text(&text, "}");
    assert_false(config_expand(buf_text(&text), look_up, NULL, NULL, &out, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    buf_release(&text);
    buf_release(&out);
}

static bool note(void *context, struct span name, const char **value_r UNUSED,
                 struct error *err UNUSED)
{
    return buf_append_span(context, name) && buf_append_char(context, ' ');
}

static void visitor_sees_names_in_all_choices(void **state UNUSED)
{
    struct buf names = BUF(1024);

    assert_true(expand(span_text("$a ${b?{$c}:{$d}} ${{$e} == {$f} ? {$g} : {$h}} $$i"), note,
                       &names, NULL, NULL, NULL));
    assert_string_equal(buf_text(&names), "a b c d e f g h ");
    buf_release(&names);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 4];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(filter_applies_to_values);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(limit_is_obeyed);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(depth_is_limited);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(visitor_sees_names_in_all_choices);
    return unit_run("expansion", tests, used);
}
