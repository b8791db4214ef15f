/*
 * lib/store: there is no room on the disk for changes of an index that is there already. The session goes on with
 * one in memory; what it did is known to later ones, who use the index on disk again.
 */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

#include "lib/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the disk ---------------------------------------------------------------------------------- */

/* Which of the account's files cannot grow, by a part of their paths, with a "$" at the end; NULL: all can. */
static const char *full_of;
static size_t room_left; /* octets that one write() can still have there */

#define ALL_FILES     "/buzon-unit."
#define THE_INDEX     "data.mdb"
#define THE_LIST      "/dovecot-uidlist$"
#define THE_MBOX_LIST "/buzon.mbox$"

static bool is_refused(int fd)
{
    char link[64], path[256];
    ssize_t len;

    if (full_of == NULL)
        return false;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof(path) - 2);
    if (len < 0)
        return false;
    memcpy(path + len, "$", sizeof("$")); /* where a name ends */
    if (strstr(path, ALL_FILES) == NULL || strstr(path, full_of) == NULL)
        return false;
    errno = ENOSPC;
    return true;
}

/* In place of libc's, for LMDB too. */
ssize_t write(int fd, const void *octets, size_t len)
{
    if (is_refused(fd)) {
        if (room_left == 0)
            return -1;
        len = len < room_left ? len : room_left;
        room_left = 0;
    }
    return syscall(SYS_write, fd, octets, len);
}

ssize_t pwrite(int fd, const void *octets, size_t len, off_t offset)
{
    return is_refused(fd) ? -1 : syscall(SYS_pwrite64, fd, octets, len, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return is_refused(fd) ? -1 : syscall(SYS_writev, fd, parts, count);
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
    return is_refused(fd) ? -1 : (int)syscall(SYS_fallocate, fd, mode, offset, len);
}

static bool keeps_mark; /* of an index that was closed in good order: it cannot be removed */

int unlinkat(int directory, const char *path, int flags)
{
    if (keeps_mark && strcmp(path, "clean") == 0) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_unlinkat, directory, path, flags);
}

static bool wants_names; /* as on file systems that have no files without one */
static unsigned indices; /* how often the file of an index was looked for */

int openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
    indices += strcmp(path, THE_INDEX) == 0;
    if (wants_names && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

/* --- the account ------------------------------------------------------------------------------- */

static struct arena *arena;

static int set_up(void **state)
{
    full_of = NULL;
    room_left = 0;
    keeps_mark = wants_names = false;
    arena = arena_create();
    return store_set_up(state);
}

static int tear_down(void **state)
{
    full_of = NULL;
    arena_free(&arena);
    return store_tear_down(state);
}

/* INBOX with messages that a session has seen, and its HIGHESTMODSEQ. */
static uint64_t three_messages(void)
{
    struct mailbox *mailbox;
    uint64_t modseq;

    for (int i = 0; i < 3; i++)
        (void)append("INBOX", 0, "Subject: a\n\nb\n");
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 3);
    assert_false(mailbox->no_modseqs);
    modseq = mailbox->modseq;
    mailbox_close(&mailbox);
    return modseq;
}

static void reopen(void)
{
    store_close(&store);
    open_store();
}

static void expunge(struct mailbox *mailbox, uint32_t index)
{
    assert_true(mailbox_expunge(mailbox, &index, 1, &err));
    sync_mailbox(mailbox);
    mailbox_forget_gone(mailbox);
}

/* --- cases ------------------------------------------------------------------------------------- */

static void flags_are_set(void **state UNUSED)
{
    uint64_t modseq = three_messages(), others;
    struct mailbox *mailbox = open_mailbox("INBOX", false);
    uint32_t uidvalidity = mailbox->uidvalidity;

    others = mailbox->messages[1].modseq;
    full_of = ALL_FILES;
    change(mailbox, FLAGS_ADD, FLAG_FLAGGED);
    assert_true(mailbox->no_modseqs);
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(mailbox->messages[0].flags & FLAG_FLAGGED, FLAG_FLAGGED);
    mailbox_close(&mailbox);
    full_of = NULL;
    reopen();
    mailbox = open_mailbox("INBOX", false);
    assert_false(mailbox->no_modseqs);
    assert_int_equal(mailbox->uidvalidity, uidvalidity);
    assert_int_equal(mailbox->messages[0].flags & FLAG_FLAGGED, FLAG_FLAGGED);
    assert_true(mailbox->messages[0].modseq > modseq);
    assert_true(mailbox->messages[1].modseq == others);
    mailbox_close(&mailbox);
}

