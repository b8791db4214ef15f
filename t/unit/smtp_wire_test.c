/* Content from the queue to the wire. */
#include "t/unit/unit.h"

#include "smtp/wire.h"

static const struct wire_case {
    const char *name;
    const char *content;
    bool stuff_dots;
    size_t line_limit;
    const char *wire;
} cases[] = {
    {"nothing",                              "",               true,  0, ".\r\n"                      },
    {"a line",                               "hi\n",           true,  0, "hi\r\n.\r\n"                },
    {"an empty line",                        "\n",             true,  0, "\r\n.\r\n"                  },
    {"a last line without its end",          "hi",             true,  0, "hi\r\n.\r\n"                },
    {"a leading dot is doubled",             ".hi\na.b\n..\n", true,  0, "..hi\r\na.b\r\n...\r\n.\r\n"},
    {"a dot alone",                          ".",              true,  0, "..\r\n.\r\n"                },
    {"no dots, as was promised",             "a\n",            false, 0, "a\r\n.\r\n"                 },
    {"a line of just the limit",             "1234\n",         true,  4, "1234\r\n.\r\n"              },
    {"a line over the limit",                "12345\n",        true,  4, "1234\r\n 5\r\n.\r\n"        },
    {"a line twice over the limit",          "12345678\n",     true,  4, "1234\r\n 567\r\n 8\r\n.\r\n"},
    {"a dot after a fold is no leading one", "1234.\n",        true,  4, "1234\r\n .\r\n.\r\n"        },
};

static void run_case(void **state)
{
    const struct wire_case *c = *state;
    struct span content = span_text(c->content);

    for (size_t block = 1; block <= content.len + 1; block++) {
        struct wire wire = {.stuff_dots = c->stuff_dots, .line_limit = c->line_limit};
        struct buf out = BUF(100);

        for (size_t at = 0; at < content.len; at += block) {
            struct span copy = unit_copy(span_first(span_skip(content, at), block));

            wire_put(&wire, copy, &out);
            free((void *)(uintptr_t)copy.data);
        }
        wire_finish(&wire, &out);
        assert_string_equal(buf_text(&out), c->wire);
        buf_release(&out);
    }
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("smtp wire", tests, used);
}
