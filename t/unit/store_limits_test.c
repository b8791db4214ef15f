/*
 * lib/store: what an account can hold and what its owner can put into files decides how much memory a session
 * takes, within these bounds. Counted is what our code has from the heap at once; the linker shows us (--wrap).
 */
#include "t/unit/unit.h"

#include "lib/store/driver.h"
#include "lib/store/name.h"
#include "t/unit/store_account.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (1024 * 1024)

/* --- memory ------------------------------------------------------------------------------------- */

static size_t held, most;

void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *memory);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);

static void *take(void *memory)
{
    held += malloc_usable_size(memory);
    if (held > most)
        most = held;
    return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return take(__real_calloc(count, size));
}

/* Old and new are there at the same time while one is copied to the other. */
void *__wrap_realloc(void *old, size_t size)
{
    size_t before = malloc_usable_size(old);
    void *memory = take(__real_realloc(old, size));

    held -= before;
    return memory;
}

void __wrap_free(void *memory)
{
    held -= malloc_usable_size(memory);
    __real_free(memory);
}

static size_t started;

static void count_from_here(void)
{
    started = most = held;
}

static void expect_at_most(size_t octets)
{
    if (most - started > octets)
        fail_msg("%zu octets, not %zu", most - started, octets);
}

/* --- many messages ------------------------------------------------------------------------------ */

#define MESSAGES 20000

static void make_messages(size_t count)
{
    char name[64];

    run("printf 'Subject: x\\n\\nx\\n' >mail/tmp/message");
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "mail/cur/1%08zu.M1P1.h,S=14,W=17:2,S", i);
        assert_int_equal(link("mail/tmp/message", name), 0);
    }
}

/* A scan holds the names of all files, and what the index knew of them; a view 24 octets of each message. */
static void messages(void **state UNUSED)
{
    struct mailbox *mailbox;

    make_messages(MESSAGES);
    count_from_here();
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, MESSAGES);
    expect_at_most(MESSAGES * 500 + MIB);
    mailbox_close(&mailbox);
    store_close(&store);
    open_store();
    usleep(1100000); /* nothing is unsure any more */
    mailbox = open_mailbox("INBOX", false);
    settle(mailbox);
    mailbox_close(&mailbox);
    count_from_here();
    mailbox = open_mailbox("INBOX", false);
    assert_int_equal(mailbox->count, MESSAGES);
    expect_at_most(MESSAGES * 2 * sizeof(struct mailbox_message) + MIB);
    mailbox_close(&mailbox);
}

/* --- big messages ------------------------------------------------------------------------------- */

static void fill(FILE *file, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        fputs(text, file);
}

/* All that is ever kept of a message; its file is mapped. */
static void expect_metadata_within(size_t octets)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);
    struct strlist names = STRLIST_EMPTY;
    struct message_metadata metadata;

    assert_int_equal(mailbox->count, 1);
    strlist_add(&names, "X");
    count_from_here();
    for (unsigned round = 0; round < 2; round++) {
        assert_true(mailbox_begin_reading(mailbox, &err));
        if (!mailbox_metadata(mailbox, 0,
                              WANT_ENVELOPE | WANT_BODYSTRUCTURE | WANT_HEADERS | WANT_PREVIEW,
                              &names, &metadata, &err))
            fail_msg("%s", err.text);
        mailbox_end_reading(mailbox);
    }
    expect_at_most(octets);
    strlist_release(&names);
    mailbox_close(&mailbox);
}

static FILE *new_message(void)
{
    FILE *file = fopen("mail/cur/1.M1P1.h:2,", "we");

    assert_non_null(file);
    return file;
}

static void one_field_of_32_mib(void **state UNUSED)
{
    FILE *file = new_message();

    fputs("Subject: s\nX: ", file);
    fill(file, "0123456789abcdef", 2 * MIB);
    fputs("\n\nbody\n", file);
    fclose(file);
    expect_metadata_within(16 * MIB);
}

static void a_million_fields(void **state UNUSED)
{
    FILE *file = new_message();

    fill(file, "X: a\n", 1000000);
    fputs("Subject: s\n\nbody\n", file);
    fclose(file);
    expect_metadata_within(16 * MIB);
}

static void a_million_recipients(void **state UNUSED)
{
    FILE *file = new_message();

    fputs("To: a@b.test", file);
    fill(file, ",\n a@b.test", 1000000);
    fputs("\n\nbody\n", file);
    fclose(file);
    expect_metadata_within(160 * MIB);
}

static void a_hundred_thousand_parts(void **state UNUSED)
{
    FILE *file = new_message();

    fputs("Content-Type: multipart/mixed; boundary=b\n\n", file);
    fill(file, "--b\nContent-Type: text/plain; a=b\n\nx\n", 100000);
    fputs("--b--\n", file);
    fclose(file);
    expect_metadata_within(16 * MIB);
}

/* --- keywords ----------------------------------------------------------------------------------- */

