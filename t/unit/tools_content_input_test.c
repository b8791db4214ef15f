/* What sendmail(1) makes of its standard input: lines, their ends, and the end of all. */
#include "t/unit/unit.h"

#include "lib/base/file.h"
#include "tools/content_input.h"

#include <sys/mman.h>
#include <unistd.h>

static const struct input_case {
    const char *name;
    enum line_ends line_ends;
    bool dot_ends;
    const char *input;
    const char *content;
} cases[] = {
    {"lines with LF",                       LINE_ENDS_ALWAYS, true,  "a\nb\n",          "a\nb\n"       },
    {"lines with CRLF",                     LINE_ENDS_ALWAYS, true,  "a\r\nb\r\n",      "a\nb\n"       },
    {"both",                                LINE_ENDS_ALWAYS, true,  "a\nb\r\n\r\nc\n", "a\nb\n\nc\n"  },
    {"a CR that ends nothing",              LINE_ENDS_ALWAYS, true,  "a\rb\n\r\rc\n",   "a\rb\n\r\rc\n"},
    {"two CRs before the LF",               LINE_ENDS_ALWAYS, true,  "a\r\r\n\r\r\n",   "a\n\n"        },
    {"no end of the last line",             LINE_ENDS_ALWAYS, true,  "a\nb",            "a\nb\n"       },
    {"nothing",                             LINE_ENDS_ALWAYS, true,  "",                ""             },
    {"a dot ends it",                       LINE_ENDS_ALWAYS, true,  "a\n.\nb\n",       "a\n"          },
    {"a dot with CRLF ends it",             LINE_ENDS_ALWAYS, true,  "a\r\n.\r\nb\r\n", "a\n"          },
    {"a dot at the very end ends it",       LINE_ENDS_ALWAYS, true,  "a\n.",            "a\n"          },
    {"a dot and more does not",             LINE_ENDS_ALWAYS, true,  "a\n..\n.b\n",     "a\n..\n.b\n"  },
    {"a dot does not, with -i",             LINE_ENDS_ALWAYS, false, "a\n.\nb\n",       "a\n.\nb\n"    },
    {"strict, and the first line has CRLF", LINE_ENDS_STRICT, true,  "a\r\nb\nc\r\n",   "a\nb\nc\n"    },
    {"strict, and the first line has LF",   LINE_ENDS_STRICT, true,  "a\nb\r\nc\n",     "a\nb\r\nc\n"  },
    {"never",                               LINE_ENDS_NEVER,  true,  "a\r\nb\r\n",      "a\r\nb\r\n"   },
};

static struct buf read_all(struct span octets, enum line_ends line_ends, bool dot_ends)
{
    struct content_input input = {
        .fd = memfd_create("input", MFD_CLOEXEC),
        .line_ends = line_ends,
        .dot_ends = dot_ends,
        .buffer = BUF(CONTENT_INPUT_SIZE),
    };
    struct buf content = BUF(BUF_UNLIMITED);
    struct span line;

    assert_true(write_all(input.fd, octets));
    assert_int_equal(lseek(input.fd, 0, SEEK_SET), 0);
    do {
        assert_true(content_input_next(&input, &line));
        buf_put(&content, line);
    } while (line.len > 0);
    buf_release(&input.buffer);
    close(input.fd);
    return content;
}

static void content(void **state)
{
    const struct input_case *c = *state;
    struct buf got = read_all(span_text(c->input), c->line_ends, c->dot_ends);

    assert_true(span_equal_text(buf_span(&got), c->content));
    buf_release(&got);
}

/* A line of any length stays whole, wherever its end falls in the buffer; a dot in it is no end. */
static void long_lines(void **state UNUSED)
{
    for (size_t len = CONTENT_INPUT_SIZE - 5; len < CONTENT_INPUT_SIZE + 5; len++) {
        struct buf input = BUF(BUF_UNLIMITED);
        struct buf got;

        for (size_t i = 0; i < len; i++)
            buf_put_char(&input, '.');
        buf_put_text(&input, "\r\n.x\r\n");
        got = read_all(buf_span(&input), LINE_ENDS_ALWAYS, true);
        assert_int_equal(got.len, len + 4);
        assert_memory_equal(got.data + len, "\n.x\n", 4);
        buf_release(&input);
        buf_release(&got);
    }
}

static void read_error(void **state UNUSED)
{
    struct content_input input = {.fd = -1, .buffer = BUF(CONTENT_INPUT_SIZE)};
    struct span line;

    assert_false(content_input_next(&input, &line));
    assert_int_equal(errno, EBADF);
    buf_release(&input.buffer);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 2] = {
        cmocka_unit_test(long_lines),
        cmocka_unit_test(read_error),
    };
    size_t count = 2;

    UNIT_ADD_ROWS(tests, count, cases, content);
    return unit_run("tools_content_input", tests, count);
}
