/* lib/store: what is known of messages is learned once, kept, and never wrong for it. */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

#include "lib/base/file.h"

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
        assert_non_null(memmem(metadata.headers.data, metadata.headers.len, "To: b@c\r\n", 9));
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

/* --- what Dovecot's zlib plugin wrote ------------------------------------------------------------ */

static void read_content(struct mailbox *mailbox, size_t index, struct buf *content)
{
    struct message_file file;

    if (!mailbox_open_message(mailbox, index, &file, &err))
        fail_msg("%s", err.text);
    buf_clear(content);
    if (file.size > 0) {
        assert_true(
            pread_all(file.fd, buf_reserve(content, file.size), file.size, (off_t)file.offset));
        buf_commit(content, file.size);
    }
    fd_close(&file.fd);
}

static void compressed_messages_are_read_as_they_were(void **state UNUSED)
{
    struct buf content = BUF(BUF_UNLIMITED);
    struct message_metadata metadata;
    struct mailbox *mailbox;

    run("printf 'Subject: a\\n\\nx\\n' | gzip > 'mail/cur/1.M1P1.h,S=14,W=17:2,SZ'");
    run("printf 'Subject: a\\n\\nx\\n' | bzip2 > 'mail/cur/2.M1P1.h,S=14,W=17:2,S'");
    run("printf 'Subject: a\\n\\nx\\n' | zstd -q > 'mail/cur/3.M1P1.h:2,S'"); /* nobody tells its size */
    run("(printf 'Subject: a\\n\\n' | gzip; printf 'x\\n' | gzip) > 'mail/cur/4.M1P1.h:2,S'");
    run("touch -d @1000000000 mail/cur/*");
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, 4);
    assert_true(mailbox_begin_reading(mailbox, &err));
    for (size_t i = 0; i < 4; i++) {
        assert_true(mailbox_metadata(mailbox, i, WANT_DATE | WANT_SIZE | WANT_ENVELOPE, NULL,
                                     &metadata, &err));
        read_content(mailbox, i, &content);
        assert_string_equal(buf_text(&content), "Subject: a\n\nx\n");
        assert_int_equal(metadata.virtual_size, 17);
        assert_int_equal(metadata.internal_date, 1000000000);
        assert_true(span_starts_with(metadata.envelope, "(NIL \"a\" "));
    }
    mailbox_end_reading(mailbox);
    mailbox_close(&mailbox);
    buf_release(&content);
}

static void damaged_one_is_shown_as_far_as_it_goes(void **state UNUSED)
{
    struct buf content = BUF(BUF_UNLIMITED);
    struct mailbox *mailbox;

    run("(printf 'Subject: a\\n\\nx\\n' | gzip; printf 'Subject: b\\n\\n' | gzip | head -c 5) "
        "> mail/cur/1.M1P1.h:2,S");
    run("printf '\\037\\213\\010no gzip at all' > mail/cur/2.M1P1.h:2,S");
    mailbox = open_mailbox("INBOX", false);
    read_content(mailbox, 0, &content);
    assert_string_equal(buf_text(&content), "Subject: a\n\nx\n");
    read_content(mailbox, 1, &content);
    assert_string_equal(buf_text(&content), "\037\213\010no gzip at all");
    mailbox_close(&mailbox);
    buf_release(&content);
}

static void long_one_needs_no_memory(void **state UNUSED)
{
    struct message_file file;
    struct mailbox *mailbox;
    char last[3] = "";

    run("(printf 'Subject: a\\n\\n'; head -c 9000000 /dev/zero | tr '\\0' x; echo end) | gzip "
        "> mail/cur/1.M1P1.h:2,S");
    mailbox = open_mailbox("INBOX", false);
    for (int round = 0; round < 2; round++) {
        assert_true(mailbox_open_message(mailbox, 0, &file, &err));
        assert_int_equal(file.size, 9000000 + 12 + 4);
        assert_true(pread_all(file.fd, last, 3, (off_t)file.size - 4));
        assert_memory_equal(last, "end", 3);
        fd_close(&file.fd);
    }
    assert_true(mailbox_begin_reading(mailbox, &err));
    assert_true(span_starts_with(know(mailbox, WANT_ENVELOPE, NULL).envelope, "(NIL \"a\" "));
    mailbox_end_reading(mailbox);
    mailbox_close(&mailbox);
    run("test \"$(ls -A mail | grep -c '^#')\" = 0");
}

/* A copy is the same file under another name. */
static void copy_stays_compressed(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct buf content = BUF(BUF_UNLIMITED);
    struct mailbox_copied copied;
    struct mailbox *mailbox;

    run("printf 'Subject: a\\n\\nx\\n' | gzip > 'mail/cur/1.M1P1.h,S=14,W=17:2,S'");
    assert_true(store_create(store, "box", &err));
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox_copy(mailbox, first_index, 1, "box", false, arena, &copied, &err));
    mailbox_close(&mailbox);
    run("zcat mail/.box/cur/*,S=14,W=17:2,S | grep -q Subject");
    mailbox = open_mailbox("box", false);
    read_content(mailbox, 0, &content);
    assert_string_equal(buf_text(&content), "Subject: a\n\nx\n");
    mailbox_close(&mailbox);
    buf_release(&content);
    arena_free(&arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_CASE(each_is_learned_beside_what_is_known),
        STORE_CASE(wrong_size_in_a_name_is_put_right),
        STORE_CASE(compressed_messages_are_read_as_they_were),
        STORE_CASE(damaged_one_is_shown_as_far_as_it_goes),
        STORE_CASE(long_one_needs_no_memory),
        STORE_CASE(copy_stays_compressed),
    };

    return unit_run("store_content", tests, ARRAY_LENGTH(tests));
}
