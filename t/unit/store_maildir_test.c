/* lib/store: sessions on a Maildir, with other programs and failures around them. */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- new mail ---------------------------------------------------------------------------------- */

static void new_mail_is_recent_for_one_session(void **state UNUSED)
{
    struct mailbox *reader, *first, *second;

    deliver("1.M1P1.h");
    deliver("2.M1P1.h");
    reader = open_mailbox("INBOX", true);
    assert_int_equal(reader->count, 2);
    assert_true((reader->messages[0].flags & FLAG_RECENT) != 0);
    assert_int_equal(access("mail/new/1.M1P1.h", F_OK), 0); /* EXAMINE takes nothing in */
    first = open_mailbox("INBOX", false);
    assert_true((first->messages[1].flags & FLAG_RECENT) != 0);
    assert_int_equal(access("mail/cur/1.M1P1.h:2,", F_OK), 0);
    second = open_mailbox("INBOX", false);
    assert_true((second->messages[0].flags & FLAG_RECENT) == 0);
    assert_int_equal(uid_at(reader, 0), 1);
    assert_int_equal(uid_at(first, 1), 2);
    mailbox_close(&reader);
    mailbox_close(&first);
    mailbox_close(&second);
}

static void mail_that_arrives_is_seen_in_its_order(void **state UNUSED)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);

    deliver("30.M1P1.h");
    deliver("4.M1P1.h");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 2);
    run("test -e 'mail/cur/4.M1P1.h:2,'");
    run("sed -n 2p mail/dovecot-uidlist | grep -q '^1 :4.M1P1.h$'"); /* older ones first */
    deliver("5.M1P1.h");
    sync_mailbox(mailbox);
    assert_int_equal(uid_at(mailbox, 2), 3);
    assert_true((mailbox->messages[2].flags & FLAG_RECENT) != 0);
    mailbox_close(&mailbox);
}

/* What happens there between these two cannot be told from the time of the directory. */
#define UNSEEN_IN_CUR(commands) "touch -r mail/cur time && " commands " && touch -r time mail/cur"

static void a_delivery_is_no_reason_to_look_at_cur(void **state UNUSED)
{
    struct mailbox *mailbox;

    deliver("1.M1P1.h");
    mailbox = open_mailbox("INBOX", true);
    settle(mailbox);
    run(UNSEEN_IN_CUR("touch mail/cur/2.M1P1.h:2,"));
    deliver("3.M1P1.h");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 2);
    assert_int_equal(uid_at(mailbox, 1), 2);
    run("sed -n '$p' mail/dovecot-uidlist | grep -q '^2 :3.M1P1.h$'");
    mailbox_close(&mailbox);
}

/* As it comes out of an archive that is made the same each time: the times of all directories are 0. */
static void a_mailbox_of_1970_is_looked_at(void **state UNUSED)
{
    struct mailbox *mailbox;

    run("echo >mail/cur/1000000001.M1P1.other:2,S; touch -d @0 mail/cur mail/new");
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 1);
    assert_int_not_equal(mailbox->uidvalidity, 0);
    mailbox_close(&mailbox);
}

static void what_stays_in_new_is_not_new_again(void **state UNUSED)
{
    struct mailbox *mailbox;

    deliver("1.M1P1.h");
    deliver("2.M1P1.h");
    mailbox = open_mailbox("INBOX", true);
    settle(mailbox);
    deliver("3.M1P1.h");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 3);
    run("rm mail/new/2.M1P1.h");
    deliver("4.M1P1.h");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 4);
    assert_int_equal(mailbox->gone, 1);
    assert_true((mailbox->messages[1].flags & FLAG_GONE) != 0);
    assert_int_equal(uid_at(mailbox, 3), 4);
    mailbox_close(&mailbox);
}

