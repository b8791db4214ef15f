/* lib/store: what a client that comes back is told: modseqs, what vanished, who a message is. */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

#include "lib/base/clock.h"

#include <stdio.h>
#include <unistd.h>

static struct mailbox *fill(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        append("INBOX", 0, "Subject: a\r\n\r\nx\r\n");
    return open_mailbox("INBOX", false);
}

static void lose_index(void)
{
    store_close(&store);
    run("rm -rf mail/buzon.index");
    open_store();
}

/* "1,3:4" of what vanished after a modseq; exact ones with a '!' in front. */
static const char *vanished(struct mailbox *mailbox, uint64_t modseq)
{
    static char text[200];
    struct arena *arena = arena_create();
    struct uid_range *ranges;
    size_t count, len = 0;
    bool exact;

    assert_true(mailbox_vanished(mailbox, modseq, arena, &ranges, &count, &exact, &err));
    text[0] = '\0';
    if (exact)
        len += (size_t)snprintf(text, sizeof(text), "!");
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                ranges[i].first == ranges[i].last ? "%s%" PRIu32
                                                                  : "%s%" PRIu32 ":%" PRIu32,
                                i == 0 ? "" : ",", ranges[i].first, ranges[i].last);
    arena_free(&arena);
    return text;
}

static void expunge(struct mailbox *mailbox, uint32_t first, uint32_t count)
{
    uint32_t indices[20];

    for (uint32_t i = 0; i < count; i++)
        indices[i] = (uint32_t)mailbox_find_uid(mailbox, first + i);
    assert_true(mailbox_expunge(mailbox, indices, count, &err));
    mailbox_forget_gone(mailbox);
}

/* --- what vanished ----------------------------------------------------------------------------- */

static void expunged_uids_are_remembered_in_their_order(void **state UNUSED)
{
    struct mailbox *mailbox = fill(10);
    uint64_t start = mailbox->modseq, middle;

    assert_string_equal(vanished(mailbox, start), "!");
    expunge(mailbox, 4, 2);
    middle = mailbox->modseq;
    expunge(mailbox, 1, 1);
    expunge(mailbox, 6, 1);
    assert_string_equal(vanished(mailbox, start), "!1,4:6");
    assert_string_equal(vanished(mailbox, middle), "!1,6");
    assert_string_equal(vanished(mailbox, mailbox->modseq), "!");
    mailbox_close(&mailbox);
}

static void removal_by_another_program_is_remembered_too(void **state UNUSED)
{
    struct mailbox *mailbox = fill(3);
    uint64_t start = mailbox->modseq;

    settle(mailbox);
    run("rm \"$(ls -d mail/cur/* | sed -n 2p)\"");
    sync_mailbox(mailbox);
    assert_true(mailbox->modseq > start);
    assert_int_equal(mailbox->gone, 1);
    assert_string_equal(vanished(mailbox, start), "!"); /* the client still has to be told */
    mailbox_forget_gone(mailbox);
    assert_string_equal(vanished(mailbox, start), "!2");
    mailbox_close(&mailbox);
}

static void moved_messages_vanish(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct mailbox *mailbox = fill(3);
    struct mailbox_copied copied;
    uint64_t start = mailbox->modseq;

    assert_true(store_create(store, "box", &err));
    assert_true(mailbox_copy(mailbox, first_index, 1, "box", true, arena, &copied, &err));
    mailbox_forget_gone(mailbox);
    assert_string_equal(vanished(mailbox, start), "!1");
    mailbox_close(&mailbox);
    arena_free(&arena);
}

static void after_a_rebuild_all_that_is_not_there_vanished(void **state UNUSED)
{
    struct mailbox *mailbox = fill(5);
    uint64_t start = mailbox->modseq;

    expunge(mailbox, 2, 1);
    expunge(mailbox, 5, 1);
    mailbox_close(&mailbox);
    lose_index();
    mailbox = open_mailbox("INBOX", false);
    assert_string_equal(vanished(mailbox, start), "2,5");
    start = mailbox->modseq;
    expunge(mailbox, 1, 1);
    assert_string_equal(vanished(mailbox, start), "!1");
    assert_string_equal(vanished(mailbox, 1), "1:2,5");
    mailbox_close(&mailbox);
}

static void what_the_view_does_not_know_yet_is_not_told(void **state UNUSED)
{
    struct mailbox *mailbox = fill(2), *other;
    uint64_t start = mailbox->modseq;

    append("INBOX", 0, "x");
    other = open_mailbox("INBOX", false);
    expunge(other, 1, 1);
    expunge(other, 3, 1);
    assert_string_equal(vanished(mailbox, start), "!");
    sync_mailbox(mailbox);
    mailbox_forget_gone(mailbox);
    assert_string_equal(vanished(mailbox, start), "!1,3");
    mailbox_close(&mailbox);
    mailbox_close(&other);
}

/* --- modseqs ----------------------------------------------------------------------------------- */

