/* Deferred messages by date, and the heap beneath. */
#include "t/unit/unit.h"

#include "qmgr/due.h"
#include "qmgr/heap.h"

#include <stdio.h>

static void messages_come_in_the_order_of_their_dates(void **state UNUSED)
{
    static const int64_t dates[] = {50, 10, 40, 10, 30, 20};
    static const char *const order[] = {"B", "D", "F", "E", "C", "A"}; /* 10 twice: as they came */
    struct due due = {0};
    struct due_message message;

    for (size_t i = 0; i < ARRAY_LENGTH(dates); i++)
        due_add(&due, dates[i], (char[]){(char)('A' + i), '\0'});
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        assert_true(due_take(&due, 100, &message));
        assert_string_equal(message.queue_id, order[i]);
        assert_false(message.flushed);
    }
    assert_false(due_take(&due, 100, &message));
    due_release(&due);
}

/* Of every length that a queue id may have. */
static void ids_come_out_as_they_went_in(void **state UNUSED)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789x";
    struct due due = {0};
    struct due_message message;

    for (size_t len = 1; len < QUEUE_ID_MAX; len++) {
        char queue_id[QUEUE_ID_MAX] = "";
        memcpy(queue_id, letters, len);
        due_add(&due, (int64_t)len, queue_id);
    }
    for (size_t len = 1; len < QUEUE_ID_MAX; len++) {
        assert_true(due_take(&due, INT64_MAX, &message));
        assert_int_equal(strlen(message.queue_id), len);
        assert_memory_equal(message.queue_id, letters, len);
    }
    due_add(&due, 1, letters); /* freed with the rest */
    due_release(&due);
}

static void many_come_in_order(void **state UNUSED)
{
    struct due due = {0};
    struct due_message message;
    int64_t last = 0;

    srandom(5);
    for (size_t i = 0; i < 10000; i++) {
        char queue_id[QUEUE_ID_MAX];
        snprintf(queue_id, sizeof(queue_id), "Q%zu", i);
        due_add(&due, random() % 500, queue_id);
    }
    for (size_t i = 0; i < 10000; i++) {
        assert_true(due_take(&due, 500, &message));
        assert_true(message.when >= last);
        last = message.when;
    }
    assert_int_equal(due_next(&due, 0), -1);
}

static void nothing_comes_before_its_time(void **state UNUSED)
{
    struct due due = {0};
    struct due_message message;

    assert_int_equal(due_next(&due, 0), -1);
    due_add(&due, 100, "A");
    assert_int_equal(due_next(&due, 40), 60);
    assert_false(due_take(&due, 99, &message));
    assert_int_equal(due_next(&due, 200), 0);
    assert_true(due_take(&due, 100, &message));
    assert_int_equal(message.when, 100);
    due_release(&due);
}

static void a_flush_brings_all_at_once(void **state UNUSED)
{
    struct due due = {0};
    struct due_message message;

    due_add(&due, 300, "C");
    due_add(&due, 100, "A");
    due_add(&due, 200, "B");
    due_flush(&due);
    due_add(&due, 50, "later"); /* deferred again meanwhile: not flushed twice */
    assert_int_equal(due_next(&due, 0), 0);
    for (char *expected = (char[]){"ABC"}; *expected != '\0'; expected++) {
        assert_true(due_take(&due, 0, &message));
        assert_int_equal(message.queue_id[0], *expected);
        assert_true(message.flushed);
    }
    assert_false(due_take(&due, 0, &message));
    assert_int_equal(due_next(&due, 0), 50);
    due_release(&due);
}

static void a_wanted_message_is_the_first(void **state UNUSED)
{
    struct due due = {0};
    struct due_message message;

    due_add(&due, 1, "due");
    due_add_flushed(&due, "wanted");
    assert_true(due_take(&due, 10, &message));
    assert_string_equal(message.queue_id, "wanted");
    due_flush(&due);
    due_flush(&due);
    assert_true(due_take(&due, 0, &message));
    assert_string_equal(message.queue_id, "due");
    due_release(&due);
}

struct item {
    int number;
    struct heap_node node;
};

static void any_node_can_be_taken_out(void **state UNUSED)
{
    struct item items[200] = {0};
    struct heap heap = {0};
    int64_t last = -1;
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(items); i++) {
        items[i].node.key = (int64_t)(i * 7919 % 101);
        heap_push(&heap, &items[i].node);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(items); i += 3) {
        heap_remove(&heap, &items[i].node);
        assert_false(heap_has(&items[i].node));
        heap_remove(&heap, &items[i].node); /* once more is nothing */
    }
    for (struct heap_node *node; (node = heap_first(&heap)) != NULL; count++) {
        assert_true(node->key >= last);
        last = node->key;
        assert_true((HEAP_OWNER(node, struct item, node) - items) % 3 != 0);
        heap_remove(&heap, node);
    }
    assert_int_equal(count, ARRAY_LENGTH(items) - (ARRAY_LENGTH(items) + 2) / 3);
    heap_release(&heap);
}

static void a_deferred_message_costs_forty_octets_at_most(void **state UNUSED)
{
    struct due due = {0};
    char queue_id[QUEUE_ID_MAX];
    size_t each;

    for (int i = 0; i < 100000; i++) {
        snprintf(queue_id, sizeof(queue_id), "4jY70w%04dz1bdW5", i % 10000);
        due_add(&due, i, queue_id);
    }
    each = due.waiting.capacity * sizeof(*due.waiting.entries) / due.waiting.count;
    assert_in_range(each, 1, 40);
    due_release(&due);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_the_order_of_their_dates),
        cmocka_unit_test(ids_come_out_as_they_went_in),
        cmocka_unit_test(many_come_in_order),
        cmocka_unit_test(nothing_comes_before_its_time),
        cmocka_unit_test(a_flush_brings_all_at_once),
        cmocka_unit_test(a_wanted_message_is_the_first),
        cmocka_unit_test(any_node_can_be_taken_out),
        cmocka_unit_test(a_deferred_message_costs_forty_octets_at_most),
    };

    return unit_run("qmgr_due", tests, ARRAY_LENGTH(tests));
}
