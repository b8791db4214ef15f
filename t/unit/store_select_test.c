/* A mailbox that was selected: its counts come first, its messages when they are wanted, as they were then. */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

static struct mailbox_outline outline;

static struct mailbox *select_inbox(bool read_only)
{
    struct mailbox *mailbox = mailbox_select(store, "INBOX", read_only, &outline, &err);

    assert_non_null(mailbox);
    assert_true(mailbox->awaited);
    assert_int_equal(mailbox->count, 0);
    return mailbox;
}

static void show(struct mailbox *mailbox)
{
    assert_true(mailbox_show(mailbox, &err));
    assert_false(mailbox->awaited);
}

/* Three messages: seen, not seen, seen. */
static void fill(void)
{
    (void)append("INBOX", FLAG_SEEN, "Subject: a\n\nb\n");
    (void)append("INBOX", 0, "Subject: a\n\nb\n");
    (void)append("INBOX", FLAG_SEEN, "Subject: a\n\nb\n");
}

/* By another session, so to speak. */
static void expunge(size_t index)
{
    struct mailbox *other = open_mailbox("INBOX", true);
    uint32_t at = (uint32_t)index;

    assert_true(mailbox_expunge(other, &at, 1, &err));
    mailbox_close(&other);
}

static void set_seen(size_t index, enum flag_mode mode)
{
    const struct flag_change seen = {.mode = mode, .flags = FLAG_SEEN};
    struct mailbox *other = open_mailbox("INBOX", true);
    uint32_t at = (uint32_t)index;

    assert_true(mailbox_change_flags(other, &at, 1, &seen, &err));
    mailbox_close(&other);
}

static void expect_outline(size_t messages, size_t recent, size_t first_unseen)
{
    struct mailbox *mailbox = select_inbox(true);

    assert_int_equal(outline.messages, messages);
    assert_int_equal(outline.recent, recent);
    assert_int_equal(outline.first_unseen, first_unseen);
    mailbox_close(&mailbox);
}

static void an_empty_one(void **state UNUSED)
{
    struct mailbox *mailbox = select_inbox(false);

    assert_int_equal(outline.messages + outline.recent + outline.first_unseen, 0);
    show(mailbox);
    assert_int_equal(mailbox->count, 0);
    mailbox_close(&mailbox);
}

static void counts_and_messages(void **state UNUSED)
{
    struct mailbox *mailbox;

    fill();
    mailbox = select_inbox(false);
    assert_int_equal(outline.messages, 3);
    assert_int_equal(outline.recent, 3);
    assert_int_equal(outline.first_unseen, 2);
    show(mailbox);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(mailbox->messages[0].flags, FLAG_SEEN | FLAG_RECENT);
    assert_int_equal(mailbox->messages[1].flags, FLAG_RECENT);
    assert_false(mailbox->changed);
    mailbox_close(&mailbox);
    expect_outline(3, 0, 2);
}

static void the_first_unseen_one_moves(void **state UNUSED)
{
    fill();
    set_seen(1, FLAGS_ADD);
    expect_outline(3, 3, 0);
    (void)append("INBOX", 0, "Subject: a\n\nb\n");
    expect_outline(4, 4, 4);
    expunge(0);
    expect_outline(3, 3, 3);
    set_seen(0, FLAGS_REMOVE);
    expect_outline(3, 3, 1);
    expunge(0);
    expect_outline(2, 2, 2);
    expunge(1);
    expect_outline(1, 1, 0);
    expunge(0);
    expect_outline(0, 0, 0);
}

/* Over the borders of what the index packs together. */
static void the_first_unseen_one_of_many(void **state UNUSED)
{
    for (int i = 0; i < 200; i++)
        (void)append("INBOX", i < 150 || i > 160 ? FLAG_SEEN : 0, "Subject: a\n\nb\n");
    expect_outline(200, 200, 151);
    expunge(70);
    expect_outline(199, 199, 150);
    set_seen(149, FLAGS_ADD);
    expect_outline(199, 199, 151);
    set_seen(3, FLAGS_REMOVE);
    expect_outline(199, 199, 4);
    set_seen(3, FLAGS_ADD);
    expect_outline(199, 199, 151);
}

