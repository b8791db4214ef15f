/* The arguments of IMAP's LOGIN before anybody knows the client: atoms, quoted strings, literals. */
#include "t/unit/unit.h"

#include "login/imap_login.h"

static const struct astring_case {
    const char *name;
    const char *input;
    enum parse_result result;
    const char *value;
    bool announced;
} cases[] = {
    {"an atom ends at white space",                 "ana secret",                 PARSE_DONE,       "ana",    false},
    {"an atom may hold a bracket and an @",         "a]b@x \r\n",                 PARSE_DONE,       "a]b@x",  false},
    {"an atom may go on",                           "ana",                        PARSE_INCOMPLETE, NULL,     false},
    {"nothing yet",                                 "",                           PARSE_INCOMPLETE, NULL,     false},
    {"a quoted string with escapes",                "\"a\\\"b\\\\\" ",            PARSE_DONE,       "a\"b\\", false},
    {"an empty quoted string",                      "\"\" ",                      PARSE_DONE,       "",       false},
    {"a quoted string without its end",             "\"ab",                       PARSE_INCOMPLETE, NULL,     false},
    {"a quoted string stops at the line's end",     "\"ab\r\n",                   PARSE_MALFORMED,  NULL,     false},
    {"an escape of anything else",                  "\"a\\b\" ",                  PARSE_DONE,       "ab",     false},
    {"a literal that is here",                      "{3}\r\nana\r\n",             PARSE_DONE,       "ana",    true },
    {"one that waited for nothing",                 "{3+}\r\nana\r\n",            PARSE_DONE,       "ana",    false},
    {"a literal that is not here yet is asked for", "{3}\r\n",                    PARSE_INCOMPLETE, NULL,     true },
    {"a literal without waiting is not asked for",  "{3+}\r\nan",                 PARSE_INCOMPLETE, NULL,     false},
    {"an empty literal",                            "{0}\r\n\r\n",                PARSE_DONE,       "",       true },
    {"an announcement that is not whole",           "{3",                         PARSE_INCOMPLETE, NULL,     false},
    {"an announcement without digits",              "{}\r\n",                     PARSE_MALFORMED,  NULL,     false},
    {"a literal that is too large",                 "{1025}\r\n",                 PARSE_TOO_BIG,    NULL,     false},
    {"a number past all bounds",                    "{99999999999999999999}\r\n", PARSE_TOO_BIG,    NULL,     false},
    {"a list is no string",                         "(a)",                        PARSE_MALFORMED,  NULL,     false},
    {"white space is no string",                    " a",                         PARSE_MALFORMED,  NULL,     false},
};

static void run_case(void **state)
{
    const struct astring_case *c = *state;
    struct arena *arena = arena_create();
    struct span input = unit_copy(span_text(c->input));
    struct cursor at = cursor_of(input);
    struct imap_astring string;

    assert_int_equal(imap_astring_parse(arena, &at, &string), c->result);
    assert_int_equal(string.announced, c->announced);
    if (c->result == PARSE_DONE)
        assert_true(span_equal_text(string.value, c->value));
    else
        assert_ptr_equal(at.next, input.data);
    free((void *)(uintptr_t)input.data);
    arena_free(&arena);
}

/* Of a command of whatever form: how much of it there is before its next line, in octets. */
static const struct rest_case {
    const char *name;
    const char *input;
    enum parse_result result;
    size_t len;
    bool goes_on, announced;
} rests[] = {
    {"a line ends",                               " x\r\ny",            PARSE_DONE,       4,  false, false},
    {"one without its end",                       " x",                 PARSE_INCOMPLETE, 0,  false, false},
    {"a literal is the command's own",            " {3}\r\na\r\ny",     PARSE_DONE,       9,  true,  true },
    {"one that waited for nothing, in a list",    " ({3+}\r\nabc)\r\n", PARSE_DONE,       11, true,  false},
    {"one that is asked for",                     " x {3}\r\n",         PARSE_INCOMPLETE, 0,  false, true },
    {"a line that goes on has announced nothing", " {3} x\r\nabc",      PARSE_DONE,       8,  false, false},
    {"nor has an atom",                           " x{3}\r\nabc",       PARSE_DONE,       7,  false, false},
    {"nor a number that is none",                 " {x}\r\nabc",        PARSE_DONE,       6,  false, false},
    {"a literal that is too large",               " {1025+}\r\n",       PARSE_TOO_BIG,    0,  false, false},
};

static void run_rest_case(void **state)
{
    const struct rest_case *c = *state;
    struct arena *arena = arena_create();
    struct span input = unit_copy(span_text(c->input));
    struct cursor at = cursor_of(input);
    struct imap_astring literal;
    bool goes_on;

    assert_int_equal(imap_rest_parse(arena, &at, &literal, &goes_on), c->result);
    assert_int_equal(at.next - (const unsigned char *)input.data, c->len);
    assert_int_equal(goes_on, c->goes_on);
    assert_int_equal(literal.announced, c->announced);
    free((void *)(uintptr_t)input.data);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + ARRAY_LENGTH(rests)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    UNIT_ADD_ROWS(tests, used, rests, run_rest_case);
    return unit_run("arguments of LOGIN", tests, used);
}
