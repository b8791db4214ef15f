/* lib/base: memory, buffers, lists and the hash table. */
#include "t/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/base/strlist.h"

#include <stdio.h>

/* --- arenas ---------------------------------------------------------------------------------- */

static void arena_objects_are_aligned_zeroed_and_apart(void **state UNUSED)
{
    struct arena *arena = arena_create();

    for (int round = 0; round < 3; round++) {
        unsigned char *objects[300];

        for (size_t i = 0; i < ARRAY_LENGTH(objects); i++) {
            objects[i] = arena_alloc(arena, i * 7);
            assert_int_equal((uintptr_t)objects[i] % _Alignof(max_align_t), 0);
            for (size_t at = 0; at < i * 7; at++)
                assert_int_equal(objects[i][at], 0);
            memset(objects[i], (int)(i % 256), i * 7);
        }
        for (size_t i = 0; i < ARRAY_LENGTH(objects); i++) {
            for (size_t at = 0; at < i * 7; at++)
                assert_int_equal(objects[i][at], i % 256);
        }
        arena_reset(arena);
    }
    arena_free(&arena);
    assert_null(arena);
    arena_free(&arena);
}

static void arena_reset_keeps_one_small_block(void **state UNUSED)
{
    struct arena *arena = arena_create();
    size_t first = arena_size(arena);

    (void)arena_alloc(arena, 100);
    assert_int_equal(arena_size(arena), first);
    (void)arena_alloc(arena, 1000000);
    (void)arena_alloc(arena, 5000);
    assert_true(arena_size(arena) >= 1005000);
    arena_reset(arena);
    assert_int_equal(arena_size(arena), first);
    arena_free(&arena);
}

static void large_object_leaves_the_current_block_in_use(void **state UNUSED)
{
    struct arena *arena = arena_create();
    size_t before;

    (void)arena_alloc(arena, 1500); /* a second block, mostly free */
    (void)arena_alloc(arena, 100000);
    before = arena_size(arena);
    (void)arena_alloc(arena, 100);
    assert_int_equal(arena_size(arena), before);
    arena_free(&arena);
}

static void arena_texts_are_copies(void **state UNUSED)
{
    struct arena *arena = arena_create();
    char original[] = "alice";
    char *text = arena_text(arena, span_of(original, 5));
    char *long_text;

    original[0] = 'X';
    assert_string_equal(text, "alice");
    assert_string_equal(arena_text(arena, SPAN_EMPTY), "");
    assert_null(arena_copy(arena, NULL));
    assert_string_equal(arena_printf(arena, "%s@%s", text, "test"), "alice@test");
    long_text = arena_printf(arena, "%1000d", 7);
    assert_int_equal(strlen(long_text), 1000);
    arena_free(&arena);
}

/* --- buffers --------------------------------------------------------------------------------- */

static void buf_grows_to_its_limit_and_no_further(void **state UNUSED)
{
    struct buf buf = BUF(100);

    assert_string_equal(buf_text(&buf), "");
    for (int i = 0; i < 100; i++)
        assert_true(buf_append_char(&buf, 'x'));
    assert_false(buf_append_char(&buf, 'y'));
    assert_false(buf_printf(&buf, "%d", 1));
    assert_null(buf_reserve(&buf, 1));
    assert_int_equal(buf.len, 100);
    assert_int_equal(strlen(buf_text(&buf)), 100);
    assert_true(buf_append_text(&buf, ""));
    buf_clear(&buf);
    assert_false(buf_append(&buf, "", SIZE_MAX));
    assert_true(buf_append_text(&buf, "again"));
    buf_release(&buf);
    assert_true(buf_append_text(&buf, "and again"));
    assert_string_equal(buf_text(&buf), "and again");
    buf_release(&buf);
}

static void buf_formats_into_what_is_free(void **state UNUSED)
{
    struct buf buf = BUF(1000);
    struct buf small = BUF(5);

    for (int i = 0; i < 50; i++)
        buf_put_printf(&buf, "%d,", i);
    assert_int_equal(buf.len, 140);
    assert_true(span_ends_with_nocase(buf_span(&buf), ",48,49,"));
    assert_true(buf_printf(&small, "%s", "12345"));
    assert_false(buf_printf(&small, "%s", "6"));
    assert_string_equal(buf_text(&small), "12345");
    buf_release(&buf);
    buf_release(&small);
}