static void nothing_new_is_no_reason_to_show_it(void **state UNUSED)
{
    struct mailbox *mailbox;

    fill();
    mailbox = select_inbox(false);
    sync_mailbox(mailbox);
    assert_true(mailbox->awaited);
    (void)append("INBOX", FLAG_DRAFT, "Subject: b\n\nb\n");
    sync_mailbox(mailbox);
    assert_false(mailbox->awaited);
    assert_int_equal(mailbox->count, 4);
    assert_int_equal(mailbox->gone, 0);
    assert_int_equal(mailbox->messages[3].flags, FLAG_DRAFT | FLAG_RECENT);
    mailbox_close(&mailbox);
}

/* The client counts on what it was told: numbers are those of that moment. */
static void what_happened_meanwhile_is_news(void **state UNUSED)
{
    struct mailbox *mailbox;

    fill();
    mailbox = select_inbox(false);
    expunge(0);
    set_seen(0, FLAGS_ADD);
    (void)append("INBOX", 0, "Subject: b\n\nb\n");
    expunge(2);
    (void)append("INBOX", FLAG_DRAFT, "Subject: b\n\nb\n");
    show(mailbox);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(mailbox->gone, 1);
    assert_int_equal(mailbox->messages[0].flags & FLAG_GONE, FLAG_GONE);
    assert_int_equal(uid_at(mailbox, 0), 1);
    assert_int_equal(mailbox->messages[1].flags, FLAG_SEEN | FLAG_CHANGED | FLAG_RECENT);
    assert_int_equal(mailbox->messages[2].flags, FLAG_SEEN | FLAG_RECENT);
    assert_true(mailbox->changed);
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 4);
    assert_int_equal(mailbox->gone, 1);
    assert_int_equal(mailbox->messages[1].flags, FLAG_SEEN | FLAG_CHANGED | FLAG_RECENT);
    assert_int_equal(mailbox->messages[2].flags, FLAG_SEEN | FLAG_RECENT);
    assert_int_equal(uid_at(mailbox, 3), 5);
    mailbox_close(&mailbox);
}

static void recent_is_only_what_this_session_claimed(void **state UNUSED)
{
    struct mailbox *mailbox, *other;

    fill();
    mailbox = select_inbox(false);
    (void)append("INBOX", 0, "Subject: b\n\nb\n");
    other = open_mailbox("INBOX", false);
    assert_int_equal(other->messages[3].flags, FLAG_RECENT);
    mailbox_close(&other);
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->messages[2].flags, FLAG_SEEN | FLAG_RECENT);
    assert_int_equal(mailbox->messages[3].flags, 0);
    mailbox_close(&mailbox);
}

static void the_index_was_lost(void **state UNUSED)
{
    struct mailbox *mailbox;

    fill();
    mailbox = select_inbox(false);
    run("rm -rf mail/buzon.index*");
    (void)append("INBOX", 0, "Subject: b\n\nb\n");
    show(mailbox);
    assert_int_equal(mailbox->count, 3);
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 4);
    assert_int_equal(mailbox->gone, 0);
    assert_int_equal(uid_at(mailbox, 3), 4);
    mailbox_close(&mailbox);
}

/* Which message is gone nobody knows any more, but how many the client counts on. */
static void the_index_was_lost_and_a_message(void **state UNUSED)
{
    struct mailbox *mailbox;

    fill();
    mailbox = select_inbox(false);
    expunge(1);
    run("rm -rf mail/buzon.index*");
    show(mailbox);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(mailbox->gone, 1);
    assert_int_equal(uid_at(mailbox, 1), 2);
    assert_int_equal(mailbox->messages[1].flags & FLAG_GONE, FLAG_GONE);
    mailbox_close(&mailbox);
}

