/* lib/store/index: records, transactions, and what becomes of an index that is damaged. */
#include "t/unit/unit.h"

#include "lib/base/file.h"
#include "lib/store/index.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char scratch[64];

static int make_scratch(void **state UNUSED)
{
    snprintf(scratch, sizeof(scratch), "/tmp/buzon-unit.XXXXXX");
    return mkdtemp(scratch) == NULL ? -1 : chdir(scratch);
}

static int remove_scratch(void **state UNUSED)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", scratch);
    return chdir("/") != 0 || system(command) != 0 ? -1 : 0;
}

static struct index_message message_of(uint32_t uid, const char *name)
{
    return (struct index_message){
        .uid = uid,
        .flags = uid % 32,
        .modseq = uid * 10,
        .size = uid * 100,
        .virtual_size = INDEX_UNKNOWN,
        .internal_date = 1,
        .name = span_text(name),
    };
}

static uint32_t fill(struct index *index, const char *mailbox, uint32_t messages)
{
    struct index_mailbox state = {.uidvalidity = 7};
    struct error err = {0};

    assert_true(index_begin_write(index, &err));
    assert_true(index_add_mailbox(index, mailbox, &state, &err));
    for (uint32_t uid = 1; uid <= messages; uid++) {
        struct index_message message = message_of(uid, "1.M1P1.host,S=1,W=1:2,S");
        assert_true(index_put_message(index, state.id, &message, &err));
        assert_true(index_put_metadata(index, state.id, uid, SPAN_LITERAL("what is known"), &err));
    }
    assert_true(index_commit(index, &err));
    return state.id;
}

static bool count(void *context, const struct index_message *message)
{
    uint32_t *last = context;

    assert_int_equal(message->uid, *last + 1);
    *last = message->uid;
    return true;
}

/* Reads everything that is there; false when the index turns out to be broken. */
static bool read_all(struct index *index, uint32_t *messages_r)
{
    struct index_mailbox state;
    struct index_message message;
    struct span octets;
    struct error err = {0};
    uint32_t id;
    bool whole = index_begin_read(index, &err);

    *messages_r = 0;
    if (!whole)
        return false;
    switch (index_find_name(index, "INBOX", &id, &err)) {
    case INDEX_FOUND:
        whole = index_get_mailbox(index, id, &state, &err) != INDEX_FAILED;
        for (uint32_t uid = 1; uid < 400 && whole; uid++) {
            enum index_result result = index_get_message(index, id, uid, &message, &err);
            *messages_r += result == INDEX_FOUND;
            whole = result != INDEX_FAILED &&
                    index_get_metadata(index, id, uid, &octets, &err) != INDEX_FAILED;
        }
        break;
    case INDEX_ABSENT:
        break;
    case INDEX_FAILED:
        whole = false;
        break;
    }
    index_end_read(index);
    return whole;
}

static void records_come_back_in_order(void **state UNUSED)
{
    struct error err = {0};
    struct index *index = index_open("index", &err);
    struct index_message message;
    struct span octets;
    uint32_t id, other, last = 0;

    assert_non_null(index);
    id = fill(index, "INBOX", 300);
    other = fill(index, "other", 5);
    assert_int_not_equal(id, other);
    assert_true(index_begin_read(index, &err));
    assert_true(index_walk(index, id, 0, count, &last, &err));
    assert_int_equal(last, 300);
    assert_int_equal(index_get_message(index, id, 42, &message, &err), INDEX_FOUND);
    assert_int_equal(message.flags, 42 % 32);
    assert_int_equal(message.size, 4200);
    assert_true(span_equal_text(message.name, "1.M1P1.host,S=1,W=1:2,S"));
    assert_int_equal(index_get_message(index, id, 301, &message, &err), INDEX_ABSENT);
    assert_int_equal(index_get_metadata(index, id, 1, &octets, &err), INDEX_FOUND);
    assert_true(span_equal_text(octets, "what is known"));
    index_end_read(index);
    index_close(&index);
}

static void removed_mailbox_leaves_others_alone(void **state UNUSED)
{
    struct error err = {0};
    struct index *index = index_open("index", &err);
    struct index_message message;
    uint32_t id = fill(index, "INBOX", 300), other = fill(index, "other", 5), found;

    assert_true(index_begin_write(index, &err));
    assert_true(index_remove_mailbox(index, "INBOX", &err));
    assert_true(index_rename(index, "other", "new", &err));
    assert_true(index_commit(index, &err));
    assert_true(index_begin_read(index, &err));
    assert_int_equal(index_find_name(index, "INBOX", &found, &err), INDEX_ABSENT);
    assert_int_equal(index_find_name(index, "other", &found, &err), INDEX_ABSENT);
    assert_int_equal(index_find_name(index, "new", &found, &err), INDEX_FOUND);
    assert_int_equal(found, other);
    assert_int_equal(index_get_message(index, id, 1, &message, &err), INDEX_ABSENT);
    assert_int_equal(index_get_message(index, id, 300, &message, &err), INDEX_ABSENT);
    assert_int_equal(index_get_message(index, other, 5, &message, &err), INDEX_FOUND);
    index_end_read(index);
    index_close(&index);
}