static void buf_reserve_commit_remove_take(void **state UNUSED)
{
    struct buf buf = BUF(100);
    char *text;

    memcpy(buf_reserve(&buf, 10), "0123456789", 10);
    buf_commit(&buf, 6);
    assert_string_equal(buf_text(&buf), "012345");
    buf_remove(&buf, 2);
    assert_string_equal(buf_text(&buf), "2345");
    buf_truncate(&buf, 1);
    buf_put(&buf, SPAN_LITERAL("\0x"));
    assert_int_equal(buf.len, 3);
    buf_remove(&buf, 3);
    assert_int_equal(buf.len, 0);
    buf_put_text(&buf, "mine");
    text = buf_take(&buf);
    assert_string_equal(text, "mine");
    assert_int_equal(buf.len, 0);
    mem_free(text);
    text = buf_take(&buf);
    assert_string_equal(text, "");
    mem_free(text);
}

/* --- lists ----------------------------------------------------------------------------------- */

static const struct split_case {
    const char *name;
    const char *text;
    const char *items; /* each with '|' behind it; NULL: refused */
} split_cases[] = {
    {"commas and white space separate",        "a, b\tc\r\n d,,e",            "a|b|c|d|e|"                  },
    {"nothing has no items",                   "",                            ""                            },
    {"separators alone have no items",         " , ,\t",                      ""                            },
    {"braces keep an item together",           "a {b, c} d",                  "a|{b, c}|d|"                 },
    {"braces may follow a name",               "inline:{ {a=b}, {c = d} } x", "inline:{ {a=b}, {c = d} }|x|"},
    {"what follows a brace is the same item",  "{a b}c,d",                    "{a b}c|d|"                   },
    {"a closing brace alone is text",          "a} b",                        "a}|b|"                       },
    {"a brace that is not closed is an error", "a {b, c",                     NULL                          },
    {"nor is one closed too seldom",           "{a {b}",                      NULL                          },
};

static void run_split(void **state)
{
    const struct split_case *c = *state;
    struct strlist list = STRLIST_EMPTY;
    struct error err = {0};
    struct buf found = BUF(1000);
    bool done = strlist_split_config(&list, c->text, &err);

    assert_int_equal(done, c->items != NULL);
    assert_int_equal(err.kind, done ? ERROR_NONE : ERROR_PERMANENT);
    for (size_t i = 0; done && i < list.count; i++)
        buf_put_printf(&found, "%s|", list.items[i]);
    assert_string_equal(buf_text(&found), done ? c->items : "");
    buf_release(&found);
    strlist_release(&list);
}

static void list_is_searched_and_emptied(void **state UNUSED)
{
    struct strlist list = STRLIST_EMPTY;

    strlist_split(&list, "alpha:beta::gamma:", ":");
    strlist_add(&list, "delta");
    strlist_add_span(&list, span_of("epsilon!", 7));
    assert_int_equal(list.count, 5);
    assert_true(strlist_has(&list, "epsilon"));
    assert_false(strlist_has(&list, "Beta"));
    assert_true(strlist_has_nocase(&list, "Beta"));
    assert_false(strlist_has_nocase(&list, "bet"));
    strlist_clear(&list);
    assert_int_equal(list.count, 0);
    assert_false(strlist_has(&list, "alpha"));
    strlist_release(&list);
    assert_true(strlist_text_has("alpha, beta", ", ", "beta"));
    assert_false(strlist_text_has("alpha, beta", ", ", "bet"));
}

/* --- hash table ------------------------------------------------------------------------------ */

#define MANY 20000

static struct span make_key(char text[32], size_t i)
{
    return span_of(text, (size_t)snprintf(text, 32, "key %zu", i));
}

