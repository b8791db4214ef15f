/* Rows of keys: in the order that comparing them one by one gives, those that are equal as they stood. */
#include "t/unit/unit.h"

#include "imapd/sort_rows.h"

#include <stdlib.h>

#define ROWS_MAX  2000
#define WIDTH_MAX 3
#define LEN_MAX   40

static struct span keys[ROWS_MAX * WIDTH_MAX];
static char texts[ROWS_MAX * WIDTH_MAX][LEN_MAX];

static int compare_keys(struct span a, struct span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);

    return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

/* Is each row behind the one before it, and there once? */
static void check(const struct sort_rows *rows, size_t count)
{
    bool seen[ROWS_MAX] = {false};
    uint32_t *order;

    sort_rows(rows, count, &order);
    for (size_t i = 0; i < count; i++) {
        int differs = 0;
        assert_true(order[i] < count && !seen[order[i]]);
        seen[order[i]] = true;
        for (size_t key = 0; key < rows->width && differs == 0 && i > 0; key++) {
            differs = compare_keys(rows->keys[order[i - 1] * rows->width + key],
                                   rows->keys[order[i] * rows->width + key]);
            if (rows->reverse[key])
                differs = -differs;
        }
        assert_true(i == 0 || differs < 0 || (differs == 0 && order[i - 1] < order[i]));
    }
    mem_free(order);
}

/* Few different octets, zeros among them, and many that have their beginning in common. */
static void any_rows_are_put_in_order(void **state UNUSED)
{
    static const char octets[] = {'\0', 'a', 'b', '\xff'};

    srandom(1);
    for (unsigned round = 0; round < 300; round++) {
        bool reverse[WIDTH_MAX] = {random() % 2 != 0, random() % 2 != 0, random() % 2 != 0};
        struct sort_rows rows = {keys, reverse, 1 + (size_t)random() % WIDTH_MAX};
        size_t count = (size_t)random() % (round % 10 == 0 ? ROWS_MAX : 100);
        size_t len_max = 1 + (size_t)random() % LEN_MAX, kinds = 1 + (size_t)random() % 4;
        for (size_t i = 0; i < count * rows.width; i++) {
            size_t len = (size_t)random() % len_max;
            bool is_other = random() % 3 == 0;
            for (size_t at = 0; at < len; at++)
                texts[i][at] = octets[at < 20 && !is_other ? 1 : (size_t)random() % kinds];
            keys[i] = span_of(texts[i], len);
        }
        check(&rows, count);
    }
}

static void the_end_of_a_key_is_less_than_a_zero(void **state UNUSED)
{
    const struct span rows[] = {SPAN_LITERAL("1234567\0"),
                                SPAN_LITERAL("1234567"),
                                SPAN_LITERAL("a\0"),
                                SPAN_LITERAL("a"),
                                SPAN_EMPTY,
                                SPAN_LITERAL("\0")};
    static const uint32_t expected[] = {4, 5, 1, 0, 3, 2};
    const bool forward[] = {false};
    uint32_t *order;

    sort_rows(&(struct sort_rows){rows, forward, 1}, ARRAY_LENGTH(rows), &order);
    assert_memory_equal(order, expected, sizeof(expected));
    mem_free(order);
}

static void long_keys_that_are_all_the_same_stay(void **state UNUSED)
{
    static char text[1024];
    const bool reverse[WIDTH_MAX] = {true, false, true};

    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        keys[i] = span_of(text, sizeof(text));
    check(&(struct sort_rows){keys, reverse, WIDTH_MAX}, ROWS_MAX);
    check(&(struct sort_rows){keys, reverse, WIDTH_MAX}, 0);
    check(&(struct sort_rows){keys, reverse, WIDTH_MAX}, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_rows_are_put_in_order),
        cmocka_unit_test(the_end_of_a_key_is_less_than_a_zero),
        cmocka_unit_test(long_keys_that_are_all_the_same_stay),
    };

    return unit_run("imapd_sort", tests, ARRAY_LENGTH(tests));
}