static void it_is_remembered_as_it_was(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct mailbox_memory memory;
    struct mailbox *mailbox;

    fill();
    mailbox = select_inbox(false);
    expunge(0);
    set_seen(0, FLAGS_ADD);
    assert_true(mailbox_remember(mailbox, outline.messages, arena, &memory, &err));
    mailbox_close(&mailbox);
    mailbox = mailbox_recall(store, "INBOX", false, &memory, &err);
    assert_non_null(mailbox);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(mailbox->gone, 1);
    assert_int_equal(mailbox->messages[1].flags & FLAG_CHANGED, FLAG_CHANGED);
    mailbox_close(&mailbox);
    arena_free(&arena);
}

/* --- a glance ---------------------------------------------------------------------------------- */

/* More than are read in no time; of those with UIDs up to 300 every other one is gone, the last two are, too. */
enum { ADDED = 1400, THINNED = 300, LEFT = ADDED - THINNED / 2 - 2 };

static void fill_with_many(void)
{
    uint32_t doomed[THINNED / 2 + 2];
    struct mailbox *mailbox;

    run("seq -f 'mail/new/%.0f.M1P1.mail' 1000 2399 | xargs touch");
    mailbox = open_mailbox("INBOX", true);
    assert_int_equal(mailbox->count, ADDED);
    for (uint32_t i = 0; i < THINNED / 2; i++)
        doomed[i] = 2 * i + 1;
    doomed[THINNED / 2] = ADDED - 2;
    doomed[THINNED / 2 + 1] = ADDED - 1;
    assert_true(mailbox_expunge(mailbox, doomed, ARRAY_LENGTH(doomed), &err));
    mailbox_close(&mailbox);
    set_seen(LEFT - 1, FLAGS_ADD);
}

static bool is_wanted(const struct mailbox *all, size_t index, bool by_uid, uint32_t first,
                      uint32_t last)
{
    size_t number = by_uid ? all->messages[index].uid : index + 1;

    return (number >= first && number <= last) || (last == UINT32_MAX && index + 1 == all->count);
}

/* What a glance shows is what the whole view has there, and all that is wanted is among it. */
static void expect_glance(struct mailbox *mailbox, const struct mailbox *all, bool by_uid,
                          uint32_t first, uint32_t last)
{
    assert_true(mailbox_glance(mailbox, by_uid, first, last));
    assert_true(mailbox->awaited);
    assert_true(last != UINT32_MAX || mailbox->count == all->count);
    for (size_t i = 0; i < all->count; i++) {
        bool shown = i < mailbox->count && mailbox->messages[i].uid != 0;
        assert_true(shown || !is_wanted(all, i, by_uid, first, last));
        if (!shown)
            continue;
        assert_int_equal(mailbox->messages[i].uid, all->messages[i].uid);
        assert_int_equal(mailbox->messages[i].flags, all->messages[i].flags);
        assert_int_equal(mailbox->messages[i].modseq, all->messages[i].modseq);
    }
}

static void expect_no_glance(struct mailbox *mailbox, bool by_uid, uint32_t first, uint32_t last)
{
    assert_false(mailbox_glance(mailbox, by_uid, first, last));
    mailbox_end_glance(mailbox);
    assert_true(mailbox->awaited);
    assert_int_equal(mailbox->count, 0);
}

static void a_glance_at_either_end(void **state UNUSED)
{
    struct mailbox *mailbox, *all;

    fill_with_many();
    mailbox = select_inbox(true);
    all = open_mailbox("INBOX", true);
    assert_int_equal(all->count, LEFT);
    expect_glance(mailbox, all, false, LEFT - 49, UINT32_MAX);
    expect_glance(mailbox, all, false, LEFT, LEFT);
    expect_glance(mailbox, all, false, UINT32_MAX, UINT32_MAX);
    expect_glance(mailbox, all, false, 1, 200);
    assert_int_equal(mailbox->count, 200);
    expect_glance(mailbox, all, true, ADDED - 100, UINT32_MAX);
    expect_glance(mailbox, all, true, ADDED, UINT32_MAX); /* gone: then it is the last one */
    expect_glance(mailbox, all, true, UINT32_MAX, UINT32_MAX);
    expect_glance(mailbox, all, true, 20, 100);
    expect_glance(mailbox, all, true, 7, 7);
    expect_no_glance(mailbox, false, LEFT / 2, LEFT / 2);
    expect_no_glance(mailbox, false, 1, LEFT);
    expect_no_glance(mailbox, true, 1, UINT32_MAX);
    mailbox_close(&all);
    mailbox_close(&mailbox);
}

