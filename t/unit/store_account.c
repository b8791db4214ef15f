/* An account in a scratch directory, and what the tests of lib/store do with it. */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

#include <stdio.h>
#include <unistd.h>

static char scratch[64];
struct store *store;
struct error err;

void open_store(void)
{
    const struct store_settings settings = {
        .format = MAILBOX_MAILDIR, .path = "mail", .home = ".", .hostname = "mx.test"};

    store = store_open(&settings, &err);
    assert_non_null(store);
}

int store_set_up(void **state UNUSED)
{
    /* In memory where that can be: each index that is closed is synced. */
    snprintf(scratch, sizeof(scratch), "%s/buzon-unit.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(scratch) == NULL || chdir(scratch) != 0)
        return -1;
    open_store();
    return 0;
}

int store_tear_down(void **state UNUSED)
{
    char command[128];

    store_close(&store);
    snprintf(command, sizeof(command), "rm -rf %s", scratch);
    return chdir("/") != 0 || system(command) != 0 ? -1 : 0;
}

void run(const char *command)
{
    assert_int_equal(system(command), 0);
}

/* As a delivery agent of another make would. */
void deliver(const char *name)
{
    char command[256];

    snprintf(command, sizeof(command), "printf 'Subject: %s\\n\\nx\\n' > mail/new/%s", name, name);
    run(command);
}

struct mailbox *open_mailbox(const char *name, bool read_only)
{
    struct mailbox *mailbox = mailbox_open(store, name, read_only, &err);

    if (mailbox == NULL)
        fail_msg("%s", err.text);
    return mailbox;
}

void sync_mailbox(struct mailbox *mailbox)
{
    assert_true(mailbox_sync(mailbox, &err));
}

/* Scans are put off for as long as the clock cannot tell changes apart: wait until one is due. */
void settle(struct mailbox *mailbox)
{
    int wait_ms = mailbox_recheck_ms(mailbox);

    while (wait_ms >= 0) {
        usleep((useconds_t)(wait_ms + 1) * 1000);
        sync_mailbox(mailbox);
        wait_ms = mailbox_recheck_ms(mailbox);
    }
}

uint32_t uid_at(const struct mailbox *mailbox, size_t index)
{
    assert_true(index < mailbox->count);
    return mailbox->messages[index].uid;
}

const uint32_t first_index[1] = {0};

void change(struct mailbox *mailbox, enum flag_mode mode, uint32_t flags)
{
    const struct flag_change change = {.mode = mode, .flags = flags};

    assert_true(mailbox_change_flags(mailbox, first_index, 1, &change, &err));
}

uint32_t append(const char *name, uint32_t flags, const char *text)
{
    struct store_append *append = store_append_begin(store, name, &err);
    struct strlist keywords = STRLIST_EMPTY;
    const uint32_t *uids;
    uint32_t uidvalidity, uid;
    size_t count;

    assert_non_null(append);
    assert_true(store_append_message(append, flags, &keywords, 1000000000, &err));
    assert_true(store_append_write(append, span_text(text), &err));
    assert_true(store_append_commit(append, &uidvalidity, &uids, &count, &err));
    assert_int_equal(count, 1);
    uid = uids[0];
    store_append_free(&append);
    return uid;
}