static void messages_are_removed(void **state UNUSED)
{
    uint64_t modseq = three_messages();
    struct mailbox *mailbox = open_mailbox("INBOX", false);
    struct uid_range *gone;
    size_t count;
    bool exact;

    full_of = ALL_FILES;
    expunge(mailbox, 1);
    expunge(mailbox, 1);
    assert_int_equal(mailbox->count, 1);
    mailbox_close(&mailbox);
    full_of = NULL;
    reopen();
    assert_int_equal(append("INBOX", 0, "Subject: c\n\nd\n"), 4);
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 2);
    assert_int_equal(uid_at(mailbox, 0), 1);
    assert_true(mailbox_vanished(mailbox, modseq, arena, &gone, &count, &exact, &err));
    assert_true(exact);
    assert_int_equal(count, 1);
    assert_int_equal(gone[0].first, 2);
    assert_int_equal(gone[0].last, 3);
    mailbox_close(&mailbox);
}

static void news_are_seen_by_a_session_that_had_its_counts_alone(void **state UNUSED)
{
    struct mailbox_outline outline;
    struct store_status status;
    struct mailbox *mailbox;

    (void)three_messages();
    mailbox = mailbox_select(store, "INBOX", false, &outline, &err);
    assert_non_null(mailbox);
    assert_int_equal(outline.messages, 3);
    full_of = ALL_FILES;
    run("rm \"$(ls -d mail/cur/* | head -n 1)\"");
    assert_true(store_status(store, "INBOX", false, &status, &err));
    assert_int_equal(status.messages, 2);
    assert_true(status.no_modseqs);
    assert_true(mailbox_show(mailbox, &err));
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(mailbox->gone, 1);
    mailbox_close(&mailbox);
}

static void nothing_depends_on_modseqs(void **state UNUSED)
{
    const struct flag_change conditional = {
        .flags = FLAG_SEEN, .conditional = true, .unchanged_since = UINT64_MAX};
    struct mailbox *mailbox;

    (void)three_messages();
    mailbox = open_mailbox("INBOX", false);
    full_of = ALL_FILES;
    change(mailbox, FLAGS_ADD, FLAG_FLAGGED);
    assert_false(mailbox_change_flags(mailbox, first_index, 1, &conditional, &err));
    assert_int_equal(err.number, ENOTSUP);
    mailbox_close(&mailbox);
}

static void what_is_read_need_not_be_kept(void **state UNUSED)
{
    struct strlist headers = STRLIST_EMPTY;
    struct message_metadata metadata;
    struct mailbox *mailbox;

    (void)three_messages();
    mailbox = open_mailbox("INBOX", false);
    settle(mailbox);
    full_of = ALL_FILES;
    strlist_add(&headers, "X-That-Nobody-Asked-For-Before");
    assert_true(mailbox_begin_reading(mailbox, &err));
    assert_true(
        mailbox_metadata(mailbox, 0, WANT_ENVELOPE | WANT_HEADERS, &headers, &metadata, &err));
    mailbox_end_reading(mailbox);
    sync_mailbox(mailbox);
    assert_false(mailbox->no_modseqs);
    strlist_release(&headers);
    mailbox_close(&mailbox);
}