/* As mutt does it with a message that shall be new again. */
static void what_goes_back_to_new_is_the_same_message(void **state UNUSED)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);

    deliver("1.M1P1.h");
    sync_mailbox(mailbox);
    settle(mailbox);
    run(UNSEEN_IN_CUR("mv mail/cur/1.M1P1.h:2, mail/new/1.M1P1.h"));
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 1);
    assert_int_equal(mailbox->gone, 0);
    assert_int_equal(uid_at(mailbox, 0), 1);
    assert_int_equal(access("mail/cur/1.M1P1.h:2,", F_OK), 0);
    mailbox_close(&mailbox);
}

/* --- others change it -------------------------------------------------------------------------- */

static void flags_of_another_program_are_seen(void **state UNUSED)
{
    struct mailbox *mailbox;

    deliver("1.M1P1.h");
    mailbox = open_mailbox("INBOX", false);
    settle(mailbox);
    run("mv 'mail/cur/1.M1P1.h:2,' 'mail/cur/1.M1P1.h:2,FS'");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->messages[0].flags & FLAGS_STORED, FLAG_FLAGGED | FLAG_SEEN);
    assert_true((mailbox->messages[0].flags & FLAG_CHANGED) != 0);
    assert_true(mailbox->changed);
    mailbox_close(&mailbox);
}

static void flags_go_on_over_a_rename_by_another_program(void **state UNUSED)
{
    struct mailbox *mailbox;

    deliver("1.M1P1.h");
    mailbox = open_mailbox("INBOX", false);
    run("mv 'mail/cur/1.M1P1.h:2,' 'mail/cur/1.M1P1.h:2,PR'");
    change(mailbox, FLAGS_ADD, FLAG_SEEN);
    run("test -e 'mail/cur/1.M1P1.h:2,PRS'"); /* the letter that is not ours stays */
    mailbox_close(&mailbox);
}

static void removed_file_is_gone_and_never_returns_as_itself(void **state UNUSED)
{
    struct mailbox *mailbox;

    deliver("1.M1P1.h");
    deliver("2.M1P1.h");
    mailbox = open_mailbox("INBOX", false);
    settle(mailbox);
    run("mv 'mail/cur/1.M1P1.h:2,' saved");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->gone, 1);
    assert_int_equal(mailbox->count, 2); /* until the client is told */
    assert_true((mailbox->messages[0].flags & FLAG_GONE) != 0);
    mailbox_forget_gone(mailbox);
    assert_int_equal(mailbox->count, 1);
    settle(mailbox);
    run("mv saved 'mail/cur/1.M1P1.h:2,'");
    sync_mailbox(mailbox);
    assert_int_equal(mailbox->count, 2);
    assert_int_equal(uid_at(mailbox, 1), 3);
    mailbox_close(&mailbox);
}

static void mailbox_that_is_deleted_says_so(void **state UNUSED)
{
    struct mailbox *mailbox;

    assert_true(store_create(store, "box", &err));
    mailbox = open_mailbox("box", false);
    assert_true(store_delete(store, "box", &err));
    assert_false(mailbox_sync(mailbox, &err));
    assert_int_equal(err.number, ENOENT);
    mailbox_close(&mailbox);
}

/* --- two sessions ------------------------------------------------------------------------------ */

static void sessions_see_each_other(void **state UNUSED)
{
    struct mailbox *one, *two;

    append("INBOX", FLAG_SEEN, "Subject: a\r\n\r\nx\r\n");
    append("INBOX", 0, "Subject: b\r\n\r\nx\r\n");
    one = open_mailbox("INBOX", false);
    two = open_mailbox("INBOX", false);
    change(one, FLAGS_ADD, FLAG_FLAGGED);
    sync_mailbox(two);
    assert_int_equal(two->messages[0].flags & FLAGS_STORED, FLAG_FLAGGED | FLAG_SEEN);
    change(two, FLAGS_REMOVE, FLAG_SEEN);
    sync_mailbox(one);
    assert_int_equal(one->messages[0].flags & FLAGS_STORED, FLAG_FLAGGED);
    assert_true(one->modseq == two->modseq);
    assert_true(mailbox_expunge(one, first_index, 1, &err));
    sync_mailbox(two);
    assert_int_equal(two->gone, 1);
    assert_int_equal(append("INBOX", 0, "x"), 3);
    sync_mailbox(two);
    assert_int_equal(two->count, 3);
    mailbox_close(&one);
    mailbox_close(&two);
}