static void every_change_has_a_higher_modseq(void **state UNUSED)
{
    struct mailbox *mailbox = fill(1);
    uint64_t last = mailbox->modseq;
    struct store_status status;

    change(mailbox, FLAGS_ADD, FLAG_SEEN);
    assert_true(mailbox->modseq > last && mailbox->messages[0].modseq == mailbox->modseq);
    last = mailbox->modseq;
    change(mailbox, FLAGS_ADD, FLAG_SEEN); /* nothing changes */
    assert_true(mailbox->modseq == last);
    settle(mailbox);
    run("mv mail/cur/*:2,S \"$(echo mail/cur/*:2,S | sed s/S$/FS/)\"");
    sync_mailbox(mailbox);
    assert_true(mailbox->modseq > last && mailbox->messages[0].modseq == mailbox->modseq);
    assert_true(store_status(store, "INBOX", false, &status, &err));
    assert_true(status.modseq == mailbox->modseq);
    mailbox_close(&mailbox);
}

static void modseqs_rise_over_a_rebuild_even_when_the_clock_was_set_back(void **state UNUSED)
{
    struct mailbox *mailbox = fill(1);
    uint64_t day_us = 24 * 3600 * UINT64_C(1000000), last;

    last = mailbox->modseq;
    mailbox_close(&mailbox);
    /* As if all of this had happened ten days later. */
    store_close(&store);
    run("rm -rf mail/buzon.index");
    assert_int_equal(access("mail/buzon.index.modseq", F_OK), 0);
    {
        char command[120];
        snprintf(command, sizeof(command), "echo %" PRIu64 " >mail/buzon.index.modseq",
                 last + 10 * day_us);
        run(command);
    }
    open_store();
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox->modseq > last + 10 * day_us);
    last = mailbox->modseq;
    mailbox_close(&mailbox);
    lose_index();
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox->modseq > last);
    mailbox_close(&mailbox);
}

static void damaged_floor_is_as_good_as_none(void **state UNUSED)
{
    struct mailbox *mailbox = fill(1);
    uint64_t last = mailbox->modseq;

    mailbox_close(&mailbox);
    run("echo 18446744073709551615 >mail/buzon.index.modseq");
    lose_index();
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox->modseq > last && mailbox->modseq < last + UINT64_C(3600000000));
    mailbox_close(&mailbox);
}

static void mailbox_that_was_away_comes_back_later(void **state UNUSED)
{
    struct mailbox *mailbox;
    struct store_status before, after;

    assert_true(store_create(store, "box", &err));
    append("box", 0, "x");
    run("cp -a mail/.box saved");
    mailbox = open_mailbox("box", false);
    for (int i = 0; i < 3; i++) {
        change(mailbox, FLAGS_ADD, FLAG_SEEN);
        change(mailbox, FLAGS_REMOVE, FLAG_SEEN);
    }
    mailbox_close(&mailbox);
    assert_true(store_status(store, "box", false, &before, &err));
    assert_true(store_delete(store, "box", &err));
    run("mv saved mail/.box");
    assert_true(store_status(store, "box", false, &after, &err));
    assert_int_equal(after.uidvalidity, before.uidvalidity);
    assert_true(after.modseq > before.modseq);
}

/* STORE (UNCHANGEDSINCE): what another session did meanwhile counts, though the view lacks it. */
static void conditional_change_spares_what_others_changed(void **state UNUSED)
{
    static const uint32_t both[] = {0, 1};
    struct mailbox *mailbox = fill(2), *other = open_mailbox("INBOX", false);
    const struct flag_change conditional = {.mode = FLAGS_ADD,
                                            .flags = FLAG_DELETED,
                                            .conditional = true,
                                            .unchanged_since = mailbox->modseq};

    change(other, FLAGS_ADD, FLAG_FLAGGED);
    assert_true(mailbox_change_flags(mailbox, both, 2, &conditional, &err));
    assert_true((mailbox->messages[0].flags & FLAG_REFUSED) != 0);
    assert_true((mailbox->messages[0].flags & FLAG_DELETED) == 0);
    assert_true((mailbox->messages[1].flags & (FLAG_REFUSED | FLAG_DELETED)) == FLAG_DELETED);
    sync_mailbox(mailbox);
    assert_true((mailbox->messages[0].flags & FLAG_FLAGGED) != 0);
    mailbox_close(&mailbox);
    mailbox_close(&other);
}

/* --- who is who -------------------------------------------------------------------------------- */

static struct message_metadata identify(struct mailbox *mailbox, size_t index, char id[80])
{
    struct message_metadata metadata;

    assert_true(mailbox_begin_reading(mailbox, &err));
    assert_true(
        mailbox_metadata(mailbox, index, WANT_EMAIL_ID | WANT_SAVE_DATE, NULL, &metadata, &err));
    snprintf(id, 80, "%s", metadata.email_id);
    mailbox_end_reading(mailbox);
    return metadata;
}