/* The list of UIDs is there, and tells them to whoever has another index. */
static void new_messages_have_their_uids(void **state UNUSED)
{
    struct mailbox *mailbox;

    (void)three_messages();
    full_of = THE_INDEX;
    assert_int_equal(append("INBOX", 0, "Subject: c\n\nd\n"), 4);
    assert_int_equal(append("INBOX", 0, "Subject: e\n\nf\n"), 5);
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 5);
    assert_int_equal(uid_at(mailbox, 4), 5);
    mailbox_close(&mailbox);
    full_of = NULL;
    reopen();
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 5);
    assert_int_equal(uid_at(mailbox, 3), 4);
    assert_int_equal(uid_at(mailbox, 4), 5);
    mailbox_close(&mailbox);
}

static void what_cannot_be_kept_is_refused(void **state UNUSED)
{
    struct store_append *attempt;
    struct strlist keywords = STRLIST_EMPTY;
    struct mailbox *mailbox;

    (void)three_messages();
    full_of = ALL_FILES;
    attempt = store_append_begin(store, "INBOX", &err);
    assert_non_null(attempt);
    assert_true(store_append_message(attempt, 0, &keywords, 0, &err));
    assert_true(store_append_write(attempt, span_text("Subject: c\n\nd\n"), &err));
    assert_false(store_append_commit(attempt, &(uint32_t){0}, &(const uint32_t *){NULL},
                                     &(size_t){0}, &err));
    assert_true(error_is_no_room(&err));
    store_append_free(&attempt);
    full_of = NULL;
    assert_int_equal(append("INBOX", 0, "Subject: c\n\nd\n"), 4);
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 4);
    mailbox_close(&mailbox);
}

static void with_room_the_same_session_goes_back(void **state UNUSED)
{
    struct mailbox *mailbox;
    uint64_t modseq = three_messages();

    full_of = ALL_FILES;
    mailbox = open_mailbox("INBOX", false);
    change(mailbox, FLAGS_ADD, FLAG_FLAGGED);
    mailbox_close(&mailbox);
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox->no_modseqs);
    full_of = NULL;
    sync_mailbox(mailbox);
    assert_true(mailbox->no_modseqs);
    mailbox_close(&mailbox);
    mailbox = open_mailbox("INBOX", false);
    assert_false(mailbox->no_modseqs);
    assert_true(mailbox->modseq > modseq);
    assert_int_equal(mailbox->messages[0].flags & FLAG_FLAGGED, FLAG_FLAGGED);
    mailbox_close(&mailbox);
}

static void without_room_it_does_not_try_at_each_command(void **state UNUSED)
{
    struct mailbox *mailbox;
    unsigned before;

    (void)three_messages();
    full_of = ALL_FILES;
    wants_names = true;
    mailbox = open_mailbox("INBOX", false);
    change(mailbox, FLAGS_ADD, FLAG_FLAGGED);
    mailbox_close(&mailbox);
    before = indices;
    for (int i = 0; i < 3; i++) {
        mailbox = open_mailbox("INBOX", false);
        assert_true(mailbox->no_modseqs);
        mailbox_close(&mailbox);
    }
    assert_int_equal(indices, before);
    full_of = NULL;
    mailbox = open_mailbox("INBOX", false);
    assert_false(mailbox->no_modseqs);
    mailbox_close(&mailbox);
    run("[ -z \"$(find . -name 'buzon-temporary*')\" ]");
}

/* Else it would be believed after a crash, and what was written since would not. */
static void nothing_is_written_under_the_mark_of_an_index_at_rest(void **state UNUSED)
{
    struct mailbox *mailbox;

    (void)three_messages();
    reopen();
    run("[ -f \"$(find . -name clean)\" ]");
    keeps_mark = true;
    mailbox = open_mailbox("INBOX", false);
    change(mailbox, FLAGS_ADD, FLAG_FLAGGED);
    assert_true(mailbox->no_modseqs);
    assert_int_equal(mailbox->messages[0].flags & FLAG_FLAGGED, FLAG_FLAGGED);
    mailbox_close(&mailbox);
}

/* What is put there and has no UID would be seen by nobody, so it does not leave; and what was written of the list is
 * cut off again. */
