/*
 * lib/store: every part of each control file is overwritten in turn. No process ends by it, no message is
 * lost or doubled, no UID means another message; and what the index alone had wrong is the same again
 * when it was rebuilt.
 */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

#include "lib/base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define MESSAGES 5

/* How the mailbox was. */
static struct {
    uint32_t uidvalidity, uids[MESSAGES], flags[MESSAGES];
    uint64_t modseq;
} before;

static uint32_t marker_at(struct mailbox *mailbox, size_t index)
{
    struct message_file file;
    char text[100] = "";
    unsigned marker = 0;

    if (!mailbox_open_message(mailbox, index, &file, &err))
        fail_msg("%s", err.text);
    assert_true(file.size < sizeof(text) && pread_all(file.fd, text, file.size, 0));
    fd_close(&file.fd);
    assert_int_equal(sscanf(text, "Subject: %u", &marker), 1);
    return marker;
}

/* UIDVALIDITY is a time: one of long ago, so that another one differs. */
static void fill(void)
{
    static const uint32_t two[] = {0, 1};
    struct flag_change change = {.mode = FLAGS_ADD, .flags = FLAG_FLAGGED};
    struct mailbox *mailbox;

    run("echo '3 V1600000000 N1 G00112233445566778899aabbccddeeff' >mail/dovecot-uidlist");
    for (unsigned i = 0; i < MESSAGES; i++) {
        char text[100];
        snprintf(text, sizeof(text), "Subject: %u\r\n\r\nbody\r\n", i + 1);
        append("INBOX", i % 2 == 0 ? FLAG_SEEN : 0, text);
    }
    assert_true(store_subscribe(store, "a.b", true, &err));
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox_keyword(mailbox, SPAN_LITERAL("word"), &change.keywords, &err));
    assert_true(mailbox_change_flags(mailbox, two, 2, &change, &err));
    for (size_t i = 0; i < MESSAGES; i++) {
        before.uids[i] = uid_at(mailbox, i);
        before.flags[i] = mailbox->messages[i].flags & FLAGS_STORED;
    }
    before.uidvalidity = mailbox->uidvalidity;
    before.modseq = mailbox->modseq;
    mailbox_close(&mailbox);
}

/* All messages once; a UID that was one's is not another's. */
static void check_mailbox(bool all_the_same)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);
    struct strlist names = STRLIST_EMPTY;
    bool seen[MESSAGES + 1] = {false};

    assert_int_equal(mailbox->count, MESSAGES);
    for (size_t i = 0; i < MESSAGES; i++) {
        uint32_t marker = marker_at(mailbox, i);
        assert_true(marker >= 1 && marker <= MESSAGES && !seen[marker]);
        seen[marker] = true;
        assert_int_equal(mailbox->messages[i].flags & FLAGS_STORED, before.flags[marker - 1]);
        for (size_t j = 0; j < MESSAGES && mailbox->uidvalidity == before.uidvalidity; j++)
            assert_true(uid_at(mailbox, i) != before.uids[j] || marker == j + 1);
        if (all_the_same)
            assert_int_equal(uid_at(mailbox, i), before.uids[i]);
    }
    if (all_the_same) {
        assert_int_equal(mailbox->uidvalidity, before.uidvalidity);
        assert_int_equal(mailbox->messages[0].keywords, 1);
        assert_string_equal(mailbox->keywords.names[0], "word");
        assert_true(mailbox->modseq >= before.modseq);
    }
    assert_true(store_subscriptions(store, &names, &err));
    strlist_release(&names);
    mailbox_close(&mailbox);
}

static void write_file(const char *path, struct span content, size_t at, size_t len, int pattern)
{
    char damage[256];
    int fd;

    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (size_t i = 0; i < len; i++)
        damage[i] = (char)(pattern == 0   ? 0
                           : pattern == 1 ? 0xff
                           : pattern == 2 ? '0' + random() % 10
                                          : random());
    assert_true(fd >= 0 && write_all(fd, content));
    assert_true(pwrite_all(fd, damage, at + len < content.len ? len : content.len - at, (off_t)at));
    fd_close(&fd);
}

