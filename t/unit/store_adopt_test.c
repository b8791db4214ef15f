/* lib/store: Maildirs that other servers served are taken over as they are, and given back so. */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

#include <stdio.h>

/* Files as they lie there before anybody of ours looks. */
static void lay_out(const char *commands)
{
    store_close(&store);
    run("rm -rf mail; mkdir -p mail/cur mail/new mail/tmp");
    run(commands);
    open_store();
}

static const char *uidl_at(struct mailbox *mailbox, size_t index)
{
    static char text[100];
    struct arena *arena = arena_create();
    const char **uidls;

    assert_true(mailbox_pop3_uidls(mailbox, arena, &uidls, &err));
    snprintf(text, sizeof(text), "%s", uidls[index] == NULL ? "none" : uidls[index]);
    arena_free(&arena);
    return text;
}

static const char *keywords_at(const struct mailbox *mailbox, size_t index)
{
    static char text[200];

    text[0] = '\0';
    for (int i = 0; i < KEYWORDS_MAX; i++) {
        if ((mailbox->messages[index].keywords & 1U << i) != 0)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ",
                     mailbox->keywords.names[i]);
    }
    return text;
}

/* --- Courier ----------------------------------------------------------------------------------- */

#define COURIER_FILES                                                                              \
    "cd mail; printf 'Subject: x\\n' >cur/1190808000.M1P1.h,S=11:2,S; "                            \
    "printf 'Subject: x\\n' >cur/1190808001.M1P1.h:2,; printf 'Subject: x\\n' >new/1190808002.M1P1.h; "

static void courier_mailbox_is_taken_over_whole(void **state UNUSED)
{
    struct strlist names = STRLIST_EMPTY;
    struct mailbox *mailbox;

    lay_out(
        COURIER_FILES
        "printf '1 1190808543 9\\n5 1190808000.M1P1.h,S=11\\n8 1190808001.M1P1.h\\n' >courierimapuiddb; "
        "printf '/3 5 1190808600\\n1190808000.M1P1.h,S=11:2,S 12 4:1190808600:0\\n"
        "1190808001.M1P1.h:2, 12 0:0:0\\n' >courierpop3dsizelist; "
        "printf 'INBOX\\nINBOX.Sent\\nINBOX.a.b\\n' >courierimapsubscribed; "
        "mkdir courierimapkeywords; printf '$Label1\\nNonJunk\\n\\n1190808000.M1P1.h,S=11:1 0\\n"
        "1190808001.M1P1.h:0\\n' >courierimapkeywords/:list; "
        "printf 'Later\\n' >courierimapkeywords/1190808001.M1P1.h; "
        "printf 'Older\\n' >courierimapkeywords/.3.1190808001.M1P1.h");
    for (int round = 0; round < 2; round++) {
        mailbox = open_mailbox("INBOX", false);
        assert_int_equal(mailbox->uidvalidity, 1190808543);
        assert_int_equal(mailbox->count, 3);
        assert_int_equal(uid_at(mailbox, 0), 5);
        assert_int_equal(uid_at(mailbox, 1), 8);
        assert_int_equal(uid_at(mailbox, 2), 9);
        assert_string_equal(uidl_at(mailbox, 0), "UID4-1190808600");
        assert_string_equal(uidl_at(mailbox, 1), "1190808001.M1P1.h");
        assert_string_equal(uidl_at(mailbox, 2), "none");
        assert_string_equal(keywords_at(mailbox, 0), "NonJunk $Label1 ");
        assert_string_equal(keywords_at(mailbox, 1), "Later ");
        assert_int_equal(mailbox->messages[0].flags & FLAGS_STORED, FLAG_SEEN);
        mailbox_close(&mailbox);
        store_close(&store);
        run("rm -rf mail/buzon.index");
        open_store();
    }
    run("grep -q '^5 PUID4-1190808600 :1190808000.M1P1.h,S=11$' mail/dovecot-uidlist");
    assert_true(store_subscriptions(store, &names, &err));
    assert_int_equal(names.count, 3);
    assert_true(strlist_has(&names, "Sent") && strlist_has(&names, "a.b"));
    run("printf 'V\\t2\\n\\nINBOX\\nSent\\na\\tb\\n' | cmp - mail/subscriptions"); /* for Dovecot */
    assert_true(store_subscribe(store, "Sent", false, &err));
    strlist_clear(&names);
    assert_true(store_subscriptions(store, &names, &err));
    assert_int_equal(names.count, 2);
    strlist_release(&names);
}

/* Who left Courier long ago must not get its old numbers. */
static void old_courier_files_do_not_count_beside_a_list(void **state UNUSED)
{
    struct mailbox *mailbox;

    lay_out(COURIER_FILES
            "printf '1 77 9\\n8 1190808001.M1P1.h\\n' >courierimapuiddb; "
            "printf '3 V88 N3 G00000000000000000000000000000001\\n2 :1190808001.M1P1.h\\n' "
            ">dovecot-uidlist");
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->uidvalidity, 88);
    assert_int_equal(uid_at(mailbox, 0), 2);
    mailbox_close(&mailbox);
}

/* --- Dovecot ----------------------------------------------------------------------------------- */

static void dovecot_list_of_version_1_is_kept(void **state UNUSED)
{
    struct mailbox *mailbox;

    lay_out(COURIER_FILES
            "printf '1 88 7\\n2 1190808000.M1P1.h,S=11\\n6 1190808001.M1P1.h\\n' >dovecot-uidlist");
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->uidvalidity, 88);
    assert_int_equal(uid_at(mailbox, 0), 2);
    assert_int_equal(uid_at(mailbox, 1), 6);
    assert_int_equal(uid_at(mailbox, 2), 7);
    mailbox_close(&mailbox);
    run("head -n 1 mail/dovecot-uidlist | grep -q '^3 V88 N8 G'");
}

static void what_else_stands_in_a_list_stays(void **state UNUSED)
{
    struct mailbox *mailbox;

    lay_out(
        COURIER_FILES
        "printf '3 V88 N7 G00000000000000000000000000000001\\n2 W12 Pmine O7 :1190808000.M1P1.h,S=11\\n' "
        ">dovecot-uidlist");
    mailbox = open_mailbox("INBOX", false);
    assert_string_equal(mailbox->guid, "00000000000000000000000000000001");
    assert_string_equal(uidl_at(mailbox, 0), "mine");
    mailbox_close(&mailbox);
    run("grep -q '^2 W12 Pmine O7 :1190808000.M1P1.h,S=11$' mail/dovecot-uidlist"); /* which is a new one */
    run("grep -q '^8 :1190808002.M1P1.h$' mail/dovecot-uidlist");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_CASE(courier_mailbox_is_taken_over_whole),
        STORE_CASE(old_courier_files_do_not_count_beside_a_list),
        STORE_CASE(dovecot_list_of_version_1_is_kept),
        STORE_CASE(what_else_stands_in_a_list_stays),
    };

    return unit_run("store_adopt", tests, ARRAY_LENGTH(tests));
}
