/* lib/store: an mbox in the spool as INBOX, shared with other programs. */
#include "t/unit/unit.h"

#include "lib/base/file.h"
#include "lib/store/mbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char scratch[64];
static struct store *store;
static struct error err;

static void open_store(void)
{
    const struct store_settings settings = {
        .format = MAILBOX_MBOX, .path = "spool", .home = ".", .hostname = "mx.test"};

    store = store_open(&settings, &err);
    if (store == NULL)
        fail_msg("%s", err.text);
}

static int set_up(void **state UNUSED)
{
    snprintf(scratch, sizeof(scratch), "/tmp/buzon-unit.XXXXXX");
    if (mkdtemp(scratch) == NULL || chdir(scratch) != 0)
        return -1;
    open_store();
    return 0;
}

static int tear_down(void **state UNUSED)
{
    char command[128];

    store_close(&store);
    snprintf(command, sizeof(command), "rm -rf %s", scratch);
    return chdir("/") != 0 || system(command) != 0 ? -1 : 0;
}

static void run(const char *command)
{
    assert_int_equal(system(command), 0);
}

static void deliver(const char *subject)
{
    char command[256];

    snprintf(command, sizeof(command),
             "printf 'From a@b Fri Jan  2 03:04:05 2026\\nSubject: %s\\n\\nbody %s\\n\\n' >> spool",
             subject, subject);
    run(command);
}

static struct mailbox *open_inbox(void)
{
    struct mailbox *mailbox = mailbox_open(store, "INBOX", false, &err);

    if (mailbox == NULL)
        fail_msg("%s", err.text);
    return mailbox;
}

static void sync_mailbox(struct mailbox *mailbox)
{
    usleep(25000); /* the clock must tell changes apart */
    if (!mailbox_sync(mailbox, &err))
        fail_msg("%s", err.text);
}

static void flag(struct mailbox *mailbox, uint32_t index, uint32_t flags)
{
    const struct flag_change change = {.mode = FLAGS_ADD, .flags = flags};

    assert_true(mailbox_change_flags(mailbox, &index, 1, &change, &err));
}

static void expect_content(struct mailbox *mailbox, size_t index, const char *expected)
{
    struct message_file file;
    char text[200] = {0};

    assert_true(mailbox_open_message(mailbox, index, &file, &err));
    assert_int_equal(file.size, strlen(expected));
    assert_true(pread_all(file.fd, text, (size_t)file.size, (off_t)file.offset));
    assert_string_equal(text, expected);
    fd_close(&file.fd);
}

/* --- parsing ----------------------------------------------------------------------------------- */

static const struct parse_case {
    const char *name;
    const char *text;
    bool is_mbox;
    size_t count;
    const char *last; /* content of the last message */
} parse_cases[] = {
    {"an empty file has no messages",        "",                                               true,  0, NULL               },
    {"one message",                          "From a Fri Jan  2 03:04:05 2026\nA: b\n\nx\n\n", true,  1, "A: b\n\nx\n"      },
    {"without an empty line at the end",     "From a\nA: b\n\nx",                              true,  1, "A: b\n\nx"        },
    {"two messages",                         "From a\nA: b\n\nx\n\nFrom c\nD: e\n\ny\n\n",     true,  2, "D: e\n\ny\n"      },
    {"From behind no empty line is text",    "From a\nA: b\n\nx\nFrom c\n\n",                  true,  1,
     "A: b\n\nx\nFrom c\n"                                                                                                  },
    {"a quoted From is text",                "From a\nA: b\n\n>From c\n\n",                    true,  1, "A: b\n\n>From c\n"},
    {"another program's note is no message",
     "From M\nX-IMAP: 1 2\nSubject: x\n\nnote\n\nFrom c\nD: e\n\ny\n\n",                       true,  1, "D: e\n\ny\n"      },
    {"another file",                         "Subject: a\n",                                   false, 0, NULL               },
    {"a From line alone",                    "From a",                                         true,  1, ""                 },
};

static void parse(void **state)
{
    const struct parse_case *c = *state;
    struct span text = unit_copy(span_text(c->text));
    struct mbox_message *messages;
    size_t count;

    assert_int_equal(mbox_parse(text, &messages, &count), c->is_mbox);
    assert_int_equal(count, c->count);
    if (c->last != NULL)
        assert_true(span_equal_text(
            span_of(text.data + messages[count - 1].offset, (size_t)messages[count - 1].size),
            c->last));
    mem_free(messages);
    free((void *)(uintptr_t)text.data);
}