static void damage_everywhere(const char *path, size_t step, bool all_the_same)
{
    struct buf content = BUF(BUF_UNLIMITED);
    size_t rounds = 0;

    if (!file_read(AT_FDCWD, path, &content, &err))
        fail_msg("%s", err.text);
    for (size_t at = 0; at < content.len; at += step, rounds++) {
        for (int pattern = 0; pattern < 4; pattern++) {
            if (step > 16 && rounds % 4 != (size_t)pattern)
                continue; /* one of them, in turn */
            store_close(&store);
            write_file(path, buf_span(&content), at, step, pattern);
            open_store();
            check_mailbox(all_the_same);
        }
    }
    store_close(&store);
    write_file(path, buf_span(&content), 0, 0, 0);
    open_store();
    buf_release(&content);
}

/* The index knows what a damaged list does not say any more. */
static void list_of_uids(void **state UNUSED)
{
    fill();
    damage_everywhere("mail/dovecot-uidlist", 5, false);
}

static void list_of_uids_without_index(void **state UNUSED)
{
    struct buf content = BUF(BUF_UNLIMITED);

    fill();
    assert_true(file_read(AT_FDCWD, "mail/dovecot-uidlist", &content, &err));
    for (size_t at = 0; at < content.len; at += 9) {
        store_close(&store);
        run("rm -rf mail/buzon.index");
        write_file("mail/dovecot-uidlist", buf_span(&content), at, 9, at % 2 == 0 ? 0 : 3);
        open_store();
        check_mailbox(false);
    }
    buf_release(&content);
}

static void keywords_and_subscriptions(void **state UNUSED)
{
    fill();
    damage_everywhere("mail/dovecot-keywords", 2, false);
    damage_everywhere("mail/subscriptions", 2, true);
}

static void floor_of_modseqs(void **state UNUSED)
{
    fill();
    damage_everywhere("mail/buzon.index.modseq", 3, true);
}

static void index_itself(void **state UNUSED)
{
    fill();
    damage_everywhere("mail/buzon.index/data.mdb", 224, true);
    damage_everywhere("mail/buzon.index/lock.mdb", 224, true);
}

static void index_that_was_cut_off(void **state UNUSED)
{
    fill();
    for (off_t size = 0; size < 60000; size += 4096) {
        store_close(&store);
        assert_int_equal(truncate("mail/buzon.index/data.mdb", size), 0);
        open_store();
        check_mailbox(true);
    }
}

/* In the place of a control file and of its lock. %s is the path. */
static const char *const no_files[] = {
    "mkdir %s",
    "mkdir -p %s/with/something",
    "mkfifo %s",
    "ln -s %s loop && ln -s ../loop %s",
    "rm -rf %s && truncate -s 2G %s",
    "rm -rf %s && truncate -s 70000 %s",
    "touch -d '2 days' %s",
};

static void things_that_are_no_files(void **state UNUSED)
{
    static const char *const paths[] = {"mail/dovecot-uidlist", "mail/dovecot-keywords",
                                        "mail/subscriptions", "mail/dovecot-uidlist.lock"};

    fill();
    for (size_t i = 0; i < ARRAY_LENGTH(paths) * ARRAY_LENGTH(no_files); i++) {
        const char *path = paths[i % ARRAY_LENGTH(paths)];
        const char *format = no_files[i / ARRAY_LENGTH(paths)];
        char command[256];
        size_t len = (size_t)snprintf(command, sizeof(command), "rm -rf loop %s && ", path);
        for (; *format != '\0' && len < sizeof(command); format++) {
            if (format[0] == '%' && format[1] == 's')
                len += (size_t)snprintf(command + len, sizeof(command) - len, "%s", path), format++;
            else
                command[len++] = *format;
        }
        assert_true(len < sizeof(command));
        command[len] = '\0';
        run(command);
        if (i % 2 == 0) {
            store_close(&store);
            run("rm -rf mail/buzon.index");
            open_store();
        }
        check_mailbox(false);
        assert_true(store_subscribe(store, "a.b", true, &err));
    }
}

