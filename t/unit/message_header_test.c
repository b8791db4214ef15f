/* Header fields: where one ends, and where the header block ends. */
#include "t/unit/unit.h"

#include "lib/message/header.h"

static const struct next_case {
    const char *name;
    const char *input;
    bool at_eof;
    enum parse_result result;
    const char *field_name; /* the rest only when DONE */
    const char *body;
    size_t whole;
} cases[] = {
    {"a field with LF",                           "A: b\nC: d\n",                false, PARSE_DONE,       "A",       " b",          5 },
    {"a field with CRLF",                         "A: b\r\nC: d\r\n",            false, PARSE_DONE,       "A",       " b",          6 },
    {"a folded field",                            "Subject: a\n\tb\n c\nX: y\n", false, PARSE_DONE,       "Subject", " a\n\tb\n c",
     17                                                                                                                               },
    {"a fold of white space only",                "A: b\n \nC: d\n",             false, PARSE_DONE,       "A",       " b\n ",       7 },
    {"an empty body",                             "A:\n\nx",                     false, PARSE_DONE,       "A",       "",            3 },
    {"white space before the colon",              "A \t: b\nC",                  false, PARSE_DONE,       "A",       " b",          7 },
    {"the last field of all, without a line end", "A: b",                        true,  PARSE_DONE,       "A",       " b",          4 },
    {"the last field of all",                     "A: b\n",                      true,  PARSE_DONE,       "A",       " b",          5 },
    {"a lone CR ends nothing",                    "A: b\rC: d\n\n",              false, PARSE_DONE,       "A",       " b\rC: d",    10},
    {"the empty line",                            "\nbody: text\n",              false, PARSE_MALFORMED,  NULL,      NULL,          0 },
    {"the empty line with CRLF",                  "\r\nbody: text\n",            false, PARSE_MALFORMED,  NULL,      NULL,          0 },
    {"a line without a colon",                    "no header\n",                 false, PARSE_MALFORMED,  NULL,      NULL,          0 },
    {"a colon with nothing before it",            ": b\n\n",                     false, PARSE_MALFORMED,  NULL,      NULL,          0 },
    {"a line that begins with a fold",            " a: b\n",                     false, PARSE_MALFORMED,  NULL,      NULL,          0 },
    {"a name with octets over 127",               "\xc3\xa9: b\n",               false, PARSE_MALFORMED,  NULL,      NULL,          0 },
    {"nothing, and nothing to come",              "",                            true,  PARSE_MALFORMED,  NULL,      NULL,          0 },
    {"a name, and nothing to come",               "abc",                         true,  PARSE_MALFORMED,  NULL,      NULL,          0 },
    {"nothing yet",                               "",                            false, PARSE_INCOMPLETE, NULL,      NULL,          0 },
    {"a name that may go on",                     "Subj",                        false, PARSE_INCOMPLETE, NULL,      NULL,          0 },
    {"a line that may go on",                     "A: b",                        false, PARSE_INCOMPLETE, NULL,      NULL,          0 },
    {"a fold may follow",                         "A: b\n",                      false, PARSE_INCOMPLETE, NULL,      NULL,          0 },
    {"half of an empty line is no field already",  "\r",                          false, PARSE_MALFORMED,  NULL,      NULL,          0 },
};

static void next_field(void **state)
{
    const struct next_case *c = *state;
    struct span input = unit_copy(span_text(c->input));
    struct cursor at = cursor_of(input);
    const unsigned char *start = at.next;
    struct header_field field = {0};

    assert_int_equal(header_next(&at, c->at_eof, &field), c->result);
    if (c->result == PARSE_DONE) {
        assert_true(span_equal_text(field.name, c->field_name));
        assert_true(span_equal_text(field.body, c->body));
        assert_int_equal(field.whole.len, c->whole);
        assert_int_equal(at.next - start, c->whole);
    } else {
        assert_ptr_equal(at.next, start);
    }
    free((void *)(uintptr_t)input.data);
}

static void unfolding(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct span body = SPAN_LITERAL(" a\r\n b\n\tc\rd \r\n");

    assert_true(span_equal_text(header_unfold(arena, body), "a b\tc\rd"));
    assert_int_equal(header_unfold(arena, SPAN_EMPTY).len, 0);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 1] = {cmocka_unit_test(unfolding)};
    size_t count = 1;

    UNIT_ADD_ROWS(tests, count, cases, next_field);
    return unit_run("message_header", tests, count);
}