/* --- after a power failure --------------------------------------------------------------------- */

static void append_by_session(void)
{
    struct store_append *append = store_append_begin(store, "INBOX", &err);
    struct strlist keywords = STRLIST_EMPTY;
    const uint32_t *uids;
    uint32_t uidvalidity;
    size_t count;

    assert_true(store_append_message(append, 0, &keywords, 1000000000, &err));
    assert_true(store_append_write(append, SPAN_LITERAL("Subject: next\r\n\r\nx\r\n"), &err));
    assert_true(store_append_commit(append, &uidvalidity, &uids, &count, &err));
    store_append_free(&append);
}

static void append_by_delivery(void)
{
    static const struct mbox_settings settings = {
        .locks = "fcntl", .lock_attempts = 1, .lock_delay_s = 1, .stale_lock_s = 500};
    struct delivery_content content = {.file = -1};
    int64_t start = 0;

    run("printf 'Subject: next\\n\\nx\\n' >message");
    content.file = open("message", O_RDONLY | O_CLOEXEC);
    content.size = strlen("Subject: next\n\nx\n");
    if (!mbox_deliver("spool", "a@b", 1000000000, &content, &settings, &start, &err))
        fail_msg("%s", err.text);
    fd_close(&content.file);
    assert_true(start > 0);
}

/* Whatever it left at the end of the spool: what comes next is a message of its own. */
static void what_was_cut_off_takes_no_other_message_along(void **state UNUSED)
{
    static const char *const left[] = {
        "printf '\\0\\0\\0\\0' >spool",
        "printf 'From a\\nA: b\\n\\nx\\n\\n\\0\\0\\0\\0' >spool",
        "printf 'From a\\nA: b\\n\\nx' >spool",
        "printf 'From a\\nA: b\\n\\nx\\n' >spool",
        "printf 'From a' >spool",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(left); i++) {
        for (unsigned by_delivery = 0; by_delivery < 2; by_delivery++) {
            struct mailbox *mailbox;
            size_t count;
            run(left[i]);
            mailbox = open_inbox();
            count = mailbox->count;
            if (by_delivery)
                append_by_delivery();
            else
                append_by_session();
            sync_mailbox(mailbox);
            mailbox_forget_gone(mailbox);
            assert_int_equal(mailbox->count, count + 1);
            expect_content(mailbox, count, "Subject: next\n\nx\n");
            mailbox_close(&mailbox);
        }
    }
}

/* --- sessions ---------------------------------------------------------------------------------- */

static void messages_are_read_in_place(void **state UNUSED)
{
    struct message_metadata metadata;
    struct mailbox *mailbox;

    deliver("one");
    deliver("two");
    run("cp spool before");
    mailbox = open_inbox();
    assert_int_equal(mailbox->count, 2);
    assert_int_equal(mailbox->messages[1].uid, 2);
    assert_true((mailbox->messages[0].flags & FLAG_RECENT) != 0);
    expect_content(mailbox, 1, "Subject: two\n\nbody two\n");
    assert_true(mailbox_begin_reading(mailbox, &err));
    assert_true(
        mailbox_metadata(mailbox, 0, WANT_SIZE | WANT_ENVELOPE | WANT_DATE, NULL, &metadata, &err));
    assert_int_equal(metadata.virtual_size, 26);
    assert_true(span_starts_with(metadata.envelope, "(NIL \"one\" "));
    assert_int_equal(metadata.internal_date, 1767323045);
    mailbox_end_reading(mailbox);
    flag(mailbox, 0, FLAG_SEEN);
    run("cmp spool before"); /* nothing of ours is in it */
    mailbox_close(&mailbox);
}

static void no_spool_is_an_empty_inbox(void **state UNUSED)
{
    struct mailbox *mailbox = open_inbox();

    assert_int_equal(mailbox->count, 0);
    deliver("one");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 1);
    run("rm spool");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->gone, 1);
    mailbox_close(&mailbox);
}