static void copies_bring_flags_and_keywords_along(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct mailbox_copied copied;
    struct mailbox *inbox, *target;
    struct flag_change add = {.mode = FLAGS_ADD, .flags = FLAG_FLAGGED};
    uint32_t bit;

    append("INBOX", 0, "Subject: a\r\n\r\nx\r\n");
    assert_true(store_create(store, "box", &err));
    target = open_mailbox("box", false);
    assert_true(mailbox_keyword(target, SPAN_LITERAL("other"), &bit, &err));
    inbox = open_mailbox("INBOX", false);
    assert_true(mailbox_keyword(inbox, SPAN_LITERAL("mine"), &add.keywords, &err));
    assert_true(mailbox_change_flags(inbox, first_index, 1, &add, &err));
    assert_true(mailbox_copy(inbox, first_index, 1, "box", false, arena, &copied, &err));
    assert_int_equal(copied.count, 1);
    sync_mailbox(target);
    assert_int_equal(target->messages[0].uid, copied.target_uids[0]);
    assert_int_equal(target->messages[0].flags & FLAGS_STORED, FLAG_FLAGGED);
    assert_int_equal(target->messages[0].keywords, 2); /* it has another letter there */
    assert_string_equal(target->keywords.names[1], "mine");
    assert_true(mailbox_copy(inbox, first_index, 1, "INBOX", false, arena, &copied, &err));
    sync_mailbox(inbox);
    assert_int_equal(inbox->count, 2);
    assert_true(mailbox_copy(inbox, first_index, 1, "box", true, arena, &copied, &err));
    assert_int_equal(inbox->gone, 1);
    assert_false(mailbox_copy(inbox, first_index, 1, "none", false, arena, &copied, &err));
    assert_int_equal(err.number, ENOENT);
    mailbox_close(&inbox);
    mailbox_close(&target);
    arena_free(&arena);
}

static void appended_message_is_stored_with_lf_and_counted_with_crlf(void **state UNUSED)
{
    struct message_metadata metadata;
    struct mailbox *mailbox;

    append("INBOX", FLAG_DRAFT, "Subject: a\r\n\r\nx\r\n");
    run("ls mail/cur | grep -q ',S=14,W=17:2,D$'");
    run("test $(stat -c %Y mail/cur/*) = 1000000000");
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox_begin_reading(mailbox, &err));
    assert_true(
        mailbox_metadata(mailbox, 0, WANT_DATE | WANT_SIZE | WANT_ENVELOPE, NULL, &metadata, &err));
    assert_int_equal(metadata.internal_date, 1000000000);
    assert_int_equal(metadata.virtual_size, 17);
    assert_true(span_starts_with(metadata.envelope, "(NIL \"a\" "));
    mailbox_end_reading(mailbox);
    mailbox_close(&mailbox);
}

static void abandoned_append_leaves_nothing(void **state UNUSED)
{
    struct store_append *append = store_append_begin(store, "INBOX", &err);
    struct strlist keywords = STRLIST_EMPTY;

    assert_true(store_append_message(append, 0, &keywords, 0, &err));
    assert_true(store_append_write(append, SPAN_LITERAL("half"), &err));
    store_append_free(&append);
    run("test -z \"$(ls mail/tmp mail/new mail/cur | grep P)\"");
}

/* --- what is known is kept --------------------------------------------------------------------- */

