/* smtpd's conversion of content: cases by hand, and a slow reference over random input. */
#include "t/unit/unit.h"

#include "smtpd/convert.h"

#include <stdio.h>

static const struct convert_case {
    const char *name;
    const char *wire;
    unsigned options;
    const char *queue;
    size_t used; /* octets taken from the wire; 0: all, and the message has not ended */
} cases[] = {
    {"an empty message",                       ".\r\n",                  CONVERT_DOTS,                   "",          3 },
    {"a line and the end",                     "hi\r\n.\r\n",            CONVERT_DOTS,                   "hi\n",      7 },
    {"what follows the end is left alone",     "hi\r\n.\r\nQUIT\r\n",    CONVERT_DOTS,                   "hi\n",      7 },
    {"a stuffed dot",                          "..\r\n.\r\n",            CONVERT_DOTS,                   ".\n",       7 },
    {"a dot before text goes",                 ".hi\r\n.\r\n",           CONVERT_DOTS,                   "hi\n",      8 },
    {"a dot within a line stays",              "a.b\r\n.\r\n",           CONVERT_DOTS,                   "a.b\n",     8 },
    {"LF . LF is no end",                      "a\n.\nb\r\n.\r\n",       CONVERT_DOTS,                   "a\n.\nb\n", 10},
    {"LF . CRLF is no end",                    "a\n.\r\nb\r\n.\r\n",     CONVERT_DOTS,                   "a\n.\nb\n", 11},
    {"CRLF . LF is no end",                    "a\r\n.\nb\r\n.\r\n",     CONVERT_DOTS,                   "a\n.\nb\n", 11},
    {"CRLF . CR CRLF is no end",               "a\r\n.\r\r\nb\r\n.\r\n", CONVERT_DOTS,                   "a\n.\nb\n", 13},
    {"CR CRLF . CRLF is one",                  "a\r\r\n.\r\nb",         CONVERT_DOTS,                   "a\n",       7 },
    {"lenient: CRLF . CR CRLF ends",           "a\r\n.\r\r\nb",         CONVERT_DOTS | CONVERT_LENIENT, "a\n",       7 },
    {"CR . CR is no end and no line",          "a\r.\rb\r\n.\r\n",       CONVERT_DOTS,                   "a\r.\rb\n", 10},
    {"CR CR CRLF is a line end",               "a\r\r\r\nb\r\n.\r\n",    CONVERT_DOTS,                   "a\nb\n",    11},
    {"CR CRLF alone is an empty line",         "a\r\n\r\r\nb\r\n.\r\n",  CONVERT_DOTS,                   "a\n\nb\n",  12},
    {"CRs before text stay",                   "a\r\r\rb\r\n.\r\n",      CONVERT_DOTS,                   "a\r\r\rb\n", 10},
    {"CRs behind a dot, before text",          ".\r\r\rb\r\n.\r\n",      CONVERT_DOTS,                   "\r\r\rb\n", 10},
    {"lenient: LF . LF ends",                  "a\n.\nb",                CONVERT_DOTS | CONVERT_LENIENT, "a\n",       4 },
    {"lenient: LF . CRLF ends",                "a\n.\r\nb",              CONVERT_DOTS | CONVERT_LENIENT, "a\n",       5 },
    {"lenient: CRLF . LF ends",                "a\r\n.\nb",              CONVERT_DOTS | CONVERT_LENIENT, "a\n",       5 },
    {"no end yet",                             "a\r\n.",                 CONVERT_DOTS,                   "a\n",       0 },
    {"a dot after a lone LF is unstuffed too", "a\n..b\r\n.\r\n",        CONVERT_DOTS,                   "a\n.b\n",   10},
    {"chunks: dots mean nothing",              ".\r\n..\r\n",            0,                              ".\n..\n",   0 },
    {"chunks: lone LF and lone CR",            "a\nb\rc\r\n",            0,                              "a\nb\rc\n",  0 },
};

/* The rules once more, an octet at a time over the whole input, for comparison. */
static size_t reference(struct span wire, unsigned options, struct buf *out, bool *ended_r)
{
    bool dots = (options & CONVERT_DOTS) != 0;
    bool lenient = (options & CONVERT_LENIENT) != 0;
    bool strict_before = true;
    size_t at = 0;

    *ended_r = false;
    while (at < wire.len) {
        struct span line = span_skip(wire, at);
        size_t lf = span_find(line, '\n');
        struct span text = span_first(line, lf);
        bool is_dot;
        size_t crs = 0;

        if (lf == line.len)
            return wire.len; /* callers only give whole lines */
        for (; crs < CONVERT_CRS_MAX && text.len > 0 && text.data[text.len - 1] == '\r'; crs++)
            text.len--;
        is_dot = dots && span_equal_text(text, ".");
        at += lf + 1;
        if (is_dot && (lenient || (crs == 1 && strict_before))) {
            *ended_r = true;
            return at;
        }
        if (dots && !is_dot && text.len > 0 && text.data[0] == '.')
            text = span_skip(text, 1);
        buf_put(out, text);
        buf_put_char(out, '\n');
        strict_before = crs > 0;
    }
    return at;
}

