/* The one spelling of names and passwords: the examples of RFC 4013 section 3, and what clients send. */
#include "t/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/sasl/password.h"
#include "lib/sasl/saslprep.h"

static const struct prep_case {
    const char *name, *input, *expected; /* NULL: it cannot be prepared */
} cases[] = {
    {"ASCII is itself",                              "user",                 "user"         },
    {"case is kept",                                 "USER",                 "USER"         },
    {"a soft hyphen goes",
     "I\xc2\xad"
     "X",                                                                    "IX"           },
    {"a letter of another width, by NFKC",           "\xc2\xaa",             "a"            },
    {"a number of one character, by NFKC",           "\xe2\x85\xa8",         "IX"           },
    {"a control character is prohibited",            "x\xc2\x85",            NULL           },
    {"letters of both directions are prohibited",    "\xd8\xa7\x31",         NULL           },
    {"an accent of its own joins its letter",        "Ju\xcc\x88rgen",       "J\xc3\xbcrgen"},
    {"a space of no break is a space",
     "a\xc2\xa0"
     "b",                                                                    "a b"          },
    {"what is no UTF-8 cannot be prepared",          "J\xfcrgen",            NULL           },
    {"nor can what nothing is left of",              "\xc2\xad",             NULL           },
    {"what Unicode 3.2 did not know stays as it is", "\xf0\x9f\x94\x91 key",
     "\xf0\x9f\x94\x91 key"                                                                 },
};

static void run_case(void **state)
{
    const struct prep_case *c = *state;
    struct arena *arena = arena_create();
    struct span prepared = saslprep(arena, span_text(c->input));

    if (c->expected == NULL)
        assert_null(prepared.data);
    else
        assert_true(span_equal_text(prepared, c->expected));
    arena_free(&arena);
}

static void nuls_and_long_texts_are_not_prepared(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct buf text = BUF(BUF_UNLIMITED);

    assert_null(saslprep(arena, span_of("\xc3\xbc\0x", 4)).data);
    while (text.len <= SASLPREP_MAX)
        buf_put_text(&text, "\xc3\xbc");
    assert_null(saslprep(arena, buf_span(&text)).data);
    buf_release(&text);
    arena_free(&arena);
}

static void scram_is_derived_of_the_one_spelling(void **state UNUSED)
{
    struct scram_secret one = {0}, other = {0};
    const struct span salt = SPAN_LITERAL("salt");

    assert_true(password_scram_secret("{PLAIN}schl\xc3\xbcssel", "SHA256", salt, &one));
    assert_true(password_scram_secret("{PLAIN}schlu\xcc\x88ssel", "SHA256", salt, &other));
    assert_memory_equal(one.stored_key, other.stored_key, one.key_len);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 2];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(nuls_and_long_texts_are_not_prepared);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(scram_is_derived_of_the_one_spelling);
    return unit_run("the spelling of names and passwords", tests, used);
}