/* A pipe would keep a session waiting for its writer; a link leads to who knows where. */
static void messages_that_are_no_files(void **state UNUSED)
{
    fill();
    run("mkdir mail/new/8.d mail/cur/8.d:2,");
    run("mkfifo mail/new/9.p mail/cur/9.p:2,S");
    run("ln -s /etc/passwd mail/new/10.l && ln -s \"$(ls mail/cur | tail -n 1)\" mail/cur/10.l:2,");
    check_mailbox(true);
}

/* --- the last UIDs ------------------------------------------------------------------------------ */

/* All messages are there under other numbers, and the next one gets its own; old sessions are told. */
static void start_over_with(const char *damage, const char *then)
{
    struct mailbox *old, *mailbox;
    uint32_t uidvalidity;

    old = open_mailbox("INBOX", false);
    uidvalidity = old->uidvalidity;
    run(damage);
    run(then);
    assert_false(mailbox_sync(old, &err));
    assert_int_equal(err.number, ESTALE);
    check_mailbox(false);
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox->uidvalidity > uidvalidity);
    assert_int_equal(uid_at(mailbox, 0), 1);
    assert_int_equal(mailbox->uidnext, MESSAGES + 1);
    mailbox_close(&mailbox);
    mailbox_close(&old);
}

static void no_uids_are_left(void **state UNUSED)
{
    fill();
    start_over_with("sed -i '1s/ N[0-9]*/ N4294967295/' mail/dovecot-uidlist", "true");
    start_over_with("sed -i '$s/^[0-9]*/4294967294/' mail/dovecot-uidlist", "true");
    start_over_with("sed -i '1s/ N[0-9]*/ N4294967295/' mail/dovecot-uidlist",
                    "rm -rf mail/buzon.index/* mail/dovecot-uidlist.lock");
}

/* It is the append itself, a copy, or a move to where it is, that finds the numbers used up. */
static void the_last_uid_is_taken(void **state UNUSED)
{
    static const uint32_t last_index[] = {MESSAGES - 1};
    struct arena *arena = arena_create();
    struct mailbox_copied copied;
    struct mailbox *mailbox;

    fill();
    for (unsigned round = 0; round < 3; round++) {
        run("sed -i '1s/ N[0-9]*/ N4294966288/' mail/dovecot-uidlist");
        mailbox = open_mailbox("INBOX", false);
        assert_int_equal(mailbox->uidnext, 4294966288U);
        if (round == 0) {
            for (unsigned i = 0; i < 20; i++)
                (void)append("INBOX", 0, "Subject: 9\r\n\r\nx\r\n");
            run("grep -l 'Subject: 9' mail/cur/* | xargs rm");
        } else {
            for (unsigned i = 0; i < 20 && mailbox->uidvalidity != 0; i++) {
                if (!mailbox_copy(mailbox, last_index, 1, "INBOX", true, arena, &copied, &err))
                    break;
                if (!mailbox_sync(mailbox, &err))
                    break;
                mailbox_forget_gone(mailbox);
            }
            assert_int_equal(err.number, ESTALE);
        }
        mailbox_close(&mailbox);
        error_clear(&err);
        mailbox = open_mailbox("INBOX", false);
        settle(mailbox);
        mailbox_close(&mailbox);
        check_mailbox(false);
    }
    mailbox = open_mailbox("INBOX", false);
    (void)append("INBOX", 0, "Subject: 9\r\n\r\nx\r\n");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->messages[MESSAGES].flags, FLAG_RECENT);
    mailbox_close(&mailbox);
    arena_free(&arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_CASE(list_of_uids),
        STORE_CASE(list_of_uids_without_index),
        STORE_CASE(keywords_and_subscriptions),
        STORE_CASE(floor_of_modseqs),
        STORE_CASE(index_itself),
        STORE_CASE(index_that_was_cut_off),
        STORE_CASE(things_that_are_no_files),
        STORE_CASE(messages_that_are_no_files),
        STORE_CASE(no_uids_are_left),
        STORE_CASE(the_last_uid_is_taken),
    };

    srandom(1);
    return unit_run("store_damage", tests, ARRAY_LENGTH(tests));
}