static void hash_finds_what_was_put(void **state UNUSED)
{
    static int values[MANY];
    struct hash *hash = hash_create();
    char text[32];

    for (size_t i = 0; i < MANY; i++)
        assert_null(hash_put(hash, make_key(text, i), &values[i]));
    assert_int_equal(hash_count(hash), MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(hash_get(hash, make_key(text, i)), &values[i]);
    assert_null(hash_get(hash, SPAN_LITERAL("key")));
    assert_ptr_equal(hash_put(hash, make_key(text, 7), &values[8]), &values[7]);
    assert_int_equal(hash_count(hash), MANY);
    assert_ptr_equal(hash_get(hash, make_key(text, 7)), &values[8]);
    hash_free(&hash, NULL);
    assert_null(hash);
    hash_free(&hash, NULL);
}

static void hash_keys_are_octets(void **state UNUSED)
{
    struct hash *hash = hash_create();
    int value;

    (void)hash_put(hash, SPAN_LITERAL("a\0b"), &value);
    (void)hash_put(hash, SPAN_EMPTY, &value);
    assert_null(hash_get(hash, SPAN_LITERAL("a\0c")));
    assert_null(hash_get(hash, SPAN_LITERAL("a")));
    assert_ptr_equal(hash_get(hash, SPAN_LITERAL("a\0b")), &value);
    assert_ptr_equal(hash_get(hash, SPAN_EMPTY), &value);
    assert_null(hash_remove(hash, SPAN_LITERAL("A")));
    assert_int_equal(hash_count(hash), 2);
    hash_free(&hash, NULL);
}

static void hash_walk_sees_each_once_and_may_remove(void **state UNUSED)
{
    static bool seen[MANY];
    struct hash *hash = hash_create();
    size_t position = 0;
    size_t count = 0;
    struct span key;
    char text[32];
    void *value;

    for (size_t i = 0; i < MANY; i++)
        (void)hash_put(hash, make_key(text, i), &seen[i]);
    while (hash_next(hash, &position, &key, &value)) {
        bool *flag = value;
        assert_false(*flag);
        *flag = true;
        if (count++ % 2 == 0)
            assert_ptr_equal(hash_remove(hash, key), value);
    }
    assert_int_equal(count, MANY);
    assert_int_equal(hash_count(hash), MANY / 2);
    hash_free(&hash, NULL);
}

/* A queue's life: as many come as go; the marks of those that went must not fill the table. */
static void hash_lives_long(void **state UNUSED)
{
    struct hash *hash = hash_create();
    char text[32];
    int value;

    for (size_t i = 0; i < 10 * MANY; i++) {
        assert_null(hash_put(hash, make_key(text, i), &value));
        if (i >= 10)
            assert_ptr_equal(hash_remove(hash, make_key(text, i - 10)), &value);
    }
    assert_int_equal(hash_count(hash), 10);
    hash_free(&hash, NULL);
}

static void hash_free_gives_back_values(void **state UNUSED)
{
    struct hash *hash = hash_create();

    (void)hash_put(hash, SPAN_LITERAL("a"), mem_text("owned"));
    (void)hash_put(hash, SPAN_LITERAL("b"), mem_text("owned too"));
    hash_free(&hash, free); /* or the sanitizer tells */
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(split_cases) + 16] = {
        cmocka_unit_test(arena_objects_are_aligned_zeroed_and_apart),
        cmocka_unit_test(arena_reset_keeps_one_small_block),
        cmocka_unit_test(large_object_leaves_the_current_block_in_use),
        cmocka_unit_test(arena_texts_are_copies),
        cmocka_unit_test(buf_grows_to_its_limit_and_no_further),
        cmocka_unit_test(buf_formats_into_what_is_free),
        cmocka_unit_test(buf_reserve_commit_remove_take),
        cmocka_unit_test(list_is_searched_and_emptied),
        cmocka_unit_test(hash_finds_what_was_put),
        cmocka_unit_test(hash_keys_are_octets),
        cmocka_unit_test(hash_walk_sees_each_once_and_may_remove),
        cmocka_unit_test(hash_lives_long),
        cmocka_unit_test(hash_free_gives_back_values),
    };
    size_t used = 13;

    UNIT_ADD_ROWS(tests, used, split_cases, run_split);
    return unit_run("base_memory", tests, used);
}