static void aborted_transaction_never_was(void **state UNUSED)
{
    struct error err = {0};
    struct index *index = index_open("index", &err);
    uint32_t messages;

    fill(index, "INBOX", 10);
    assert_true(index_begin_write(index, &err));
    assert_true(index_remove_mailbox(index, "INBOX", &err));
    index_abort(index);
    assert_true(read_all(index, &messages));
    assert_int_equal(messages, 10);
    index_close(&index);
}

static void uidvalidity_only_rises(void **state UNUSED)
{
    struct error err = {0};
    struct index *index = index_open("index", &err);
    uint32_t first, second;

    assert_true(index_begin_write(index, &err));
    assert_true(index_new_uidvalidity(index, &first, &err));
    assert_true(index_new_uidvalidity(index, &second, &err));
    assert_true(second > first);
    assert_true(index_commit(index, &err));
    index_close(&index);
}

/* --- damage ------------------------------------------------------------------------------------ */

static void write_octets(const char *path, const void *octets, size_t len, off_t at)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_true(pwrite_all(fd, octets, len, at));
    fd_close(&fd);
}

/* Writing walks other pages than reading: those of the free list. */
static bool rewrite_all(struct index *index)
{
    struct error err = {0};

    if (!index_begin_write(index, &err))
        return false;
    if (index_remove_mailbox(index, "INBOX", &err))
        return index_commit(index, &err);
    index_abort(index);
    return false;
}

/* What was there, or nothing: never a crash, and always an index that works. */
static void open_and_use(void)
{
    struct error err = {0};
    struct index *index = index_open("index", &err);
    uint32_t messages;

    assert_non_null(index);
    if (!read_all(index, &messages) || !rewrite_all(index)) {
        assert_true(index_is_broken(index));
        assert_true(index_discard(index, &err));
        assert_true(read_all(index, &messages));
        assert_int_equal(messages, 0);
    }
    assert_true(messages <= 300); /* flags of a record may be wrong, its key may be another */
    index_close(&index);
}

/* Every fifth block of 64 octets is overwritten in turn, with zeros, ones and noise. */
static void damage_anywhere_is_survived(void **state UNUSED)
{
    struct error err = {0};
    struct index *index = index_open("index", &err);
    struct buf data = BUF(BUF_UNLIMITED);
    unsigned char bad[64];
    uint32_t random = 1;

    fill(index, "INBOX", 300);
    index_close(&index);
    assert_true(file_read(AT_FDCWD, "index/data.mdb", &data, &err));
    for (size_t at = 0; at < data.len; at += 5 * 64) {
        unlink("index/data.mdb");
        write_octets("index/data.mdb", data.data, data.len, 0);
        for (size_t i = 0; i < sizeof(bad); i++) {
            random = random * 1103515245 + 12345;
            bad[i] = at / 320 % 3 == 0   ? 0
                     : at / 320 % 3 == 1 ? 0xff
                                         : (unsigned char)(random >> 16);
        }
        write_octets("index/data.mdb", bad, sizeof(bad), (off_t)at);
        open_and_use();
    }
    buf_release(&data);
}

static void truncation_anywhere_is_survived(void **state UNUSED)
{
    struct error err = {0};
    struct index *index = index_open("index", &err);
    struct buf data = BUF(BUF_UNLIMITED);

    fill(index, "INBOX", 300);
    index_close(&index);
    assert_true(file_read(AT_FDCWD, "index/data.mdb", &data, &err));
    for (size_t len = 0; len < data.len; len += 4000) {
        unlink("index/data.mdb");
        write_octets("index/data.mdb", data.data, len, 0);
        open_and_use();
    }
    buf_release(&data);
}

/* As after a power failure: another boot, and no mark that all of it was synced. */
static void index_of_another_boot_without_mark_is_thrown_away(void **state UNUSED)
{
    struct error err = {0};
    struct index *index = index_open("index", &err);
    uint32_t messages;

    fill(index, "INBOX", 300);
    index_close(&index);
    write_octets("index/boot", "another", 7, 0);
    index = index_open("index", &err);
    assert_true(read_all(index, &messages));
    assert_int_equal(messages, 300); /* it was closed in good order */
    index_close(&index);
    write_octets("index/boot", "another", 7, 0);
    unlink("index/clean");
    index = index_open("index", &err);
    assert_true(read_all(index, &messages));
    assert_int_equal(messages, 0);
    index_close(&index);
}

static void index_may_vanish_while_in_use(void **state UNUSED)
{
    struct error err = {0};
    struct index *index = index_open("index", &err);
    uint32_t messages;

    fill(index, "INBOX", 300);
    assert_int_equal(system("rm -rf index"), 0);
    assert_true(read_all(index, &messages));
    assert_int_equal(messages, 300);
    index_close(&index);
    index = index_open("index", &err);
    assert_true(read_all(index, &messages));
    assert_int_equal(messages, 0);
    index_close(&index);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_come_back_in_order, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(removed_mailbox_leaves_others_alone, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(aborted_transaction_never_was, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(uidvalidity_only_rises, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(damage_anywhere_is_survived, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(truncation_anywhere_is_survived, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(index_of_another_boot_without_mark_is_thrown_away,
                                        make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(index_may_vanish_while_in_use, make_scratch,
                                        remove_scratch),
    };

    return unit_run("store_index", tests, ARRAY_LENGTH(tests));
}
