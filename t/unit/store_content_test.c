/* lib/store: what is known of messages is learned once, kept, and never wrong for it. */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

#include <unistd.h>

static const char message[] = "Subject: a\r\nTo: b@c\r\n\r\nHello world\r\n";

static struct message_metadata know(struct mailbox *mailbox, unsigned wanted,
                                    const struct strlist *fields)
{
    struct message_metadata metadata;

    if (!mailbox_metadata(mailbox, 0, wanted, fields, &metadata, &err))
        fail_msg("%s", err.text);
    return metadata;
}

/* Asks for one thing after the other; the file is there only for the first of them. */
static void each_is_learned_beside_what_is_known(void **state UNUSED)
{
    static const unsigned wants[] = {WANT_ENVELOPE, WANT_PREVIEW, WANT_HEADERS, WANT_BODYSTRUCTURE};
    struct strlist fields = STRLIST_EMPTY;
    struct mailbox *mailbox;

    strlist_add(&fields, "To");
    append("INBOX", 0, message);
    for (size_t i = 0; i < ARRAY_LENGTH(wants); i++) {
        mailbox = open_mailbox("INBOX", false);
        assert_true(mailbox_begin_reading(mailbox, &err));
        know(mailbox, wants[i], &fields);
        mailbox_end_reading(mailbox);
        mailbox_close(&mailbox);
    }
    run("echo changed > \"$(echo mail/cur/*)\""); /* nobody looks */
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox_begin_reading(mailbox, &err));
    for (size_t i = 0; i < ARRAY_LENGTH(wants); i++) {
        struct message_metadata metadata = know(mailbox, wants[i] | WANT_SIZE | WANT_DATE, &fields);
        assert_true(span_starts_with(metadata.envelope, "(NIL \"a\" "));
        assert_true(span_equal_text(metadata.preview, "Hello world"));
        assert_true(span_equal_text(metadata.headers, "To: b@c\r\n"));
        assert_true(span_starts_with(metadata.bodystructure, "(\"text\" \"plain\""));
        assert_int_equal(metadata.virtual_size, strlen(message));
        assert_int_equal(metadata.internal_date, 1000000000);
    }
    mailbox_end_reading(mailbox);
    mailbox_close(&mailbox);
    strlist_release(&fields);
}

static void wrong_size_in_a_name_is_put_right(void **state UNUSED)
{
    struct store_status status;
    struct mailbox *mailbox;

    run("printf 'Subject: a\\n\\nx\\n' > 'mail/cur/1.M1P1.h,S=99,W=99:2,T'");
    assert_true(store_status(store, "INBOX", true, &status, &err));
    assert_int_equal(status.size, 99);
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox_begin_reading(mailbox, &err));
    know(mailbox, WANT_BODYSTRUCTURE, NULL);
    mailbox_end_reading(mailbox);
    assert_true(store_status(store, "INBOX", true, &status, &err));
    assert_int_equal(status.size, 17);
    assert_int_equal(status.deleted_size, 17);
    mailbox_close(&mailbox);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_CASE(each_is_learned_beside_what_is_known),
        STORE_CASE(wrong_size_in_a_name_is_put_right),
    };

    return unit_run("store_content", tests, ARRAY_LENGTH(tests));
}