static void a_glance_leaves_nothing_behind(void **state UNUSED)
{
    struct mailbox *mailbox, *all;

    fill_with_many();
    mailbox = select_inbox(false);
    all = open_mailbox("INBOX", true);
    assert_true(mailbox_glance(mailbox, false, LEFT, LEFT));
    assert_int_equal(mailbox->messages[LEFT - 1].flags, FLAG_SEEN | FLAG_RECENT);
    mailbox->messages[LEFT - 1].flags |= FLAG_GONE;
    mailbox->gone++;
    show(mailbox);
    assert_int_equal(mailbox->count, LEFT);
    assert_int_equal(mailbox->gone, 0);
    for (size_t i = 0; i < LEFT; i++) {
        assert_int_equal(mailbox->messages[i].uid, all->messages[i].uid);
        assert_int_equal(mailbox->messages[i].flags, all->messages[i].flags | FLAG_RECENT);
    }
    assert_false(mailbox_glance(mailbox, false, LEFT, LEFT)); /* it has them all */
    mailbox_close(&all);
    mailbox_close(&mailbox);
}

/* Numbers are those of the moment of SELECT. */
static void no_glance_at_a_mailbox_that_changed(void **state UNUSED)
{
    struct mailbox *mailbox;

    fill_with_many();
    mailbox = select_inbox(false);
    assert_true(mailbox_glance(mailbox, false, LEFT, LEFT));
    expunge(0);
    expect_no_glance(mailbox, false, LEFT, LEFT);
    show(mailbox);
    assert_int_equal(mailbox->count, LEFT);
    assert_int_equal(mailbox->gone, 1);
    mailbox_close(&mailbox);
}

static void news_end_a_glance(void **state UNUSED)
{
    struct mailbox *mailbox;

    fill_with_many();
    mailbox = select_inbox(false);
    assert_true(mailbox_glance(mailbox, true, ADDED, UINT32_MAX));
    (void)append("INBOX", 0, "Subject: b\n\nb\n");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, LEFT + 1);
    assert_int_equal(mailbox->gone, 0);
    assert_int_equal(uid_at(mailbox, 0), 1);
    assert_int_equal(uid_at(mailbox, LEFT), ADDED + 1);
    mailbox_close(&mailbox);
}

static void a_small_mailbox_is_shown_whole(void **state UNUSED)
{
    struct mailbox *mailbox;

    fill();
    mailbox = select_inbox(false);
    expect_no_glance(mailbox, false, 3, UINT32_MAX);
    mailbox_close(&mailbox);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_CASE(an_empty_one),
        STORE_CASE(counts_and_messages),
        STORE_CASE(the_first_unseen_one_moves),
        STORE_CASE(the_first_unseen_one_of_many),
        STORE_CASE(nothing_new_is_no_reason_to_show_it),
        STORE_CASE(what_happened_meanwhile_is_news),
        STORE_CASE(recent_is_only_what_this_session_claimed),
        STORE_CASE(the_index_was_lost),
        STORE_CASE(the_index_was_lost_and_a_message),
        STORE_CASE(it_is_remembered_as_it_was),
        STORE_CASE(a_glance_at_either_end),
        STORE_CASE(a_glance_leaves_nothing_behind),
        STORE_CASE(no_glance_at_a_mailbox_that_changed),
        STORE_CASE(news_end_a_glance),
        STORE_CASE(a_small_mailbox_is_shown_whole),
    };

    return unit_run("mailboxes that are selected", tests, ARRAY_LENGTH(tests));
}
