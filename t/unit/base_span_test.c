/* lib/base/span and checked: octets that somebody else owns, and numbers from outside. */
#include "t/unit/unit.h"

#include "lib/base/checked.h"

static const struct number_case {
    const char *name;
    const char *text;
    uint64_t limit;
    bool accepted;
    uint64_t number;
} number_cases[] = {
    {"a digit",                     "7",                          9,          true,  7         },
    {"leading zeros",               "007",                        9,          true,  7         },
    {"the limit itself",            "1000",                       1000,       true,  1000      },
    {"one more than the limit",     "1001",                       1000,       false, 0         },
    {"the largest of all",          "18446744073709551615",       UINT64_MAX, true,  UINT64_MAX},
    {"one more than that",          "18446744073709551616",       UINT64_MAX, false, 0         },
    {"many more than that",         "99999999999999999999999999", UINT64_MAX, false, 0         },
    {"no digit at all",             "",                           9,          false, 0         },
    {"a sign",                      "-1",                         9,          false, 0         },
    {"white space",                 " 1",                         9,          false, 0         },
    {"something behind the digits", "1x",                         9,          false, 0         },
};

static void run_number(void **state)
{
    const struct number_case *c = *state;
    struct span copy = unit_copy(span_text(c->text));
    uint64_t number = 0;

    assert_int_equal(span_to_u64(copy, c->limit, &number), c->accepted);
    assert_true(number == c->number);
    mem_free(copy.data);
}

static void spans_compare_by_length_and_octets(void **state UNUSED)
{
    assert_true(span_equal(SPAN_EMPTY, SPAN_LITERAL("")));
    assert_true(span_equal(SPAN_LITERAL("a\0b"), SPAN_LITERAL("a\0b")));
    assert_false(span_equal(SPAN_LITERAL("a\0b"), SPAN_LITERAL("a\0c")));
    assert_false(span_equal_text(SPAN_LITERAL("a\0"), "a"));
    assert_true(span_equal_text_nocase(SPAN_LITERAL("EhLo"), "ehlO"));
    assert_false(span_equal_text_nocase(SPAN_LITERAL("EHL"), "EHLO"));
    assert_false(span_equal_nocase(SPAN_LITERAL("["), SPAN_LITERAL("{"))); /* 32 apart */
    assert_false(span_equal_nocase(SPAN_LITERAL("\xc4"), SPAN_LITERAL("\xe4")));
    assert_true(span_equal_text(span_text(NULL), ""));
}

static void prefixes_and_suffixes(void **state UNUSED)
{
    struct span whole = unit_copy(SPAN_LITERAL("TO:<x>"));

    assert_true(span_starts_with(whole, "TO:"));
    assert_false(span_starts_with(whole, "to:"));
    assert_true(span_starts_with_nocase(whole, "to:"));
    assert_false(span_starts_with_nocase(whole, "TO:<x>>"));
    assert_true(span_ends_with_nocase(whole, "<X>"));
    assert_false(span_ends_with_nocase(whole, "xTO:<x>"));
    assert_true(span_starts_with(SPAN_EMPTY, ""));
    mem_free(whole.data);
}

static void search_and_cut(void **state UNUSED)
{
    struct span whole = SPAN_LITERAL("a@b@c");

    assert_int_equal(span_find(whole, '@'), 1);
    assert_int_equal(span_find_last(whole, '@'), 3);
    assert_int_equal(span_find(whole, 'x'), 5);
    assert_int_equal(span_find_last(whole, 'x'), 5);
    assert_int_equal(span_find(SPAN_EMPTY, 'x'), 0);
    assert_true(span_equal_text(span_skip(whole, 2), "b@c"));
    assert_int_equal(span_skip(whole, 9).len, 0);
    assert_int_equal(span_skip(SPAN_EMPTY, 1).len, 0);
    assert_true(span_equal_text(span_first(whole, 1), "a"));
    assert_int_equal(span_first(whole, 9).len, 5);
    assert_true(span_equal_text(span_trim(SPAN_LITERAL(" \t\r\na b\v\f ")), "a b"));
    assert_int_equal(span_trim(SPAN_LITERAL(" \t")).len, 0);
}

static void words_are_taken_one_by_one(void **state UNUSED)
{
    struct span rest = SPAN_LITERAL("  MAIL\t FROM:<>  SIZE=1 ");

    assert_true(span_equal_text(span_take_word(&rest), "MAIL"));
    assert_true(span_equal_text(span_take_word(&rest), "FROM:<>"));
    assert_true(span_equal_text(rest, "SIZE=1 "));
    assert_true(span_equal_text(span_take_word(&rest), "SIZE=1"));
    assert_int_equal(rest.len, 0);
    assert_int_equal(span_take_word(&rest).len, 0);
}

static void parts_are_taken_up_to_an_octet(void **state UNUSED)
{
    struct span rest = SPAN_LITERAL("a::b");

    assert_true(span_equal_text(span_take_until(&rest, ':'), "a"));
    assert_int_equal(span_take_until(&rest, ':').len, 0);
    assert_true(span_equal_text(span_take_until(&rest, ':'), "b"));
    assert_int_equal(rest.len, 0);
    assert_int_equal(span_take_until(&rest, ':').len, 0);
}

static void cursor_stops_at_its_end(void **state UNUSED)
{
    struct span copy = unit_copy(SPAN_LITERAL("ab"));
    struct cursor at = cursor_of(copy);

    assert_false(cursor_take(&at, 'b'));
    assert_true(cursor_take(&at, 'a'));
    assert_int_equal(cursor_left(at), 1);
    assert_true(cursor_take(&at, 'b'));
    assert_true(cursor_at_end(at));
    assert_false(cursor_take(&at, '\0'));
    at = cursor_of(SPAN_EMPTY);
    assert_true(cursor_at_end(at));
    mem_free(copy.data);
}

static void arithmetic_tells_of_overflow(void **state UNUSED)
{
    uint64_t number;
    size_t size;
    int narrow;

    assert_true(checked_add_u64(UINT64_MAX - 1, 1, &number));
    assert_false(checked_add_u64(UINT64_MAX, 1, &number));
    assert_false(checked_mul_u64(UINT64_MAX / 2 + 1, 2, &number));
    assert_false(checked_add_size(SIZE_MAX, 1, &size));
    assert_false(checked_mul_size(SIZE_MAX, 2, &size));
    assert_true(checked_int(INT_MIN, &narrow));
    assert_false(checked_int((int64_t)INT_MAX + 1, &narrow));
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(number_cases) + 8] = {
        cmocka_unit_test(spans_compare_by_length_and_octets),
        cmocka_unit_test(prefixes_and_suffixes),
        cmocka_unit_test(search_and_cut),
        cmocka_unit_test(words_are_taken_one_by_one),
        cmocka_unit_test(parts_are_taken_up_to_an_octet),
        cmocka_unit_test(cursor_stops_at_its_end),
        cmocka_unit_test(arithmetic_tells_of_overflow),
    };
    size_t used = 7;

    UNIT_ADD_ROWS(tests, used, number_cases, run_number);
    return unit_run("base_span", tests, used);
}
