/* Logical lines, and what they say: "key whitespace value", "name: value, value...". */
#include "lib/map/table_source.h"

#include "t/unit/unit.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct lines_case {
    const char *name;
    const char *source;
    const char *lines; /* each with a | behind it */
} lines_cases[] = {
    {"one line",                                     "a b\n",                   "a b|"       },
    {"the last line needs no end",                   "a b\nc d",                "a b|c d|"   },
    {"nothing at all",                               "",                        ""           },
    {"empty lines and comments are gone",            "\n  \n# x\na b\n\t# y\n", "a b|"       },
    {"white space continues a line",                 "a\n b\n\tc\nd e\n",       "a b\tc|d e|"},
    {"a comment does not end a line",                "a\n# x\n b\n",            "a b|"       },
    {"an empty line does not end a line",            "a\n\n b\n",               "a b|"       },
    {"a first line must not start with white space", "  a b\nc d\n",            "c d|"       },
    {"an octet 0 spoils its line only",              "a b\nc\1d\ne f\n",        "a b|e f|"   }, /* \1 stands for 0 */
    {"trailing comments belong to nobody",           "a b\n#\n#",               "a b|"       },
};

static void collect(struct map_lines *lines, char *text, size_t size)
{
    struct error err;
    struct span line;
    size_t used = 0;

    while (map_lines_next(lines, &line, &err)) {
        used += (size_t)snprintf(text + used, size - used, "%.*s|", SPAN_PRINTF(line));
        assert_true(used < size);
    }
    assert_int_equal(err.kind, ERROR_NONE);
}

static void run_lines(void **state)
{
    const struct lines_case *c = *state;
    char *source = strdup(c->source);
    char text[512] = "";
    struct map_lines lines;

    for (char *at = strchr(source, '\1'); at != NULL; at = strchr(at, '\1'))
        *at = '\0';
    map_lines_start_text(&lines, span_of(source, strlen(c->source)), "test");
    collect(&lines, text, sizeof(text));
    map_lines_release(&lines);
    free(source);
    assert_string_equal(text, c->lines);
}

static void run_file(void **state UNUSED)
{
    const size_t count = 40000; /* more than one block of a megabyte */
    int fd = memfd_create("lines", 0);
    char line[128];
    struct map_lines lines;
    struct span got;
    struct error err;

    for (size_t i = 0; i < count; i++) {
        int len = snprintf(line, sizeof(line), "key%zu@example.com\n  value %zu\n", i, i);

        assert_int_equal(write(fd, line, (size_t)len), len);
    }
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    map_lines_start(&lines, fd, "file");
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(line, sizeof(line), "key%zu@example.com  value %zu", i, i);
        assert_true(map_lines_next(&lines, &got, &err));
        assert_true(span_equal_text(got, line));
        assert_int_equal(lines.first, 2 * i + 1);
        assert_int_equal(lines.last, 2 * i + 2);
    }
    assert_false(map_lines_next(&lines, &got, &err));
    map_lines_release(&lines);
    close(fd);
}

static const struct split_case {
    const char *name;
    const char *line;
    const char *key, *value; /* NULL: malformed */
} split_cases[] = {
    {"a key and its value",                                    "key value",         "key",       "value"  },
    {"white space around the value is gone",                   "key\t  a value \t", "key",       "a value"},
    {"a quoted key may hold white space and keeps its quotes", "\"a b\"@x y",       "\"a b\"@x", "y"      },
    {"a backslash protects a quote",                           "a\\\"b c",          "a\\\"b",    "c"      },
    {"a backslash protects white space",                       "a\\ b c",           "a\\ b",     "c"      },
    {"quotes must be closed",                                  "\"a b",             NULL,        NULL     },
    {"a key alone is no entry",                                "key",               NULL,        NULL     },
    {"a key and white space is no entry",                      "key  ",             NULL,        NULL     },
};

static void run_split(void **state)
{
    const struct split_case *c = *state;
    struct span line = unit_copy(span_text(c->line));
    struct span key;
    struct span value;
    struct error err;

    assert_int_equal(map_line_split(line, &key, &value, &err), c->key != NULL);
    if (c->key != NULL) {
        assert_true(span_equal_text(key, c->key));
        assert_true(span_equal_text(value, c->value));
    } else {
        assert_int_equal(err.kind, ERROR_MALFORMED);
    }
    mem_free(line.data);
}

/* Of commas alone: each of them gets a blank. */
static void run_long_alias(void **state UNUSED)
{
    size_t len = MAP_LINE_MAX / 2 + 2;
    char *line = mem_alloc(len);
    struct buf key = BUF(MAP_LINE_MAX);
    struct buf value = BUF(TABLE_VALUE_MAX);
    struct error err = {.kind = ERROR_NONE};

    memset(line, ',', len);
    memcpy(line, "a:", 2);
    line[len - 1] = 'b';
    assert_true(table_parse_alias(NULL, span_of(line, len), &key, &value, &err));
    assert_int_equal(value.len, 2 * (len - 3) + 1);
    buf_release(&key);
    buf_release(&value);
    mem_free(line);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(lines_cases) + ARRAY_LENGTH(split_cases) + 2];
    size_t count = 0;

    UNIT_ADD_ROWS(tests, count, lines_cases, run_lines);
    UNIT_ADD_ROWS(tests, count, split_cases, run_split);
    tests[count++] = (struct CMUnitTest){.name = "a file of many blocks", .test_func = run_file};
    tests[count++] = (struct CMUnitTest){.name = "an alias whose value is longer than any line",
                                         .test_func = run_long_alias};
    return unit_run("lines", tests, count);
}