static void metadata_is_read_from_a_file_once(void **state UNUSED)
{
    struct strlist fields = STRLIST_EMPTY;
    struct message_metadata metadata;
    struct mailbox *mailbox;

    strlist_add(&fields, "Subject");
    append("INBOX", 0, "Subject: a\r\nReferences: <b@c>\r\n\r\nx\r\n");
    for (int round = 0; round < 2; round++) {
        mailbox = open_mailbox("INBOX", false);
        assert_true(mailbox_begin_reading(mailbox, &err));
        assert_true(mailbox_metadata(mailbox, 0, WANT_ENVELOPE | WANT_BODYSTRUCTURE | WANT_HEADERS,
                                     &fields, &metadata, &err));
        assert_true(span_starts_with(metadata.headers, "Subject: a\r\n"));
        assert_int_equal(metadata.part_count, 1);
        mailbox_end_reading(mailbox);
        mailbox_close(&mailbox);
        run("echo changed > \"$(echo mail/cur/*)\""); /* nobody looks */
    }
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox_begin_reading(mailbox, &err));
    strlist_add(&fields, "references"); /* never asked for, but usual */
    assert_true(mailbox_metadata(mailbox, 0, WANT_HEADERS, &fields, &metadata, &err));
    assert_true(span_equal_text(metadata.headers, "Subject: a\r\nReferences: <b@c>\r\n"));
    strlist_add(&fields, "X-Unusual"); /* the file is read again */
    assert_true(mailbox_metadata(mailbox, 0, WANT_HEADERS, &fields, &metadata, &err));
    assert_int_equal(metadata.headers.len, 0);
    mailbox_end_reading(mailbox);
    mailbox_close(&mailbox);
    strlist_release(&fields);
}

/* --- losses ------------------------------------------------------------------------------------ */

struct before {
    uint32_t uidvalidity, uidnext, uids[2];
    uint64_t modseq;
};

static struct before remember(void)
{
    struct mailbox *mailbox;
    struct before before;

    append("INBOX", FLAG_SEEN, "a");
    append("INBOX", FLAG_FLAGGED, "b");
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox_expunge(mailbox, first_index, 1, &err));
    append("INBOX", FLAG_DRAFT, "c");
    mailbox_forget_gone(mailbox);
    sync_mailbox(mailbox);
    before = (struct before){
        mailbox->uidvalidity,
        mailbox->uidnext,
        {uid_at(mailbox, 0), uid_at(mailbox, 1)},
        mailbox->modseq
    };
    mailbox_close(&mailbox);
    return before;
}

static void expect(const struct before *before)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);

    assert_int_equal(mailbox->uidvalidity, before->uidvalidity);
    assert_int_equal(mailbox->uidnext, before->uidnext);
    assert_int_equal(mailbox->count, 2);
    assert_int_equal(uid_at(mailbox, 0), before->uids[0]);
    assert_int_equal(uid_at(mailbox, 1), before->uids[1]);
    assert_int_equal(mailbox->messages[0].flags & FLAGS_STORED, FLAG_FLAGGED);
    assert_int_equal(mailbox->messages[1].flags & FLAGS_STORED, FLAG_DRAFT);
    assert_true(mailbox->modseq >= before->modseq);
    mailbox_close(&mailbox);
}

static void lost_index_comes_back_the_same(void **state UNUSED)
{
    struct before before = remember();

    store_close(&store);
    run("rm -rf mail/buzon.index");
    open_store();
    expect(&before);
}

static void lost_uidlist_comes_back_from_the_index(void **state UNUSED)
{
    struct before before = remember();

    run("rm mail/dovecot-uidlist");
    expect(&before);
    run("test -e mail/dovecot-uidlist");
    store_close(&store);
    run("rm -rf mail/buzon.index");
    open_store();
    expect(&before);
}

static void torn_uidlist_is_mended(void **state UNUSED)
{
    struct before before = remember();

    store_close(&store);
    run("printf '99 :half a li' >> mail/dovecot-uidlist; rm -rf mail/buzon.index");
    open_store();
    before.uidnext += 5; /* who knows which UIDs were in that line */
    expect(&before);
    run("! grep -q half mail/dovecot-uidlist");
}

