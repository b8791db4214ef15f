/* A view that was left and is taken up again shows what happened in between, and nothing else. */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

static struct arena *arena;

static int set_up(void **state)
{
    arena = arena_create();
    return store_set_up(state);
}

static int tear_down(void **state)
{
    arena_free(&arena);
    return store_tear_down(state);
}

/* Three messages, seen once; \Recent, all of them. */
static struct mailbox_memory remembered(void)
{
    struct mailbox *mailbox;
    struct mailbox_memory memory;

    for (int i = 0; i < 3; i++)
        (void)append("INBOX", 0, "Subject: a\n\nb\n");
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 3);
    assert_true(mailbox_remember(mailbox, mailbox->count, arena, &memory, &err));
    mailbox_close(&mailbox);
    return memory;
}

static struct mailbox *recall(const struct mailbox_memory *memory)
{
    struct mailbox *mailbox = mailbox_recall(store, "INBOX", false, memory, &err);

    assert_non_null(mailbox);
    assert_false(mailbox->recalled);
    return mailbox;
}

static void nothing_happened(void **state UNUSED)
{
    struct mailbox_memory memory = remembered();
    struct mailbox *mailbox = recall(&memory);

    assert_int_equal(memory.known_count, 1);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(mailbox->gone, 0);
    assert_false(mailbox->changed);
    assert_int_equal(mailbox->messages[2].flags & FLAG_RECENT, FLAG_RECENT);
    assert_true(mailbox->modseq == memory.modseq);
    mailbox_close(&mailbox);
}

static void flags_changed(void **state UNUSED)
{
    struct mailbox_memory memory = remembered();
    struct mailbox *mailbox = open_mailbox("INBOX", false);

    change(mailbox, FLAGS_ADD, FLAG_SEEN);
    mailbox_close(&mailbox);
    mailbox = recall(&memory);
    assert_true(mailbox->changed);
    assert_int_equal(mailbox->messages[0].flags, FLAG_SEEN | FLAG_CHANGED | FLAG_RECENT);
    assert_int_equal(mailbox->messages[1].flags, FLAG_RECENT);
    mailbox_close(&mailbox);
}

static void one_came_and_one_went(void **state UNUSED)
{
    struct mailbox_memory memory = remembered();
    struct mailbox *mailbox = open_mailbox("INBOX", false);

    assert_true(mailbox_expunge(mailbox, first_index, 1, &err));
    mailbox_close(&mailbox);
    (void)append("INBOX", FLAG_DRAFT, "Subject: b\n\nb\n");
    mailbox = recall(&memory);
    assert_int_equal(mailbox->count, 4);
    assert_int_equal(mailbox->gone, 1);
    assert_int_equal(mailbox->messages[0].flags & FLAG_GONE, FLAG_GONE);
    assert_int_equal(mailbox->messages[3].flags, FLAG_DRAFT | FLAG_RECENT);
    mailbox_forget_gone(mailbox);
    assert_int_equal(uid_at(mailbox, 0), 2);
    mailbox_close(&mailbox);
}

static void a_part_was_told(void **state UNUSED)
{
    struct mailbox_memory memory = remembered();
    struct uid_range first = {1, 1};
    struct mailbox *mailbox;

    memory.known = &first;
    memory.recent_count = 0;
    mailbox = recall(&memory);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(uid_at(mailbox, 2), 3);
    mailbox_close(&mailbox);
}

static void the_index_was_lost(void **state UNUSED)
{
    struct mailbox_memory memory = remembered();
    struct mailbox *mailbox;

    store_close(&store);
    run("rm -rf mail/buzon.index*");
    open_store();
    mailbox = recall(&memory);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(mailbox->gone, 0);
    mailbox_close(&mailbox);
}

static void another_uidvalidity(void **state UNUSED)
{
    struct mailbox_memory memory = remembered();

    memory.uidvalidity++;
    assert_null(mailbox_recall(store, "INBOX", false, &memory, &err));
    assert_int_equal(err.number, ESTALE);
}

static void no_such_mailbox(void **state UNUSED)
{
    struct mailbox_memory memory = remembered();

    assert_null(mailbox_recall(store, "gone", false, &memory, &err));
    assert_int_equal(err.number, ENOENT);
}

static void what_nobody_can_have_seen(void **state UNUSED)
{
    static const struct uid_range hostile[][2] = {
        {{1, UINT32_MAX}, {0, 0}},
        {{5, 6},          {6, 7}},
        {{5, 4},          {9, 9}},
        {{0, 1},          {9, 9}},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
        struct mailbox_memory memory = {
            .uidvalidity = 1, .known = hostile[i], .known_count = i == 0 ? 1 : 2};
        assert_null(mailbox_recall(store, "INBOX", false, &memory, &err));
        assert_int_equal(err.kind, ERROR_MALFORMED);
    }
}

#define RECALL_CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        RECALL_CASE(nothing_happened),      RECALL_CASE(flags_changed),
        RECALL_CASE(one_came_and_one_went), RECALL_CASE(a_part_was_told),
        RECALL_CASE(the_index_was_lost),    RECALL_CASE(another_uidvalidity),
        RECALL_CASE(no_such_mailbox),       RECALL_CASE(what_nobody_can_have_seen),
    };

    return unit_run("views that are taken up again", tests, ARRAY_LENGTH(tests));
}