/* In blocks of `block` octets, each on a heap of its own. */
static size_t convert_in_blocks(struct smtpd_convert *convert, struct span wire, size_t block,
                                struct buf *out)
{
    size_t used = 0;

    while (used < wire.len && !convert->ended) {
        struct span copy = unit_copy(span_first(span_skip(wire, used), block));

        used += smtpd_convert(convert, copy, out);
        free((void *)(uintptr_t)copy.data);
    }
    return used;
}

static void run_case(void **state)
{
    const struct convert_case *c = *state;
    struct span wire = span_text(c->wire);

    for (size_t block = 1; block <= wire.len; block++) {
        struct smtpd_convert convert = {.options = c->options};
        struct buf out = BUF(1000);
        size_t used = convert_in_blocks(&convert, wire, block, &out);

        assert_string_equal(buf_text(&out), c->queue);
        assert_int_equal(convert.ended, c->used != 0);
        assert_int_equal(used, c->used == 0 ? wire.len : c->used);
        buf_release(&out);
    }
}

static void chunks_end_in_a_line_end(void **state UNUSED)
{
    static const char *const texts[] = {"a\r\nb", "a\r\nb\r\n", "a\r\nb\r"};
    static const char *const wanted[] = {"a\nb\n", "a\nb\n", "a\nb\r\n"};

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct smtpd_convert convert = {.options = 0};
        struct buf out = BUF(100);

        assert_int_equal(smtpd_convert(&convert, span_text(texts[i]), &out), strlen(texts[i]));
        smtpd_convert_finish(&convert, &out);
        assert_string_equal(buf_text(&out), wanted[i]);
        buf_release(&out);
    }
}

static void size_counts_line_ends_twice_and_no_stuffing(void **state UNUSED)
{
    struct smtpd_convert convert = {.options = CONVERT_DOTS};
    struct buf out = BUF(100);

    (void)smtpd_convert(&convert, SPAN_LITERAL("ab\r\n..\r\nc\n.\r\n\r\n.\r\n"), &out);
    assert_true(convert.ended);
    assert_int_equal(convert.size, 4 + 3 + 3 + 3 + 2);
    assert_true(convert.lone_lf);
    buf_release(&out);
}

static void compare_with_reference(const char *wire, size_t len, unsigned options, size_t block)
{
    struct smtpd_convert convert = {.options = options};
    struct buf out = BUF(10000);
    struct buf wanted = BUF(10000);
    bool ended;
    size_t used = reference(span_of(wire, len), options, &wanted, &ended);

    assert_int_equal(convert_in_blocks(&convert, span_of(wire, len), block, &out), used);
    assert_int_equal(convert.ended, ended);
    assert_int_equal(out.len, wanted.len);
    assert_memory_equal(buf_text(&out), buf_text(&wanted), out.len);
    buf_release(&out);
    buf_release(&wanted);
}

static void random_content_is_as_the_reference_says(void **state UNUSED)
{
    static const char alphabet[] = "\r\n\r\n\r\n..ab";
    unsigned seed = 1;

    for (unsigned round = 0; round < 20000; round++) {
        char wire[64];
        size_t len = 0;
        size_t wanted_len = round % 61;

        while (len < wanted_len) {
            seed = seed * 1103515245U + 12345U;
            wire[len++] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
        }
        wire[len++] = '\r';
        wire[len++] = '\n';
        compare_with_reference(wire, len, round % 4, 1 + (seed >> 20) % 9);
    }
}

static void of_very_many_crs_some_are_text(void **state UNUSED)
{
    static const char *const before[] = {"", "a", ".", "a\r\n."};

    for (size_t i = 0; i < 4 * ARRAY_LENGTH(before); i++) {
        for (size_t crs = CONVERT_CRS_MAX - 2; crs < CONVERT_CRS_MAX + 3; crs++) {
            char wire[CONVERT_CRS_MAX + 20];
            char run[CONVERT_CRS_MAX + 4];

            memset(run, '\r', crs);
            run[crs] = '\0';
            snprintf(wire, sizeof(wire), "%s%s%s\r\n", before[i % ARRAY_LENGTH(before)], run,
                     i < 8 ? "" : "b");
            for (size_t block = 1; block <= strlen(wire); block += 1 + block / 4)
                compare_with_reference(wire, strlen(wire), i % 4, block);
        }
    }
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 4] = {
        cmocka_unit_test(chunks_end_in_a_line_end),
        cmocka_unit_test(size_counts_line_ends_twice_and_no_stuffing),
        cmocka_unit_test(random_content_is_as_the_reference_says),
        cmocka_unit_test(of_very_many_crs_some_are_text),
    };
    size_t used = 4;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("smtpd convert", tests, used);
}
