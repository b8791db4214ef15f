/* lib/store: keys of messages are kept by UID, and only for as long as they are those of these messages. */
#include "t/unit/unit.h"

#include "lib/store/keys.h"
#include "t/unit/store_account.h"

#include <stdio.h>
#include <stdlib.h>

#define KIND 3

static void append_many(uint32_t count)
{
    struct store_append *made = store_append_begin(store, "INBOX", &err);
    struct strlist keywords = STRLIST_EMPTY;
    const uint32_t *uids;
    uint32_t uidvalidity;
    size_t appended;

    assert_non_null(made);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(store_append_message(made, 0, &keywords, 1, &err));
        assert_true(store_append_write(made, SPAN_LITERAL("Subject: x\r\n\r\n"), &err));
    }
    assert_true(store_append_commit(made, &uidvalidity, &uids, &appended, &err));
    store_append_free(&made);
}

static struct span key_of(uint32_t uid, char text[32])
{
    int len = uid % 7 == 0 ? 0 : snprintf(text, 32, "key of %u", uid);

    return span_of(text, (size_t)len);
}

/* What is not known is made, as SORT does it; how many were known. All that are found must be right. */
static size_t take_keys(struct mailbox *mailbox, unsigned kind)
{
    size_t known = 0;
    struct span key;
    char text[32];

    assert_true(mailbox_begin_reading(mailbox, &err));
    for (size_t i = 0; i < mailbox->count; i++) {
        struct span expected = key_of(mailbox->messages[i].uid, text);
        if (mailbox_find_key(mailbox, i, kind, &key)) {
            assert_true(span_equal(key, expected));
            known++;
        } else {
            mailbox_keep_key(mailbox, i, kind, expected);
        }
    }
    mailbox_end_reading(mailbox);
    return known;
}

static size_t known_anew(unsigned kind)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);
    size_t known = take_keys(mailbox, kind);

    mailbox_close(&mailbox);
    return known;
}

static void open_anew(void)
{
    store_close(&store);
    open_store();
}

static void keys_are_kept_by_kind_and_uid(void **state UNUSED)
{
    append_many(600);
    assert_int_equal(known_anew(KIND), 0);
    open_anew();
    assert_int_equal(known_anew(KIND), 600);
    assert_int_equal(known_anew(MAILBOX_KEY_KINDS - 1), 0);
    assert_int_equal(known_anew(0), 0);
    append_many(3); /* new mail joins a record that is there */
    assert_int_equal(known_anew(KIND), 600);
    assert_int_equal(known_anew(KIND), 603);
    assert_int_equal(known_anew(MAILBOX_KEY_KINDS - 1), 600);
}

static void expunged_messages_take_their_records_along(void **state UNUSED)
{
    struct mailbox *mailbox;

    append_many(600);
    assert_int_equal(known_anew(KIND), 0);
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox_expunge(mailbox, (uint32_t[]){299}, 1, &err)); /* UID 300: of 256 to 511 */
    mailbox_forget_gone(mailbox);
    assert_int_equal(mailbox->count, 599);
    assert_int_equal(take_keys(mailbox, KIND), 599 - 255);
    assert_int_equal(take_keys(mailbox, KIND), 599);
    mailbox_close(&mailbox);
}

/* One session makes keys of messages that another one expunges meanwhile. */
static void keys_of_messages_that_went_are_not_kept(void **state UNUSED)
{
    struct mailbox *mailbox, *other;
    struct index *index = store->index;
    struct keys_block block;
    struct span octets;
    char text[32];

    append_many(3);
    mailbox = open_mailbox("INBOX", false);
    other = open_mailbox("INBOX", false);
    assert_true(mailbox_begin_reading(mailbox, &err));
    for (size_t i = 0; i < 3; i++)
        mailbox_keep_key(mailbox, i, KIND, key_of(mailbox->messages[i].uid, text));
    index_end_read(index); /* what the other session does stands outside of our transaction */
    assert_true(mailbox_expunge(other, (uint32_t[]){1}, 1, &err));
    assert_true(index_begin_read(index, &err));
    mailbox_end_reading(mailbox);
    assert_true(index_begin_read(index, &err));
    assert_int_equal(index_get_keys(index, mailbox->id, KIND, 0, &octets, &err), INDEX_FOUND);
    assert_true(keys_decode(octets, mailbox->uidvalidity, &block));
    assert_non_null(block.keys[1].data);
    assert_null(block.keys[2].data);
    assert_non_null(block.keys[3].data);
    index_end_read(index);
    mailbox_close(&mailbox);
    mailbox_close(&other);
}