static void copies_are_the_same_message_also_after_a_rebuild(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct mailbox *inbox = fill(2), *box;
    struct mailbox_copied copied;
    char first[80], second[80], id[80];

    assert_true(store_create(store, "box", &err));
    identify(inbox, 0, first);
    identify(inbox, 1, second);
    assert_string_not_equal(first, second);
    assert_true(mailbox_copy(inbox, first_index, 1, "box", false, arena, &copied, &err));
    assert_true(store_rename(store, "box", "other", &err));
    change(inbox, FLAGS_ADD, FLAG_SEEN); /* another file name */
    identify(inbox, 0, id);
    assert_string_equal(id, first);
    mailbox_close(&inbox);
    for (int round = 0; round < 2; round++) {
        box = open_mailbox("other", false);
        identify(box, 0, id);
        assert_string_equal(id, first);
        if (round == 1) /* a copy of a copy */
            assert_true(mailbox_copy(box, first_index, 1, "INBOX", true, arena, &copied, &err));
        mailbox_close(&box);
        lose_index();
    }
    inbox = open_mailbox("INBOX", false);
    assert_int_equal(inbox->count, 3);
    identify(inbox, 2, id);
    assert_string_equal(id, first);
    mailbox_close(&inbox);
    arena_free(&arena);
}

static void mailbox_keeps_its_id_under_another_name(void **state UNUSED)
{
    struct store_status before, after;
    struct mailbox *mailbox;

    assert_true(store_create(store, "box", &err));
    assert_true(store_status(store, "box", false, &before, &err));
    assert_int_equal(strlen(before.guid), 32);
    assert_true(store_rename(store, "box", "other", &err));
    lose_index();
    assert_true(store_status(store, "other", false, &after, &err));
    assert_string_equal(after.guid, before.guid);
    mailbox = open_mailbox("other", true);
    assert_string_equal(mailbox->guid, before.guid);
    mailbox_close(&mailbox);
    assert_true(store_create(store, "box", &err));
    assert_true(store_status(store, "box", false, &after, &err));
    assert_string_not_equal(after.guid, before.guid);
}

static void save_date_is_when_it_came_here(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct mailbox *inbox, *box;
    struct mailbox_copied copied;
    char id[80];
    uint64_t now = (uint64_t)clock_wall().tv_sec;

    deliver("1100000000.M1P1.h");
    deliver("nonsense");
    inbox = open_mailbox("INBOX", false);
    assert_int_equal(identify(inbox, 0, id).save_date, 0);
    assert_int_equal(identify(inbox, 1, id).save_date, 1100000000);
    assert_true(store_create(store, "box", &err));
    assert_true(mailbox_copy(inbox, first_index, 1, "box", false, arena, &copied, &err));
    box = open_mailbox("box", false);
    assert_true(identify(box, 0, id).save_date >= now);
    mailbox_close(&inbox);
    mailbox_close(&box);
    arena_free(&arena);
}

/* --- sums and watches --------------------------------------------------------------------------- */

static void status_knows_what_deleted_messages_hold(void **state UNUSED)
{
    struct mailbox *mailbox = fill(3);
    struct store_status status;

    change(mailbox, FLAGS_ADD, FLAG_DELETED);
    assert_true(store_status(store, "INBOX", true, &status, &err));
    assert_int_equal(status.deleted, 1);
    assert_int_equal(status.deleted_size * 3, status.size);
    expunge(mailbox, 1, 1);
    assert_true(store_status(store, "INBOX", true, &status, &err));
    assert_int_equal(status.deleted, 0);
    assert_int_equal(status.deleted_size, 0);
    mailbox_close(&mailbox);
}

static void what_to_watch_is_known_without_opening(void **state UNUSED)
{
    struct arena *arena = arena_create();
    const char *const *watched = store_watch_mailbox(store, "box", arena);

    assert_string_equal(watched[0], "mail/.box/new");
    assert_string_equal(watched[1], "mail/.box/cur");
    assert_null(watched[2]);
    watched = store_watch_names(store, arena);
    assert_string_equal(watched[0], "mail");
    assert_null(watched[1]);
    arena_free(&arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_CASE(expunged_uids_are_remembered_in_their_order),
        STORE_CASE(removal_by_another_program_is_remembered_too),
        STORE_CASE(moved_messages_vanish),
        STORE_CASE(after_a_rebuild_all_that_is_not_there_vanished),
        STORE_CASE(what_the_view_does_not_know_yet_is_not_told),
        STORE_CASE(every_change_has_a_higher_modseq),
        STORE_CASE(modseqs_rise_over_a_rebuild_even_when_the_clock_was_set_back),
        STORE_CASE(damaged_floor_is_as_good_as_none),
        STORE_CASE(mailbox_that_was_away_comes_back_later),
        STORE_CASE(conditional_change_spares_what_others_changed),
        STORE_CASE(copies_are_the_same_message_also_after_a_rebuild),
        STORE_CASE(mailbox_keeps_its_id_under_another_name),
        STORE_CASE(save_date_is_when_it_came_here),
        STORE_CASE(status_knows_what_deleted_messages_hold),
        STORE_CASE(what_to_watch_is_known_without_opening),
    };

    return unit_run("store_changes", tests, ARRAY_LENGTH(tests));
}