static void another_uidvalidity_is_another_mailbox(void **state UNUSED)
{
    struct before before = remember();
    struct mailbox *open = open_mailbox("INBOX", false), *fresh;

    settle(open);
    run("sed -i '1s/V[0-9]*/V77/' mail/dovecot-uidlist");
    assert_false(mailbox_sync(open, &err));
    assert_int_equal(err.number, ESTALE);
    fresh = open_mailbox("INBOX", false);
    assert_int_equal(fresh->uidvalidity, 77);
    assert_int_equal(uid_at(fresh, 0), before.uids[0]);
    mailbox_close(&open);
    mailbox_close(&fresh);
}

/* A process that appends and flags as fast as it can is killed; what it told is true. */
static void killed_session_leaves_a_sound_mailbox(void **state UNUSED)
{
    store_close(&store);
    for (useconds_t round = 1; round <= 15; round++) {
        uint32_t told = 0, uid;
        struct mailbox *mailbox;
        int status, ends[2];
        pid_t child;

        assert_int_equal(pipe(ends), 0);
        child = fork();
        if (child == 0) {
            open_store();
            for (;;) {
                uid = append("INBOX", 0, "Subject: x\r\n\r\nx\r\n");
                if (write(ends[1], &uid, sizeof(uid)) != sizeof(uid))
                    _exit(1);
                mailbox = open_mailbox("INBOX", false);
                change(mailbox, FLAGS_ADD, FLAG_SEEN);
                mailbox_close(&mailbox);
            }
        }
        close(ends[1]);
        usleep(round * 3000);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        while (read(ends[0], &uid, sizeof(uid)) == sizeof(uid))
            told = uid;
        close(ends[0]);
        open_store();
        mailbox = open_mailbox("INBOX", false);
        if (told != 0)
            assert_int_equal(uid_at(mailbox, mailbox_find_uid(mailbox, told)), told);
        for (size_t i = 1; i < mailbox->count; i++)
            assert_true(uid_at(mailbox, i) > uid_at(mailbox, i - 1));
        mailbox_close(&mailbox);
        store_close(&store);
    }
    open_store();
}

/* --- folders ----------------------------------------------------------------------------------- */

static bool has_entry(const char *name, bool selectable, bool has_children)
{
    struct arena *arena = arena_create();
    struct store_entry *entries;
    size_t count;
    bool found = false;

    assert_true(store_list(store, arena, false, &entries, &count, &err));
    for (size_t i = 0; i < count; i++)
        found |= strcmp(entries[i].name, name) == 0 && entries[i].selectable == selectable &&
                 entries[i].has_children == has_children;
    arena_free(&arena);
    return found;
}

static void folders_are_made_listed_and_removed(void **state UNUSED)
{
    assert_true(store_create(store, "a.b.c", &err));
    assert_true(has_entry("INBOX", true, false));
    assert_true(has_entry("a", false, true));
    assert_true(has_entry("a.b", false, true));
    assert_true(has_entry("a.b.c", true, false));
    assert_false(store_create(store, "a.b.c", &err));
    assert_int_equal(err.number, EEXIST);
    assert_true(store_create(store, "a", &err));
    assert_true(has_entry("a", true, true));
    assert_true(store_delete(store, "a", &err));
    assert_true(has_entry("a", false, true));
    assert_false(store_delete(store, "a", &err));
    assert_int_equal(err.number, ENOENT);
    assert_false(store_delete(store, "INBOX", &err));
    run("ls -A mail | grep -v '^\\.a' | grep '^\\.' && exit 1 || exit 0"); /* nothing is left over */
}

static void mailbox_made_anew_has_a_later_uidvalidity(void **state UNUSED)
{
    struct store_status before, after;

    assert_true(store_create(store, "box", &err));
    assert_true(store_status(store, "box", false, &before, &err));
    assert_true(store_delete(store, "box", &err));
    assert_true(store_create(store, "box", &err));
    assert_true(store_status(store, "box", false, &after, &err));
    assert_true(after.uidvalidity > before.uidvalidity);
}