static void another_uidvalidity_has_no_keys(void **state UNUSED)
{
    append_many(4);
    assert_int_equal(known_anew(KIND), 0);
    assert_int_equal(known_anew(KIND), 4);
    store_close(&store);
    run("sed -i '1s/V[0-9]*/V77/' mail/dovecot-uidlist");
    open_store();
    assert_int_equal(known_anew(KIND), 0);
    assert_int_equal(known_anew(KIND), 4);
}

static void what_is_too_long_is_not_kept(void **state UNUSED)
{
    struct mailbox *mailbox;
    char *text = mem_alloc(KEY_MAX + 1);
    struct span key;

    append_many(2);
    mailbox = open_mailbox("INBOX", false);
    assert_true(mailbox_begin_reading(mailbox, &err));
    mailbox_keep_key(mailbox, 0, KIND, span_of(text, KEY_MAX + 1));
    mailbox_keep_key(mailbox, 1, KIND, span_of(text, KEY_MAX));
    mailbox_end_reading(mailbox);
    assert_true(mailbox_begin_reading(mailbox, &err));
    assert_false(mailbox_find_key(mailbox, 0, KIND, &key));
    assert_true(mailbox_find_key(mailbox, 1, KIND, &key));
    assert_int_equal(key.len, KEY_MAX);
    mailbox_end_reading(mailbox);
    mem_free(text);
    mailbox_close(&mailbox);
}

/* Whatever stands there: the keys are made anew, and the index is not given up for it. */
static void records_that_make_no_sense_are_made_anew(void **state UNUSED)
{
    struct mailbox *mailbox;
    uint32_t id;

    append_many(10);
    assert_int_equal(known_anew(KIND), 0);
    mailbox = open_mailbox("INBOX", true);
    id = mailbox->id;
    mailbox_close(&mailbox);
    srandom(1);
    for (unsigned round = 0; round < 500; round++) {
        char octets[300];
        struct span record;
        assert_true(index_begin_write(store->index, &err));
        assert_int_equal(index_get_keys(store->index, id, KIND, 0, &record, &err), INDEX_FOUND);
        assert_true(record.len <= sizeof(octets));
        memcpy(octets, record.data, record.len);
        record = span_of(octets, record.len);
        if (round < record.len)
            record.len = round; /* cut off at each octet; then the head is overwritten */
        else
            octets[(size_t)random() % (sizeof(struct keys_header) + 40)] ^=
                (char)(1 + random() % 255);
        assert_true(index_put_keys(store->index, id, KIND, 0, record, &err));
        assert_true(index_commit(store->index, &err));
        mailbox = open_mailbox("INBOX", true);
        assert_true(mailbox_begin_reading(mailbox, &err));
        for (size_t i = 0; i < mailbox->count; i++) {
            struct span key;
            char text[32];
            if (!mailbox_find_key(mailbox, i, KIND, &key))
                mailbox_keep_key(mailbox, i, KIND, key_of(mailbox->messages[i].uid, text));
            else
                assert_true(key.len <= KEY_MAX);
        }
        mailbox_end_reading(mailbox);
        mailbox_close(&mailbox);
        assert_int_equal(store->generation, 0);
        if (round >=
            record.len) { /* what made sense, and was wrong, is of nobody's making but ours */
            assert_true(index_begin_write(store->index, &err));
            assert_true(index_put_keys(store->index, id, KIND, 0, SPAN_LITERAL("x"), &err));
            assert_true(index_commit(store->index, &err));
            assert_int_equal(known_anew(KIND), 0);
        }
        assert_int_equal(known_anew(KIND), 10);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_CASE(keys_are_kept_by_kind_and_uid),
        STORE_CASE(expunged_messages_take_their_records_along),
        STORE_CASE(keys_of_messages_that_went_are_not_kept),
        STORE_CASE(another_uidvalidity_has_no_keys),
        STORE_CASE(what_is_too_long_is_not_kept),
        STORE_CASE(records_that_make_no_sense_are_made_anew),
    };

    return unit_run("store_keys", tests, ARRAY_LENGTH(tests));
}
