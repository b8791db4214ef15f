/* What SORT remembers of messages: found again by UID, whenever it was added, and bounded. */
#include "t/unit/unit.h"

#include "imapd/sort_cache.h"

/* One SORT of these messages: those that are not known are added. How many were known. */
static size_t sort(struct sort_cache *cache, enum sort_kind kind, const uint32_t *uids,
                   size_t count)
{
    size_t known = 0;

    for (size_t i = 0; i < count; i++) {
        const struct sort_value *value = sort_cache_find(cache, kind, uids[i]);
        if (value != NULL) {
            assert_int_equal(value->uid, uids[i]);
            assert_int_equal(value->number, uids[i] * 10);
            known++;
        } else {
            sort_cache_add(cache, kind,
                           &(struct sort_value){.number = uids[i] * 10, .uid = uids[i]});
        }
    }
    sort_cache_settle(cache);
    return known;
}

#define SORT(cache, kind, ...)                                                                     \
    sort(cache, kind, (const uint32_t[]){__VA_ARGS__},                                             \
         sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void new_mail_joins_the_old(void **state UNUSED)
{
    struct sort_cache *cache = sort_cache_create();

    assert_int_equal(SORT(cache, SORT_SUBJECT, 1, 2, 3), 0);
    assert_int_equal(SORT(cache, SORT_SUBJECT, 1, 2, 3, 7, 9), 3);
    assert_int_equal(SORT(cache, SORT_SUBJECT, 2, 7, 9, 10),
                     3); /* others are gone, or not asked for */
    assert_int_equal(SORT(cache, SORT_SUBJECT, 1, 2, 3, 7, 9, 10), 6);
    sort_cache_free(&cache);
    assert_null(cache);
}

static void what_lies_between_is_merged(void **state UNUSED)
{
    struct sort_cache *cache = sort_cache_create();

    assert_int_equal(SORT(cache, SORT_FROM, 4, 8), 0);
    assert_int_equal(SORT(cache, SORT_FROM, 1, 4, 6, 7), 1);
    assert_int_equal(SORT(cache, SORT_FROM, 2, 9), 0);
    assert_int_equal(SORT(cache, SORT_FROM, 1, 2, 3, 4, 5, 6, 7, 8, 9), 7);
    assert_int_equal(SORT(cache, SORT_FROM, 1, 2, 3, 4, 5, 6, 7, 8, 9, UINT32_MAX), 9);
    sort_cache_free(&cache);
}

static void each_criterion_has_its_own(void **state UNUSED)
{
    struct sort_cache *cache = sort_cache_create();

    assert_int_equal(SORT(cache, SORT_FROM, 1, 2), 0);
    assert_int_equal(SORT(cache, SORT_TO, 1, 2), 0);
    assert_int_equal(SORT(cache, SORT_TO, 1, 2), 2);
    assert_int_equal(SORT(cache, SORT_SIZE, 1, 2), 0);
    assert_int_equal(SORT(cache, SORT_SIZE, 1, 2), 0); /* it may be known better */
    sort_cache_free(&cache);
}

static void too_much_is_forgotten(void **state UNUSED)
{
    struct sort_cache *cache = sort_cache_create();

    assert_int_equal(SORT(cache, SORT_FROM, 1, 2), 0);
    (void)arena_alloc(sort_cache_arena(cache), SORT_CACHE_MAX / 2);
    assert_int_equal(SORT(cache, SORT_FROM, 1, 2), 2);
    (void)arena_alloc(sort_cache_arena(cache), SORT_CACHE_MAX / 2);
    assert_int_equal(SORT(cache, SORT_FROM, 1, 2), 2); /* this one still had it */
    assert_int_equal(SORT(cache, SORT_FROM, 1, 2), 0);
    assert_int_equal(SORT(cache, SORT_FROM, 1, 2), 2);
    assert_true(arena_size(sort_cache_arena(cache)) < SORT_CACHE_MAX);
    sort_cache_free(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_mail_joins_the_old),
        cmocka_unit_test(what_lies_between_is_merged),
        cmocka_unit_test(each_criterion_has_its_own),
        cmocka_unit_test(too_much_is_forgotten),
    };

    return unit_run("imapd_sort", tests, ARRAY_LENGTH(tests));
}