static void rename_takes_children_along(void **state UNUSED)
{
    struct store_status before, after;

    assert_true(store_create(store, "a", &err));
    assert_true(store_create(store, "a.b", &err));
    append("a.b", 0, "x");
    assert_true(store_status(store, "a.b", true, &before, &err));
    assert_true(store_rename(store, "a", "z.y", &err));
    assert_true(store_status(store, "z.y.b", true, &after, &err));
    assert_int_equal(after.messages, before.messages);
    assert_int_equal(after.uidnext, before.uidnext);
    assert_int_equal(after.uidvalidity, before.uidvalidity);
    assert_true(after.modseq == before.modseq);
    assert_int_equal(after.size, before.size);
    assert_string_equal(after.guid, before.guid);
    assert_false(store_exists(store, "a.b"));
    assert_false(store_rename(store, "none", "other", &err));
    assert_int_equal(err.number, ENOENT);
    assert_false(store_rename(store, "z.y", "z.y.b.c", &err));
    assert_false(store_rename(store, "z.y", "z.y.b", &err));
    assert_int_equal(err.number, EEXIST);
}

static void renamed_inbox_stays_and_is_empty(void **state UNUSED)
{
    struct store_status status;

    append("INBOX", 0, "x");
    assert_true(store_rename(store, "INBOX", "old", &err));
    assert_true(store_status(store, "INBOX", false, &status, &err));
    assert_int_equal(status.messages, 0);
    assert_int_equal(status.uidnext, 2);
    assert_true(store_status(store, "old", true, &status, &err));
    assert_int_equal(status.messages, 1);
    assert_int_equal(status.size, 1);
}

static void subscriptions_are_dovecots(void **state UNUSED)
{
    struct strlist names = STRLIST_EMPTY;

    assert_true(store_subscribe(store, "a.b", true, &err));
    assert_true(store_subscribe(store, "INBOX", true, &err));
    assert_true(store_subscribe(store, "INBOX", true, &err));
    assert_true(store_subscribe(store, "none", false, &err));
    run("printf 'V\\t2\\n\\na\\tb\\nINBOX\\n' | cmp - mail/subscriptions");
    assert_true(store_subscribe(store, "a.b", false, &err));
    assert_true(store_subscriptions(store, &names, &err));
    assert_int_equal(names.count, 1);
    assert_string_equal(names.items[0], "INBOX");
    strlist_release(&names);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_CASE(new_mail_is_recent_for_one_session),
        STORE_CASE(mail_that_arrives_is_seen_in_its_order),
        STORE_CASE(a_delivery_is_no_reason_to_look_at_cur),
        STORE_CASE(a_mailbox_of_1970_is_looked_at),
        STORE_CASE(what_stays_in_new_is_not_new_again),
        STORE_CASE(what_goes_back_to_new_is_the_same_message),
        STORE_CASE(flags_of_another_program_are_seen),
        STORE_CASE(flags_go_on_over_a_rename_by_another_program),
        STORE_CASE(removed_file_is_gone_and_never_returns_as_itself),
        STORE_CASE(mailbox_that_is_deleted_says_so),
        STORE_CASE(sessions_see_each_other),
        STORE_CASE(copies_bring_flags_and_keywords_along),
        STORE_CASE(appended_message_is_stored_with_lf_and_counted_with_crlf),
        STORE_CASE(abandoned_append_leaves_nothing),
        STORE_CASE(metadata_is_read_from_a_file_once),
        STORE_CASE(lost_index_comes_back_the_same),
        STORE_CASE(lost_uidlist_comes_back_from_the_index),
        STORE_CASE(torn_uidlist_is_mended),
        STORE_CASE(another_uidvalidity_is_another_mailbox),
        STORE_CASE(killed_session_leaves_a_sound_mailbox),
        STORE_CASE(folders_are_made_listed_and_removed),
        STORE_CASE(mailbox_made_anew_has_a_later_uidvalidity),
        STORE_CASE(rename_takes_children_along),
        STORE_CASE(renamed_inbox_stays_and_is_empty),
        STORE_CASE(subscriptions_are_dovecots),
    };

    return unit_run("store_maildir", tests, ARRAY_LENGTH(tests));
}
