/* Records of files in maildrop/: whoever wrote them, only what makes sense in its place is taken. */
#include "t/unit/unit.h"

#include "lib/queue/maildrop.h"

/* Records are written "type:value" here, and separated by "|". */
static const struct records_case {
    const char *name;
    const char *records;
    size_t taken;             /* records before the one that is not */
    enum parse_result result; /* of that one; INCOMPLETE: there is none */
} cases[] = {
    {"a whole message",              "V:1|S:a@b|R:@c@d|C:body\n|E:",                                 5,  PARSE_INCOMPLETE},
    {"all there is",                 "V:1|S:|N:Bob|I:id|T:H|B:8BITMIME|G:|R:@a|R:Bb|C:x\n|C:y\n|E:", 12,
     PARSE_INCOMPLETE                                                                                                    },
    {"a message without content",    "V:1|S:a|R:@b|E:",                                              4,  PARSE_INCOMPLETE},
    {"another version",              "V:2|S:a|R:@b|E:",                                              0,  PARSE_MALFORMED },
    {"no version",                   "S:a|R:@b|E:",                                                  0,  PARSE_MALFORMED },
    {"no sender",                    "V:1|R:@b|E:",                                                  1,  PARSE_MALFORMED },
    {"a second sender",              "V:1|S:a|S:b|R:@b|E:",                                          2,  PARSE_MALFORMED },
    {"no recipients",                "V:1|S:a|C:x|E:",                                               2,  PARSE_MALFORMED },
    {"no recipients and no content", "V:1|S:a|E:",                                                   2,  PARSE_MALFORMED },
    {"a recipient after content",    "V:1|S:a|R:@b|C:x|R:@c|E:",                                     4,  PARSE_MALFORMED },
    {"an option after recipients",   "V:1|S:a|R:@b|N:x|E:",                                          3,  PARSE_MALFORMED },
    {"an option twice",              "V:1|S:a|N:x|N:y|R:@b|E:",                                      3,  PARSE_MALFORMED },
    {"something after the end",      "V:1|S:a|R:@b|E:|C:x",                                          4,  PARSE_MALFORMED },
    {"a second end",                 "V:1|S:a|R:@b|E:|E:",                                           4,  PARSE_MALFORMED },
    {"VERP delimiters",              "V:1|S:a|Y:|X:+=|R:@b|E:",                                      6,  PARSE_INCOMPLETE},
    {"VERP delimiters twice",        "V:1|S:a|X:+=|X:+=|R:@b|E:",                                    3,  PARSE_MALFORMED },
    {"a line feed among them",       "V:1|S:a|X:+\n|R:@b|E:",                                        2,  PARSE_MALFORMED },
    {"where mail went at first",     "V:1|S:a|O:rfc822;x@y|R:@b|R:@c|E:",                            6,  PARSE_INCOMPLETE},
    {"a line feed there",            "V:1|S:a|O:rfc822;x\ny|R:@b|E:",                                2,  PARSE_MALFORMED },
    {"an unknown type",              "V:1|S:a|Z:x|R:@b|E:",                                          2,  PARSE_MALFORMED },
    {"a line feed in the sender",    "V:1|S:a\nb|R:@b|E:",                                           1,  PARSE_MALFORMED },
    {"a line feed in a recipient",   "V:1|S:a|R:@b\n|E:",                                            2,  PARSE_MALFORMED },
    {"a recipient without flags",    "V:1|S:a|R:|E:",                                                2,  PARSE_MALFORMED },
    {"flags that do not exist",      "V:1|S:a|R:Pb|E:",                                              2,  PARSE_MALFORMED },
    {"a return that does not exist", "V:1|S:a|T:X|R:@b|E:",                                          2,  PARSE_MALFORMED },
    {"a body that does not exist",   "V:1|S:a|B:BINARY|R:@b|E:",                                     2,  PARSE_MALFORMED },
    {"an end with something in it",  "V:1|S:a|R:@b|E:x",                                             3,  PARSE_TOO_BIG   },
};

static void append_records(struct buf *to, const char *text)
{
    struct span rest = span_text(text);

    while (rest.len > 0) {
        struct span record = span_take_until(&rest, '|');

        maildrop_put(to, (enum maildrop_type)record.data[0], span_skip(record, 2));
    }
}

static void records(void **state)
{
    const struct records_case *c = *state;
    struct buf input = BUF(4096);
    struct maildrop_reader reader = {0};
    struct maildrop_record record;
    enum parse_result result;
    struct span copy;
    struct cursor at;
    size_t taken = 0;

    append_records(&input, c->records);
    copy = unit_copy(buf_span(&input));
    at = cursor_of(copy);
    while ((result = maildrop_next(&reader, &at, &record)) == PARSE_DONE)
        taken++;
    assert_int_equal(taken, c->taken);
    assert_int_equal(result, c->result);
    free((void *)(uintptr_t)copy.data);
    buf_release(&input);
}

/* At every length, what is cut off is incomplete and nothing else. */
static void cut_off(void **state UNUSED)
{
    struct buf input = BUF(4096);

    append_records(&input, cases[1].records);
    for (size_t len = 0; len < input.len; len++) {
        struct span copy = unit_copy(span_first(buf_span(&input), len));
        struct cursor at = cursor_of(copy);
        struct maildrop_reader reader = {0};
        struct maildrop_record record;
        enum parse_result result;

        while ((result = maildrop_next(&reader, &at, &record)) == PARSE_DONE)
            assert_int_not_equal(record.type, MAILDROP_END);
        assert_int_equal(result, PARSE_INCOMPLETE);
        free((void *)(uintptr_t)copy.data);
    }
    buf_release(&input);
}

/* A length that promises more than any value may have is refused before the value is there. */
static void long_value(void **state UNUSED)
{
    static const char input[] = {'V', 1, 0, 0, 0, '1', 'S', 0, 8, 0, 0};
    struct span copy = unit_copy(span_of(input, sizeof(input)));
    struct cursor at = cursor_of(copy);
    struct maildrop_reader reader = {0};
    struct maildrop_record record;

    assert_int_equal(maildrop_next(&reader, &at, &record), PARSE_DONE);
    assert_int_equal(maildrop_next(&reader, &at, &record), PARSE_TOO_BIG);
    free((void *)(uintptr_t)copy.data);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 2] = {
        cmocka_unit_test(cut_off),
        cmocka_unit_test(long_value),
    };
    size_t count = 2;

    UNIT_ADD_ROWS(tests, count, cases, records);
    return unit_run("queue_maildrop", tests, count);
}
