/*
 * lib/store: the power fails before any change of a file. Whatever of the unsynced is lost then, each
 * message that was acknowledged is there once, whole, under its UID, no UID means another message than
 * before, and the next message is not taken for a part of what was cut off.
 */
#include "t/unit/unit.h"

#include "t/unit/power_model.h"
#include "t/unit/store_account.h"

#include "lib/base/file.h"

#include <stdio.h>

#define TOLD_MAX 400

enum fate { PENDING, THERE, GOING, GONE };

/* What a client was told, or will be. */
static struct told {
    const char *mailbox;
    uint32_t uidvalidity, uid, marker;
    enum fate fate;
} told[TOLD_MAX];
static size_t told_count;
static const struct store_settings *crashed_account;
static unsigned failures;

/* --- what is there after the failure ----------------------------------------------------------- */

static uint32_t read_marker(struct mailbox *mailbox, size_t index, bool *whole_r)
{
    char text[200] = "";
    struct message_file file;
    unsigned marker = 0, end = 0;

    assert_true(mailbox_open_message(mailbox, index, &file, &err));
    assert_true(file.size < sizeof(text) && pread_all(file.fd, text, file.size, 0));
    fd_close(&file.fd);
    *whole_r = sscanf(text, "Subject: %u\n\nbody of %u\n", &marker, &end) == 2 && marker == end;
    return marker;
}

static void check_message(const struct mailbox *mailbox, uint32_t uid, uint32_t marker, bool whole,
                          unsigned *seen)
{
    for (size_t i = 0; i < told_count; i++) {
        struct told *t = &told[i];
        if (strcmp(t->mailbox, mailbox->name) != 0)
            continue;
        if (t->uidvalidity == mailbox->uidvalidity && t->uid == uid && t->marker != marker)
            fail_msg("UID %u of %s was message %u and is %u now", uid, t->mailbox, t->marker,
                     marker);
        if (t->marker != marker)
            continue;
        if (!whole && t->fate != PENDING)
            fail_msg("message %u of %s is not whole", marker, t->mailbox);
        if (t->uidvalidity == mailbox->uidvalidity && t->uid == uid)
            seen[i]++;
    }
}

static void check_mailbox(struct store *crashed, const char *name, unsigned *seen)
{
    struct mailbox *mailbox = mailbox_open(crashed, name, false, &err);

    if (mailbox == NULL)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < mailbox->count; i++) {
        bool whole;
        uint32_t marker = read_marker(mailbox, i, &whole);
        check_message(mailbox, mailbox->messages[i].uid, marker, whole, seen);
        for (size_t j = 0; j < i; j++) {
            bool other_whole;
            if (whole && read_marker(mailbox, j, &other_whole) == marker)
                fail_msg("message %u of %s is there twice", marker, name);
        }
    }
    mailbox_close(&mailbox);
}

/* Whatever was cut off before it: what is appended next is a message of its own. */
static void check_next(struct store *crashed)
{
    struct store *ours = store;
    struct mailbox *mailbox;
    bool whole = false;

    store = crashed;
    append("INBOX", 0, "Subject: 9999\r\n\r\nbody of 9999\r\n");
    mailbox = open_mailbox("INBOX", true);
    assert_int_equal(read_marker(mailbox, mailbox->count - 1, &whole), 9999);
    assert_true(whole);
    mailbox_close(&mailbox);
    store = ours;
}

static void check_crashed(void)
{
    unsigned seen[TOLD_MAX] = {0};
    struct store *crashed = store_open(crashed_account, &err);

    assert_non_null(crashed);
    check_mailbox(crashed, "INBOX", seen);
    check_mailbox(crashed, "box", seen);
    check_next(crashed);
    store_close(&crashed);
    for (size_t i = 0; i < told_count; i++) {
        if (told[i].fate == THERE && seen[i] != 1)
            fail_msg("message %u of %s with UID %u is there %u times", told[i].marker,
                     told[i].mailbox, told[i].uid, seen[i]);
    }
}

static void fail_here(void)
{
    static const enum power_loss losses[] = {LOSE_ALL,    LOSE_CONTENT,  LOSE_NEWEST,
                                             LOSE_NEWEST, LOSE_ANYTHING, LOSE_ANYTHING,
                                             LOSE_NEWEST, LOSE_ANYTHING};

    for (size_t i = 0; i < ARRAY_LENGTH(losses); i++) {
        power_fail(losses[i]);
        check_crashed();
    }
    failures++;
}

/* --- what the session does --------------------------------------------------------------------- */

static struct told *expect(const char *mailbox, uint32_t marker)
{
    assert_true(told_count < TOLD_MAX);
    told[told_count] = (struct told){.mailbox = mailbox, .marker = marker};
    return &told[told_count++];
}