static void messages_are_moved(void **state UNUSED)
{
    static const uint32_t all[] = {0, 1, 2};
    struct mailbox_copied copied;
    struct mailbox *mailbox;

    (void)three_messages();
    assert_true(store_create(store, "Trash", &err));
    assert_int_equal(append("Trash", 0, "Subject: c\n\nd\n"), 1);
    mailbox = open_mailbox("INBOX", false);
    full_of = THE_LIST;
    room_left = 10;
    assert_false(mailbox_copy(mailbox, all, 3, "Trash", true, arena, &copied, &err));
    assert_true(error_is_no_room(&err));
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count - mailbox->gone, 3);
    full_of = THE_INDEX;
    assert_true(mailbox_copy(mailbox, all, 2, "Trash", true, arena, &copied, &err));
    assert_int_equal(copied.count, 2);
    assert_int_equal(copied.target_uids[1], 3);
    mailbox_close(&mailbox);
    full_of = NULL;
    reopen();
    mailbox = open_mailbox("Trash", false);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(uid_at(mailbox, 2), 3);
    mailbox_close(&mailbox);
}

/* The first try removes the file, the second one, in memory, finds none: it is one message less all the same. */
static void what_is_removed_counts_no_more(void **state UNUSED)
{
    struct quota_state quota;
    struct mailbox *mailbox;

    run("printf '1000000S\\n0 0\\n' > mail/maildirsize");
    (void)three_messages();
    assert_true(store_quota(store, &quota, &err));
    assert_int_equal(quota.messages, 3);
    mailbox = open_mailbox("INBOX", false);
    full_of = THE_INDEX;
    expunge(mailbox, 0);
    assert_true(mailbox->no_modseqs);
    mailbox_close(&mailbox);
    assert_true(store_quota(store, &quota, &err));
    assert_int_equal(quota.messages, 2);
}

static void guid_of(const char *name, char guid[33], uint32_t *uidvalidity_r)
{
    struct store_status status;

    if (!store_status(store, name, false, &status, &err))
        fail_msg("%s", err.text);
    memcpy(guid, status.guid, 33);
    *uidvalidity_r = status.uidvalidity;
}

/* It must not be taken for the one that the index on disk knows by that name. */
static void a_mailbox_is_removed_and_made_again(void **state UNUSED)
{
    char before[33], after[33];
    uint32_t uidvalidity;
    struct mailbox *mailbox;

    assert_true(store_create(store, "box", &err));
    (void)append("box", 0, "Subject: a\n\nb\n");
    guid_of("box", before, &uidvalidity);
    full_of = ALL_FILES;
    assert_true(store_delete(store, "box", &err));
    assert_false(store_exists(store, "box"));
    full_of = NULL;
    reopen();
    assert_true(store_create(store, "box", &err));
    guid_of("box", after, &uidvalidity);
    assert_string_not_equal(before, after);
    mailbox = open_mailbox("box", false);
    assert_int_equal(mailbox->count, 0);
    mailbox_close(&mailbox);
}

static void a_mailbox_is_renamed(void **state UNUSED)
{
    char before[33], after[33], other[33];
    uint32_t uidvalidity, later;

    assert_true(store_create(store, "box", &err));
    (void)append("box", 0, "Subject: a\n\nb\n");
    guid_of("box", before, &uidvalidity);
    full_of = ALL_FILES;
    assert_true(store_rename(store, "box", "case", &err));
    full_of = NULL;
    reopen();
    guid_of("case", after, &later);
    assert_string_equal(before, after);
    assert_int_equal(later, uidvalidity);
    assert_true(store_create(store, "box", &err));
    guid_of("box", other, &later);
    assert_string_not_equal(other, before);
}

/* --- an mbox ----------------------------------------------------------------------------------- */

static void open_mbox(void)
{
    const struct store_settings settings = {
        .format = MAILBOX_MBOX, .path = "spool", .home = ".", .hostname = "mx.test"};

    store_close(&store);
    store = store_open(&settings, &err);
    assert_non_null(store);
}

static void deliver_to_mbox(const char *subject)
{
    char command[200];

    snprintf(command, sizeof(command),
             "printf 'From a@b Fri Jan  2 03:04:05 2026\\nSubject: %s\\n\\nc\\n\\n' >> spool",
             subject);
    run(command);
}

