/* lib/delivery: Maildir and mbox writers. */
#include "t/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/delivery/maildir.h"
#include "lib/delivery/mbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534

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

static struct delivery_content content_of(const char *prefix, struct span message)
{
    int fd = open(".", O_TMPFILE | O_RDWR, 0600);

    assert_true(fd >= 0);
    assert_true(write_all(fd, SPAN_LITERAL("head")));
    assert_true(write_all(fd, message));
    assert_true(write_all(fd, SPAN_LITERAL("tail")));
    return (struct delivery_content){
        .prefix = span_text(prefix), .file = fd, .offset = 4, .size = message.len};
}

/* The only file of a directory; its name and content. */
static void read_only_file(const char *directory, char name_r[256], struct buf *text_r)
{
    struct error err;
    struct dirent *entry;
    DIR *dir = opendir(directory);
    int files = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            files++;
            snprintf(name_r, 256, "%s", entry->d_name);
        }
    }
    assert_int_equal(files, 1);
    assert_true(file_read(dirfd(dir), name_r, text_r, &err));
    closedir(dir);
}

static bool deliver(const char *path, const struct delivery_content *content, struct error *err)
{
    int maildir = maildir_open(path, err);
    bool done = maildir >= 0 && maildir_deliver(maildir, path, "mx.test", content, err);

    fd_close(&maildir);
    return done;
}

static const struct maildir_case {
    const char *name;
    const char *prefix;
    const char *message;
    const char *sizes; /* how the file's name ends */
} maildir_cases[] = {
    {"a message with LF gets its size with CRLF", "A: b\n", "C: d\n\nx\n",       ",S=13,W=17"},
    {"a message with CRLF has one size",          "",       "C: d\r\n\r\nx\r\n", ",S=11,W=11"},
    {"an empty message is a file too",            "",       "",                  ",S=0,W=0"  },
    {"no line end at the end is kept so",         "",       "C: d\n\nx",         ",S=7,W=9"  },
};

static void deliver_to_maildir(void **state)
{
    const struct maildir_case *c = *state;
    struct delivery_content content = content_of(c->prefix, span_text(c->message));
    struct buf expected = BUF(1000), found = BUF(1000);
    char name[256];
    struct error err;

    assert_true(deliver("a/b/box", &content, &err));
    read_only_file("a/b/box/new", name, &found);
    buf_put_text(&expected, c->prefix);
    buf_put_text(&expected, c->message);
    assert_true(span_equal(buf_span(&found), buf_span(&expected)));
    assert_true(span_ends_with_nocase(span_text(name), c->sizes));
    buf_release(&expected);
    buf_release(&found);
    fd_close(&content.file);
}

static void large_message_keeps_every_octet(void **state UNUSED)
{
    size_t len = DELIVERY_BLOCK_MAX * 2 + 17;
    char *octets = mem_alloc(len);
    struct delivery_content content;
    struct buf found = BUF(BUF_UNLIMITED);
    char name[256], sizes[64];
    struct error err;

    for (size_t i = 0; i < len; i++)
        octets[i] = i % 64 == 63 ? '\n' : (char)('a' + i % 26);
    octets[DELIVERY_BLOCK_MAX - 1] = '\r'; /* its LF is the first octet of the next block */
    octets[DELIVERY_BLOCK_MAX] = '\n';
    content = content_of("", span_of(octets, len));
    assert_true(deliver("box", &content, &err));
    read_only_file("box/new", name, &found);
    assert_int_equal(found.len, len);
    assert_memory_equal(found.data, octets, len);
    snprintf(sizes, sizeof(sizes), ",W=%zu", len + len / 64 - 1);
    assert_true(span_ends_with_nocase(span_text(name), sizes));
    buf_release(&found);
    mem_free(octets);
    fd_close(&content.file);
}

/* Whoever looks after Maildirs may have removed what was empty. */
static void missing_parts_are_made(void **state UNUSED)
{
    struct delivery_content content = content_of("", SPAN_LITERAL("x\n"));
    struct buf found = BUF(100);
    char name[256];
    struct error err;

    assert_int_equal(mkdir("part", 0700), 0);
    assert_true(deliver("part", &content, &err));
    read_only_file("part/new", name, &found);
    assert_true(span_equal_text(buf_span(&found), "x\n"));
    assert_int_equal(rmdir("part/cur") | rmdir("part/tmp"), 0);
    buf_release(&found);
    fd_close(&content.file);
}