static void acknowledge(struct told *t, uint32_t uidvalidity, uint32_t uid)
{
    t->uidvalidity = uidvalidity;
    t->uid = uid;
    t->fate = THERE;
}

static void append_messages(const char *name, uint32_t marker, uint32_t count)
{
    struct store_append *append = store_append_begin(store, name, &err);
    struct strlist keywords = STRLIST_EMPTY;
    struct told *first = &told[told_count];
    const uint32_t *uids;
    uint32_t uidvalidity;
    size_t appended;

    assert_non_null(append);
    for (uint32_t i = 0; i < count; i++) {
        char text[100];
        expect(name, marker + i);
        snprintf(text, sizeof(text), "Subject: %u\r\n\r\nbody of %u\r\n", marker + i, marker + i);
        assert_true(store_append_message(append, 0, &keywords, 1000000000, &err));
        assert_true(store_append_write(append, span_text(text), &err));
    }
    assert_true(store_append_commit(append, &uidvalidity, &uids, &appended, &err));
    for (uint32_t i = 0; i < count; i++)
        acknowledge(&first[i], uidvalidity, uids[i]);
    store_append_free(&append);
}

static struct told *find_told(const struct mailbox *mailbox, uint32_t uid)
{
    for (size_t i = 0; i < told_count; i++) {
        if (told[i].uid == uid && strcmp(told[i].mailbox, mailbox->name) == 0 &&
            told[i].fate == THERE)
            return &told[i];
    }
    fail_msg("UID %u of %s was never told", uid, mailbox->name);
    return NULL;
}

static void copy_first(struct mailbox *mailbox, const char *target, bool move)
{
    struct arena *arena = arena_create();
    struct told *source = find_told(mailbox, uid_at(mailbox, 0));
    struct told *copy = expect(target, source->marker);
    struct mailbox_copied copied;

    if (move)
        source->fate = GOING;
    if (!mailbox_copy(mailbox, first_index, 1, target, move, arena, &copied, &err))
        fail_msg("%s", err.text);
    acknowledge(copy, copied.uidvalidity, copied.target_uids[0]);
    if (move)
        source->fate = GONE;
    mailbox_forget_gone(mailbox);
    arena_free(&arena);
}

static void expunge_first(struct mailbox *mailbox)
{
    struct told *t = find_told(mailbox, uid_at(mailbox, 0));

    t->fate = GOING; /* an EXPUNGE may be undone: nobody promised that it is durable */
    assert_true(mailbox_expunge(mailbox, first_index, 1, &err));
    mailbox_forget_gone(mailbox);
}

static void use_mailboxes(uint32_t round)
{
    struct mailbox *mailbox;
    struct flag_change change = {.mode = FLAGS_ADD, .flags = FLAG_SEEN};

    append_messages("INBOX", round * 10 + 1, 3);
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox_keyword(mailbox, SPAN_LITERAL("word"), &change.keywords, &err));
    assert_true(mailbox_change_flags(mailbox, first_index, 1, &change, &err));
    copy_first(mailbox, "box", false);
    expunge_first(mailbox);
    copy_first(mailbox, "box", true);
    append_messages("box", round * 10 + 5, 1);
    mailbox_close(&mailbox);
}

static void use_until_it_fails(void)
{
    told_count = failures = 0;
    srandom(2);
    assert_true(store_create(store, "box", &err));
    power_watch(fail_here);
    for (uint32_t round = 0; round < 2; round++)
        use_mailboxes(round);
    power_forget();
    assert_true(failures > 60);
}

static void power_may_fail_at_any_time(void **state UNUSED)
{
    static const struct store_settings crashed = {
        .format = MAILBOX_MAILDIR, .path = "crashed/mail", .home = ".", .hostname = "mx.test"};

    crashed_account = &crashed;
    use_until_it_fails();
}

/* INBOX is the spool of the system, which is changed in place; folders are in a Maildir. */
static void also_where_the_inbox_is_an_mbox(void **state UNUSED)
{
    static const struct store_settings mbox = {
        .format = MAILBOX_MBOX, .path = "mail/spool", .home = "mail", .hostname = "mx.test"};
    static const struct store_settings crashed = {.format = MAILBOX_MBOX,
                                                  .path = "crashed/mail/spool",
                                                  .home = "crashed/mail",
                                                  .hostname = "mx.test"};

    store_close(&store);
    run("rm -rf mail && mkdir mail && : >mail/spool");
    store = store_open(&mbox, &err);
    assert_non_null(store);
    crashed_account = &crashed;
    use_until_it_fails();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_CASE(power_may_fail_at_any_time),
        STORE_CASE(also_where_the_inbox_is_an_mbox),
    };

    return unit_run("store_power", tests, ARRAY_LENGTH(tests));
}