static void uids_and_flags_outlive_the_index(void **state UNUSED)
{
    struct mailbox *mailbox;
    uint32_t uidvalidity;

    deliver("one");
    deliver("two");
    mailbox = open_inbox();
    uidvalidity = mailbox->uidvalidity;
    flag(mailbox, 1, FLAG_FLAGGED);
    mailbox_close(&mailbox);
    store_close(&store);
    run("rm -rf Maildir/buzon.index");
    open_store();
    deliver("three");
    mailbox = open_inbox();
    assert_int_equal(mailbox->uidvalidity, uidvalidity);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(mailbox->messages[1].uid, 2);
    assert_int_equal(mailbox->messages[1].flags & FLAGS_STORED, FLAG_FLAGGED);
    mailbox_close(&mailbox);
}

static void message_stays_the_same_when_its_status_changes(void **state UNUSED)
{
    struct mailbox *mailbox;

    deliver("one");
    deliver("two");
    mailbox = open_inbox();
    run("sed -i 's/^Subject: one/Status: RO\\n&/' spool"); /* as mail(1) does */
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 2);
    assert_int_equal(mailbox->gone, 0);
    expect_content(mailbox, 1, "Subject: two\n\nbody two\n");
    mailbox_close(&mailbox);
}

static void removal_by_another_program_is_seen(void **state UNUSED)
{
    struct mailbox *mailbox;

    deliver("one");
    deliver("two");
    deliver("three");
    mailbox = open_inbox();
    run("awk '/^From /{n++} n!=2' spool > new; cat new > spool");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->gone, 1);
    assert_true((mailbox->messages[1].flags & FLAG_GONE) != 0);
    mailbox_forget_gone(mailbox);
    assert_int_equal(mailbox->messages[1].uid, 3);
    expect_content(mailbox, 1, "Subject: three\n\nbody three\n");
    mailbox_close(&mailbox);
}

static void expunged_messages_leave_the_others_whole(void **state UNUSED)
{
    static const uint32_t some[] = {0, 2};
    struct mailbox *mailbox;

    deliver("one");
    deliver("two");
    deliver("three");
    deliver("four");
    run("awk '/^From /{n++} n==2||n==4' spool > expected");
    mailbox = open_inbox();
    assert_true(mailbox_expunge(mailbox, some, 2, &err));
    run("cmp spool expected");
    run("test ! -e Maildir/buzon.mbox.tail");
    mailbox_forget_gone(mailbox);
    assert_int_equal(mailbox->count, 2);
    assert_int_equal(mailbox->messages[0].uid, 2);
    assert_int_equal(mailbox->messages[1].uid, 4);
    mailbox_close(&mailbox);
}

/* The tail is durable, the spool is half rewritten, then mail arrives. */
static void interrupted_removal_is_finished(void **state UNUSED)
{
    static const uint32_t first[] = {0};
    struct mailbox *mailbox;
    struct mbox_message *messages;
    struct mbox_spool spool;
    struct index_mailbox state_of = {0};
    bool removed[3] = {true, false, false};
    size_t count;

    deliver("one");
    deliver("two");
    deliver("three");
    mailbox = open_inbox();
    run("cp spool before");
    assert_true(mbox_begin(mailbox, &state_of, &spool, &messages, &count, &err));
    assert_true(mbox_spool_remove(mailbox, &spool, messages, count, removed, &err));
    mbox_spool_close(&spool);
    mem_free(messages);
    assert_true(index_commit(store->index, &err));
    run("cp spool after");
    /* Back to the middle of it: half of the new content, the old end, and the tail that was there. */
    run("python3 - <<'END'\n"
        "import struct\n"
        "before, after = open('before', 'rb').read(), open('after', 'rb').read()\n"
        "half = len(after) // 2\n"
        "open('spool', 'wb').write(after[:half] + before[half:])\n"
        "open('Maildir/buzon.mbox.tail', 'wb').write(\n"
        "    struct.pack('=QQQ', 0x62787461696c0001, 0, len(before)) + before[-32:] + after)\n"
        "END");
    deliver("four");
    sync_mailbox(mailbox);
    run("(cat after; printf 'From a@b Fri Jan  2 03:04:05 2026\\nSubject: four\\n\\nbody four\\n\\n') | "
        "cmp - spool");
    run("test ! -e Maildir/buzon.mbox.tail");
    mailbox_forget_gone(mailbox);
    assert_int_equal(mailbox->count, 3);
    assert_true(mailbox_expunge(mailbox, first, 1, &err));
    mailbox_close(&mailbox);
}