/* Two messages with the UIDs 1 and 2. */
static void see_two_in_mbox(void)
{
    struct mailbox *mailbox;

    open_mbox();
    deliver_to_mbox("one");
    deliver_to_mbox("two");
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 2);
    mailbox_close(&mailbox);
}

static void an_mbox_is_read_and_emptied(void **state UNUSED)
{
    static const uint32_t both[] = {0, 1};
    const struct flag_change how = {.flags = FLAG_SEEN};
    struct mailbox *mailbox;
    struct message_file file;

    see_two_in_mbox();
    full_of = ALL_FILES;
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 2);
    assert_true(mailbox_open_message(mailbox, 1, &file, &err));
    fd_close(&file.fd);
    assert_false(mailbox_change_flags(mailbox, both, 1, &how, &err)); /* they would be lost */
    assert_true(error_is_no_room(&err));
    assert_false(mailbox_expunge(mailbox, both, 1, &err)); /* the other one has to be moved */
    assert_true(error_is_no_room(&err));
    assert_true(mailbox_expunge(mailbox, both, 2, &err));
    mailbox_close(&mailbox);
    run("test ! -s spool");
    full_of = NULL;
    open_mbox();
    deliver_to_mbox("three");
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 1);
    assert_int_equal(uid_at(mailbox, 0), 3);
    assert_int_equal(mailbox->messages[0].flags & FLAGS_STORED, 0);
    mailbox_close(&mailbox);
}

/* The index has room, but the list of UIDs and flags has none. */
static void flags_that_an_mbox_cannot_keep_are_not_shown(void **state UNUSED)
{
    const struct flag_change how = {.flags = FLAG_SEEN};
    struct mailbox *mailbox;

    see_two_in_mbox();
    mailbox = open_mailbox("INBOX", false);
    full_of = THE_MBOX_LIST;
    assert_false(mailbox_change_flags(mailbox, first_index, 1, &how, &err));
    assert_true(error_is_no_room(&err));
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->messages[0].flags & FLAG_SEEN, 0);
    full_of = NULL;
    assert_true(mailbox_change_flags(mailbox, first_index, 1, &how, &err));
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->messages[0].flags & FLAG_SEEN, FLAG_SEEN);
    mailbox_close(&mailbox);
}

static void new_messages_of_an_mbox_wait(void **state UNUSED)
{
    struct mailbox *mailbox;

    see_two_in_mbox();
    deliver_to_mbox("three");
    full_of = ALL_FILES;
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 2);
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 2);
    full_of = NULL;
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(uid_at(mailbox, 2), 3);
    mailbox_close(&mailbox);
    open_mbox();
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 3);
    assert_int_equal(uid_at(mailbox, 2), 3);
    mailbox_close(&mailbox);
}

/* --- by chance --------------------------------------------------------------------------------- */

#define ROUNDS   300
#define UIDS_MAX 2000

/* What a client keeps: flags by UID, as of a modseq. */
static struct {
    uint32_t uidvalidity;
    uint64_t modseq;
    bool there[UIDS_MAX];
    uint32_t flags[UIDS_MAX];
} client;

static void forget_vanished(struct mailbox *mailbox)
{
    struct uid_range *gone;
    size_t count;

    assert_true(mailbox_vanished(mailbox, client.modseq, arena, &gone, &count, NULL, &err));
    for (size_t i = 0; i < count; i++) {
        for (uint32_t uid = gone[i].first; uid <= gone[i].last && uid < UIDS_MAX; uid++)
            client.there[uid] = false;
    }
}