static void short_queue_file_leaves_nothing(void **state UNUSED)
{
    struct delivery_content content = content_of("", SPAN_LITERAL("x\n"));
    struct error err = {0};

    content.size = 100;
    assert_false(deliver("box", &content, &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_int_not_equal(rmdir("box/new"), -1);
    assert_int_not_equal(rmdir("box/tmp"), -1);
    fd_close(&content.file);
}

static const struct mbox_settings settings = {
    .locks = "fcntl, dotlock", .lock_attempts = 1, .lock_delay_s = 1, .stale_lock_s = 500};

static const struct mbox_case {
    const char *name;
    const char *message;
    const char *expected; /* behind the "From " line */
} mbox_cases[] = {
    {"a message is followed by an empty line",   "A: b\n\nx\n",                     "A: b\n\nx\n\n"     },
    {"a last line without its end gets one",     "A: b\n\nx",                       "A: b\n\nx\n\n"     },
    {"From at the start of a line is quoted",    "A: b\n\nFrom me\nFrom\n From \n",
     "A: b\n\n>From me\nFrom\n From \n\n"                                                               },
    {"From as the last octets is quoted",        "A: b\n\nFrom ",                   "A: b\n\n>From \n\n"},
    {"the beginning of From at the end is kept", "A: b\n\nFro",                     "A: b\n\nFro\n\n"   },
};

static void deliver_to_mbox(void **state)
{
    const struct mbox_case *c = *state;
    struct delivery_content content = content_of("", span_text(c->message));
    struct buf found = BUF(1000);
    struct span rest, line;
    struct error err;
    int64_t start;

    assert_true(mbox_deliver("box", "a@b", 86400, &content, &settings, NULL, &err));
    assert_true(mbox_deliver("box", "", 86400, &content, &settings, &start, &err));
    assert_int_equal(start, strlen("From a@b  Fri Jan  2 00:00:00 1970\n") + strlen(c->expected));
    assert_int_equal(access("box.lock", F_OK), -1);
    assert_true(file_read(AT_FDCWD, "box", &found, &err));
    rest = buf_span(&found);
    line = span_take_until(&rest, '\n');
    assert_true(span_equal_text(line, "From a@b  Fri Jan  2 00:00:00 1970"));
    assert_true(span_starts_with(rest, c->expected));
    rest = span_skip(rest, strlen(c->expected));
    line = span_take_until(&rest, '\n');
    assert_true(span_equal_text(line, "From MAILER-DAEMON  Fri Jan  2 00:00:00 1970"));
    assert_true(span_equal_text(rest, c->expected));
    buf_release(&found);
    fd_close(&content.file);
}

static void full_mbox_is_left_alone(void **state UNUSED)
{
    struct delivery_content content = content_of("", SPAN_LITERAL("A: b\n\nx\n"));
    struct mbox_settings limited = settings;
    struct stat before, after;
    struct error err;

    assert_true(mbox_deliver("box", "a@b", 0, &content, &settings, NULL, &err));
    assert_int_equal(stat("box", &before), 0);
    limited.size_limit = (uint64_t)before.st_size + 3;
    assert_false(mbox_deliver("box", "a@b", 0, &content, &limited, NULL, &err));
    assert_int_equal(err.number, EFBIG);
    content.size = 1000; /* more than there is */
    assert_false(mbox_deliver("box", "a@b", 0, &content, &settings, NULL, &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_int_equal(stat("box", &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    fd_close(&content.file);
}

static void held_lock_defers(void **state UNUSED)
{
    struct delivery_content content = content_of("", SPAN_LITERAL("A: b\n\nx\n"));
    struct error err;
    int fd = open("box.lock", O_CREAT | O_WRONLY, 0600);

    assert_true(fd >= 0);
    assert_false(mbox_deliver("box", "a@b", 0, &content, &settings, NULL, &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_int_equal(futimens(fd,
                              (struct timespec[2]){
                                  {0, 0},
                                  {0, 0}
    }),
                     0); /* as if forgotten */
    assert_true(mbox_deliver("box", "a@b", 0, &content, &settings, NULL, &err));
    fd_close(&fd);
    fd_close(&content.file);
}

/* Such as one that somebody else's process left in a spool where only its owner may remove it. */
static void unnamed_lock_is_a_lock(void **state UNUSED)
{
    struct delivery_content content = content_of("", SPAN_LITERAL("A: b\n\nx\n"));
    char *own = mem_printf(".buzon-lock.%ld", (long)getpid());
    struct error err;
    int fd;

    assert_int_equal(mkdir(own, 0700), 0); /* in the place of the file that would name us */
    assert_true(mbox_deliver("box", "a@b", 0, &content, &settings, NULL, &err));
    assert_int_equal(access("box.lock", F_OK), -1);
    fd = open("box.lock", O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    fd_close(&fd);
    assert_false(mbox_deliver("box", "a@b", 0, &content, &settings, NULL, &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_int_equal(unlink("box.lock"), 0);
    assert_int_equal(rmdir(own), 0);
    mem_free(own);
    fd_close(&content.file);
}

/* Where nobody may make files the other locks must do, but for a lock file that is there. */
static void lock_is_seen_where_none_can_be_made(void **state UNUSED)
{
    struct delivery_content content = content_of("", SPAN_LITERAL("A: b\n\nx\n"));
    bool is_root = geteuid() == 0;
    struct error err;
    int fd;

    assert_int_equal(mkdir("spool", 0755), 0);
    fd = open("spool/box", O_CREAT | O_WRONLY, 0600);
    assert_int_equal(is_root ? fchown(fd, NOBODY, NOBODY) : 0, 0);
    fd_close(&fd);
    fd = open("spool/box.lock", O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    fd_close(&fd);
    assert_int_equal(chmod(".", 0711), 0);
    assert_int_equal(chmod("spool", 0555), 0);
    assert_int_equal(is_root ? seteuid(NOBODY) : 0, 0);
    assert_false(mbox_deliver("spool/box", "a@b", 0, &content, &settings, NULL, &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_int_equal(is_root ? seteuid(0) : 0, 0);
    assert_int_equal(chmod("spool", 0755), 0);
    assert_int_equal(unlink("spool/box.lock"), 0);
    assert_int_equal(chmod("spool", 0555), 0);
    assert_int_equal(is_root ? seteuid(NOBODY) : 0, 0);
    assert_true(mbox_deliver("spool/box", "a@b", 0, &content, &settings, NULL, &err));
    assert_int_equal(is_root ? seteuid(0) : 0, 0);
    assert_int_equal(chmod("spool", 0755), 0);
    fd_close(&content.file);
}

static void planted_links_are_refused(void **state UNUSED)
{
    struct delivery_content content = content_of("", SPAN_LITERAL("A: b\n\nx\n"));
    struct error err;
    int fd = open("victim", O_CREAT | O_WRONLY, 0600);

    fd_close(&fd);
    assert_int_equal(symlink("victim", "soft"), 0);
    assert_int_equal(link("victim", "hard"), 0);
    assert_false(mbox_deliver("soft", "a@b", 0, &content, &settings, NULL, &err));
    assert_false(mbox_deliver("hard", "a@b", 0, &content, &settings, NULL, &err));
    assert_true(mbox_deliver("/dev/null", "a@b", 0, &content, &settings, NULL, &err));
    assert_int_equal(mkfifo("pipe", 0600), 0);
    fd = open("pipe", O_RDONLY | O_NONBLOCK);
    assert_true(mbox_deliver("pipe", "a@b", 0, &content, &settings, NULL, &err));
    assert_int_equal(link("pipe", "other-pipe"), 0);
    assert_false(mbox_deliver("other-pipe", "a@b", 0, &content, &settings, NULL, &err));
    fd_close(&fd);
    fd_close(&content.file);
}

/* Octet by octet, as the definition says. */
static uint64_t count_one_by_one(const char *data, size_t len, char previous)
{
    uint64_t count = 0;

    for (size_t i = 0; i < len; previous = data[i++])
        count += data[i] == '\n' && previous != '\r';
    return count;
}

static void counts_bare_lf_in_blocks_of_any_length(void **state UNUSED)
{
    char data[600];

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = "\n\r\nx\n\n\r"[(i * i / 3) % 7];
    for (size_t len = 0; len <= sizeof(data); len++) {
        char *exact = malloc(len + 1), previous = len % 2 == 0 ? '\r' : 'x';
        char last = len == 0 ? previous : data[len - 1];
        uint64_t expected = count_one_by_one(data, len, previous);

        memcpy(exact, data, len);
        assert_int_equal(maildir_count_bare_lf(span_of(exact, len), &previous), expected);
        assert_int_equal(previous, last);
        free(exact);
    }
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(maildir_cases) + ARRAY_LENGTH(mbox_cases) + 9];
    const struct CMUnitTest others[] = {
        cmocka_unit_test(large_message_keeps_every_octet),
        cmocka_unit_test(missing_parts_are_made),
        cmocka_unit_test(short_queue_file_leaves_nothing),
        cmocka_unit_test(full_mbox_is_left_alone),
        cmocka_unit_test(held_lock_defers),
        cmocka_unit_test(unnamed_lock_is_a_lock),
        cmocka_unit_test(lock_is_seen_where_none_can_be_made),
        cmocka_unit_test(planted_links_are_refused),
        cmocka_unit_test(counts_bare_lf_in_blocks_of_any_length),
    };
    size_t used = 0;

    setenv("TZ", "UTC", 1);
    UNIT_ADD_ROWS(tests, used, maildir_cases, deliver_to_maildir);
    UNIT_ADD_ROWS(tests, used, mbox_cases, deliver_to_mbox);
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        tests[used++] = others[i];
    for (size_t i = 0; i < used; i++) {
        tests[i].setup_func = make_scratch;
        tests[i].teardown_func = remove_scratch;
    }
    return unit_run("delivery_maildir", tests, used);
}