static void messages_are_appended_and_copied_between_kinds(void **state UNUSED)
{
    static const uint32_t first[] = {0};
    struct arena *arena = arena_create();
    struct strlist keywords = STRLIST_EMPTY;
    struct store_append *append;
    struct mailbox_copied copied;
    struct mailbox *inbox, *folder;
    const uint32_t *uids;
    uint32_t uidvalidity;
    size_t count;

    deliver("one");
    strlist_add(&keywords, "work");
    append = store_append_begin(store, "INBOX", &err);
    assert_true(store_append_message(append, FLAG_SEEN, &keywords, 1000000000, &err));
    assert_true(store_append_write(append, SPAN_LITERAL("Subject: two\r\n\r\nFrom me\r\n"), &err));
    if (!store_append_commit(append, &uidvalidity, &uids, &count, &err))
        fail_msg("%s", err.text);
    assert_int_equal(uids[0], 2);
    store_append_free(&append);
    strlist_release(&keywords);
    run("grep -q '^>From me' spool");
    run("test -z \"$(ls Maildir/tmp)\"");
    inbox = open_inbox();
    assert_int_equal(inbox->messages[1].flags & FLAGS_STORED, FLAG_SEEN);
    assert_int_equal(inbox->messages[1].keywords, 1);
    assert_true(store_create(store, "box", &err));
    assert_true(mailbox_copy(inbox, first, 1, "box", true, arena, &copied, &err));
    assert_int_equal(inbox->gone, 1);
    folder = mailbox_open(store, "box", false, &err);
    expect_content(folder, 0, "Subject: one\n\nbody one\n");
    assert_true(mailbox_copy(folder, first, 1, "INBOX", false, arena, &copied, &err));
    assert_int_equal(copied.target_uids[0], 3);
    mailbox_close(&inbox);
    mailbox_close(&folder);
    arena_free(&arena);
}

static void one_message_twice_is_two(void **state UNUSED)
{
    static const uint32_t first[] = {0};
    struct mailbox *mailbox;

    deliver("same");
    deliver("same");
    mailbox = open_inbox();
    assert_int_equal(mailbox->count, 2);
    assert_int_equal(mailbox->messages[1].uid, 2);
    deliver("same");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->messages[2].uid, 3);
    assert_true(mailbox_expunge(mailbox, first, 1, &err));
    mailbox_forget_gone(mailbox);
    assert_int_equal(mailbox->count, 2);
    assert_int_equal(mailbox->messages[0].uid, 2);
    assert_int_equal(mailbox->messages[1].uid, 3);
    mailbox_close(&mailbox);
}

/* All messages are there under other numbers, with their flags; old sessions are told. */
static void no_uids_are_left(void **state UNUSED)
{
    struct mailbox *old, *mailbox;
    uint32_t uidvalidity;

    deliver("one");
    deliver("two");
    old = open_inbox();
    uidvalidity = old->uidvalidity;
    flag(old, 0, FLAG_FLAGGED);
    run("sed -i '1s/ N[0-9]*/ N4294967295/' $(find . -name buzon.mbox)");
    deliver("three");
    usleep(25000);
    assert_false(mailbox_sync(old, &err));
    assert_int_equal(err.number, ESTALE);
    mailbox = open_inbox();
    assert_true(mailbox->uidvalidity > uidvalidity);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(mailbox->messages[0].uid, 1);
    assert_int_equal(mailbox->messages[0].flags & FLAGS_STORED, FLAG_FLAGGED);
    assert_int_equal(mailbox->messages[2].uid, 3);
    assert_int_equal(mailbox->uidnext, 4);
    mailbox_close(&mailbox);
    mailbox_close(&old);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest others[] = {
        CASE(what_was_cut_off_takes_no_other_message_along),
        CASE(messages_are_read_in_place),
        CASE(no_spool_is_an_empty_inbox),
        CASE(uids_and_flags_outlive_the_index),
        CASE(message_stays_the_same_when_its_status_changes),
        CASE(removal_by_another_program_is_seen),
        CASE(expunged_messages_leave_the_others_whole),
        CASE(interrupted_removal_is_finished),
        CASE(messages_are_appended_and_copied_between_kinds),
        CASE(one_message_twice_is_two),
        CASE(no_uids_are_left),
    };
    struct CMUnitTest tests[ARRAY_LENGTH(parse_cases) + ARRAY_LENGTH(others)];
    size_t used = 0;

    setenv("TZ", "UTC", 1);
    UNIT_ADD_ROWS(tests, used, parse_cases, parse);
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        tests[used++] = others[i];
    return unit_run("store_mbox", tests, used);
}