/* SELECT (QRESYNC ...): afterwards the client's messages and flags are those of the mailbox. */
static void resync(void)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);
    size_t known = 0;

    if (client.uidvalidity == 0)
        client.uidvalidity = mailbox->uidvalidity;
    assert_int_equal(mailbox->uidvalidity, client.uidvalidity);
    if (mailbox->no_modseqs) {
        mailbox_close(&mailbox);
        return;
    }
    assert_true(mailbox->modseq >= client.modseq);
    forget_vanished(mailbox);
    for (size_t i = 0; i < mailbox->count; i++) {
        const struct mailbox_message *message = &mailbox->messages[i];
        assert_true(message->uid < UIDS_MAX);
        if (message->modseq > client.modseq) {
            client.there[message->uid] = true;
            client.flags[message->uid] = message->flags & FLAGS_STORED;
        }
        assert_true(client.there[message->uid]);
        assert_int_equal(client.flags[message->uid], message->flags & FLAGS_STORED);
    }
    for (uint32_t uid = 0; uid < UIDS_MAX; uid++)
        known += client.there[uid];
    assert_int_equal(known, mailbox->count);
    client.modseq = mailbox->modseq;
    mailbox_close(&mailbox);
}

static void do_something(struct mailbox *mailbox)
{
    static const uint32_t some_flags[] = {FLAG_SEEN, FLAG_FLAGGED, FLAG_DELETED};
    const struct flag_change how = {.mode = rand() % 2 == 0 ? FLAGS_ADD : FLAGS_REMOVE,
                                    .flags = some_flags[rand() % 3]};
    uint32_t index = mailbox->count == 0 ? 0 : (uint32_t)rand() % (uint32_t)mailbox->count;

    if (mailbox->count > 0 && rand() % 4 != 0)
        assert_true(mailbox_change_flags(mailbox, &index, 1, &how, &err));
    else if (mailbox->count > 3)
        assert_true(mailbox_expunge(mailbox, &index, 1, &err));
    else if (full_of == NULL || strcmp(full_of, THE_INDEX) == 0)
        (void)append("INBOX", 0, "Subject: a\n\nb\n");
    sync_mailbox(mailbox);
    mailbox_forget_gone(mailbox);
}

static void use_mailbox(void)
{
    static const char *const disks[] = {NULL, ALL_FILES, THE_INDEX, NULL};
    struct mailbox *mailbox = open_mailbox("INBOX", false);

    for (int left = rand() % 4; left > 0; left--) {
        full_of = disks[rand() % 4];
        do_something(mailbox);
    }
    mailbox_close(&mailbox);
}

/* Of another process, beside ours, which stays where it is. */
static void use_mailbox_elsewhere(void)
{
    unsigned seed = (unsigned)rand();
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        srand(seed);
        open_store();
        use_mailbox();
        store_close(&store);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void whatever_happens(void **state UNUSED)
{
    srand(4711);
    memset(&client, 0, sizeof(client));
    (void)three_messages();
    for (int round = 0; round < ROUNDS; round++) {
        if (rand() % 2 == 0)
            use_mailbox();
        else
            use_mailbox_elsewhere();
        if (rand() % 3 == 0)
            resync();
    }
    full_of = NULL;
    resync();
}

#define FULL_CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FULL_CASE(flags_are_set),
        FULL_CASE(messages_are_removed),
        FULL_CASE(news_are_seen_by_a_session_that_had_its_counts_alone),
        FULL_CASE(nothing_depends_on_modseqs),
        FULL_CASE(what_is_read_need_not_be_kept),
        FULL_CASE(new_messages_have_their_uids),
        FULL_CASE(what_cannot_be_kept_is_refused),
        FULL_CASE(with_room_the_same_session_goes_back),
        FULL_CASE(without_room_it_does_not_try_at_each_command),
        FULL_CASE(nothing_is_written_under_the_mark_of_an_index_at_rest),
        FULL_CASE(messages_are_moved),
        FULL_CASE(what_is_removed_counts_no_more),
        FULL_CASE(a_mailbox_is_removed_and_made_again),
        FULL_CASE(a_mailbox_is_renamed),
        FULL_CASE(an_mbox_is_read_and_emptied),
        FULL_CASE(flags_that_an_mbox_cannot_keep_are_not_shown),
        FULL_CASE(new_messages_of_an_mbox_wait),
        FULL_CASE(whatever_happens),
    };

    return unit_run("an index that has no room to change", tests, ARRAY_LENGTH(tests));
}
