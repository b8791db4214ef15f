/* The items of alias values and .forward files: aliases(5). */
#include "t/unit/unit.h"

#include "lib/delivery/alias_item.h"

static const struct item_case {
    const char *name;
    const char *value;
    const char *items[4];
} cases[] = {
    {"addresses, separated by commas",       "ana, luis ,eva",               {"ana", "luis", "eva"}       },
    {"lines are items too",                  "ana\nluis\n",                  {"ana", "luis"}              },
    {"a comment is a whole line",            "# ana, \"luis\n eva\n  #x, y", {"eva"}                      },
    {"a number sign within a line is none",  "ana, #luis",                   {"ana", "#luis"}             },
    {"a command in quotes keeps its commas", "\"|cmd a,b\", ana",            {"|cmd a,b", "ana"}          },
    {"quotes inside a quoted command",       "\"|cmd \\\"x y\\\"\"",         {"|cmd \"x y\""}             },
    {"quotes behind the bar of a command",   "|\"cmd a,b\", ana",            {"|cmd a,b", "ana"}          },
    {"blanks before them",                   "|  \"cmd \\\"x y\\\"\"",       {"|cmd \"x y\""}             },
    {"those that never end",                 "|\"cmd a",                     {"|cmd a"}                   },
    {"quotes within a command stay",         "|cmd \"a b\"",                 {"|cmd \"a b\""}             },
    {"what follows them, too",               "|\"cmd a\" b",                 {"|\"cmd a\" b"}             },
    {"nothing but a bar",                    "|",                           {"|"}                        },
    {"a command without quotes",             "|/bin/cmd arg",                {"|/bin/cmd arg"}            },
    {"a comma in a display name",            "\"Doe, Ana\" <ana@x.test>",    {"\"Doe, Ana\" <ana@x.test>"}},
    {"a comma in a comment",                 "ana (one, two), luis",         {"ana (one, two)", "luis"}   },
    {"a list file",                          ":include:/etc/list",           {":include:/etc/list"}       },
    {"a backslash before a name stays",      "\\ana",                        {"\\ana"}                    },
    {"quotes that never end",                "\"|cmd",                       {"|cmd"}                     },
    {"a backslash at the very end",          "ana\\",                        {"ana\\"}                    },
};

static void run_case(void **state)
{
    const struct item_case *c = *state;
    struct arena *arena = arena_create();
    struct span value = unit_copy(span_text(c->value)), rest = value;
    size_t count = 0;

    while (rest.len > 0) {
        struct span line = alias_line_take(&rest);
        while (line.len > 0) {
            struct span item = alias_item_take(&line);
            if (item.len > 0)
                assert_string_equal(alias_item_text(arena, item), c->items[count++]);
        }
    }
    assert_true(count == 4 || c->items[count] == NULL);
    free((void *)(uintptr_t)value.data);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("items of aliases", tests, used);
}