static void keywords(void **state UNUSED)
{
    struct mailbox *mailbox;
    FILE *file = fopen("mail/dovecot-keywords", "we");
    char *longest = mem_alloc(KEYWORD_LENGTH_MAX + 2);
    uint32_t bit, all = 0;
    char name[32];

    for (unsigned i = 0; i < 4000; i++)
        fprintf(file, "%u word%u\n", i, i);
    fclose(file);
    make_messages(1);
    count_from_here();
    mailbox = open_mailbox("INBOX", false);
    expect_at_most(MIB);
    mailbox_close(&mailbox);
    run("yes 99999 word | head -c 70000 >mail/dovecot-keywords");
    run("printf '\\n0 real\\n' >>mail/dovecot-keywords");
    mailbox = open_mailbox("INBOX", false);
    assert_string_equal(mailbox->keywords.names[0], "real");
    expect_at_most(MIB);
    mailbox_close(&mailbox);
    run("truncate -s 2G mail/dovecot-keywords");
    mailbox = open_mailbox("INBOX", false);
    expect_at_most(3 * MIB);
    mailbox_close(&mailbox);
    run("rm mail/dovecot-keywords");
    mailbox = open_mailbox("INBOX", false);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "new%u", i);
        if (mailbox_keyword(mailbox, span_text(name), &bit, &err))
            all |= bit;
        else
            assert_int_equal(err.kind, ERROR_PERMANENT);
    }
    assert_int_equal(all, (1U << KEYWORDS_MAX) - 1);
    memset(longest, 'a', KEYWORD_LENGTH_MAX + 1);
    assert_false(mailbox_keyword(mailbox, span_text(longest), &bit, &err));
    mem_free(longest);
    mailbox_close(&mailbox);
}

/* --- the list of UIDs ---------------------------------------------------------------------------- */

/* A session takes no more than some times the size of a list, whatever is in it; and none of its numbers becomes 0. */
static void expect_list_within(const char *written_by, size_t octets)
{
    struct mailbox *mailbox;
    uint32_t last = 0;

    store_close(&store);
    run("rm -rf mail/buzon.index mail/dovecot-uidlist");
    run(written_by);
    open_store();
    count_from_here();
    mailbox = open_mailbox("INBOX", false);
    expect_at_most(octets);
    assert_int_equal(mailbox->count, 3);
    for (size_t i = 0; i < mailbox->count; i++) {
        assert_true(uid_at(mailbox, i) > last);
        last = uid_at(mailbox, i);
    }
    assert_true(mailbox->uidnext > last);
    mailbox_close(&mailbox);
}

static void lists_of_uids(void **state UNUSED)
{
    make_messages(3);
    expect_list_within("{ echo '3 V7 N4'; yes '1 :a' | head -c 4000000; } >mail/dovecot-uidlist",
                       80 * MIB);
    expect_list_within("{ echo '3 V7 N4'; seq -f '%.0f :a' 500000; } >mail/dovecot-uidlist",
                       120 * MIB);
    expect_list_within("{ echo '3 V7 N4'; head -c 20000000 /dev/zero; } >mail/dovecot-uidlist",
                       80 * MIB);
    expect_list_within(
        "{ echo '3 V7 N4'; head -c 20000000 /dev/zero | tr '\\0' ':'; echo; } >mail/dovecot-uidlist",
        80 * MIB);
    expect_list_within("head -c 20000000 /dev/zero | tr '\\0' 1 >mail/dovecot-uidlist", 80 * MIB);
    expect_list_within("printf '3 V7 N4\\n4294967295 :100000000.M1P1.h\\n' >mail/dovecot-uidlist",
                       MIB);
    expect_list_within("printf '3 V7 N4\\n4294967296 :100000000.M1P1.h\\n' >mail/dovecot-uidlist",
                       MIB);
    expect_list_within("printf '3 V7 N4294967295\\n' >mail/dovecot-uidlist", MIB);
    expect_list_within("printf '3 V4294967295 N99999999999999999999\\n' >mail/dovecot-uidlist",
                       MIB);
}

/* --- folders ------------------------------------------------------------------------------------- */

#define FOLDERS 3000

static size_t count_mailboxes(void)
{
    struct arena *arena = arena_create();
    struct store_entry *entries;
    size_t count = 0;

    assert_true(store_list(store, arena, true, &entries, &count, &err));
    for (size_t i = 0; i < count; i++)
        assert_true(strlen(entries[i].name) <= MAILBOX_NAME_MAX);
    arena_free(&arena);
    return count;
}

static void folders(void **state UNUSED)
{
    char path[64];

    for (unsigned i = 0; i < FOLDERS; i++) {
        snprintf(path, sizeof(path), "mail/.folder%u.of.many", i);
        assert_int_equal(mkdir(path, 0700), 0);
        snprintf(path, sizeof(path), "mail/.folder%u.of.many/cur", i);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    count_from_here();
    assert_int_equal(count_mailboxes(), 1 + 3 * FOLDERS); /* with parents that are none */
    expect_at_most(3 * FOLDERS * 400 + MIB);
}

/* In directories of directories names and depth end at MAILBOX_NAME_MAX octets, also where links go in circles. */
static void deep_trees(void **state UNUSED)
{
    static const struct store_settings tree = {.format = MAILBOX_MAILDIR,
                                               .path = "mail",
                                               .home = ".",
                                               .hostname = "mx.test",
                                               .layout = LAYOUT_TREE};

    store_close(&store);
    run("rm -rf mail");
    store = store_open(&tree, &err);
    assert_non_null(store);
    run("cd mail && for i in $(seq 300); do mkdir -p a/cur && cd a; done");
    count_from_here();
    assert_int_equal(count_mailboxes(), 1 + (MAILBOX_NAME_MAX + 1) / 2);
    expect_at_most(2 * MIB);
    run("ln -s . mail/b && ln -s . mail/c && ln -s .. mail/a/d");
    count_from_here();
    (void)count_mailboxes();
    expect_at_most(100 * MIB);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORE_CASE(messages),
        STORE_CASE(one_field_of_32_mib),
        STORE_CASE(a_million_fields),
        STORE_CASE(a_million_recipients),
        STORE_CASE(a_hundred_thousand_parts),
        STORE_CASE(keywords),
        STORE_CASE(lists_of_uids),
        STORE_CASE(folders),
        STORE_CASE(deep_trees),
    };

    return unit_run("store_limits", tests, ARRAY_LENGTH(tests));
}
