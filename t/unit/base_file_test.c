/* lib/base/file and error: whole reads and writes, replacement, and kinds of errors. */
#include "t/unit/unit.h"

#include "lib/base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/buzon-file-test.XXXXXX";
static int directory = -1;

static int set_up(void **state UNUSED)
{
    if (mkdtemp(path) == NULL)
        return -1;
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory < 0 ? -1 : 0;
}

static int tear_down(void **state UNUSED)
{
    const char *names[] = {"file", "fifo", "sub/file"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        (void)unlinkat(directory, names[i], 0);
    (void)unlinkat(directory, "sub", AT_REMOVEDIR);
    fd_close(&directory);
    return rmdir(path); /* fails when a test left something behind */
}

static void assert_content(const char *name, struct span content)
{
    struct buf found = BUF(1000000);
    struct error err;

    assert_true(file_read(directory, name, &found, &err));
    assert_true(span_equal(buf_span(&found), content));
    buf_release(&found);
}

static void replaced_file_is_whole_and_alone(void **state UNUSED)
{
    struct buf big = BUF(1000000);
    struct error err;
    struct stat status;
    mode_t mask = umask(077);

    for (int i = 0; i < 100000; i++)
        buf_put_text(&big, "0123456");
    assert_true(file_replace(directory, "file", 0644, SPAN_LITERAL("old"), &err));
    assert_content("file", SPAN_LITERAL("old"));
    assert_true(file_replace(directory, "file", 0640, buf_span(&big), &err));
    assert_content("file", buf_span(&big));
    assert_true(file_replace(directory, "file", 0644, SPAN_EMPTY, &err));
    assert_content("file", SPAN_EMPTY);
    assert_int_equal(fstatat(directory, "file", &status, 0), 0);
    assert_int_equal(status.st_mode & 07777, 0644); /* whatever the umask */
    (void)umask(mask);
    buf_release(&big);
}

/* The file size limit stands for a full disk: the write fails half way. */
static void failed_replacement_leaves_the_old_file(void **state UNUSED)
{
    struct rlimit old;
    struct rlimit small;
    struct buf big = BUF(100000);
    struct error err;
    bool done;

    for (int i = 0; i < 10000; i++)
        buf_put_text(&big, "0123456");
    assert_true(file_replace(directory, "file", 0600, SPAN_LITERAL("old"), &err));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 5000, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    done = file_replace(directory, "file", 0600, buf_span(&big), &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_false(done);
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_content("file", SPAN_LITERAL("old"));
    buf_release(&big);
}

static void name_that_is_a_directory(void **state UNUSED)
{
    struct error err;

    assert_int_equal(mkdirat(directory, "sub", 0700), 0);
    assert_true(file_sync_directory(directory, "sub", &err));
    assert_false(file_replace(directory, "sub", 0600, SPAN_LITERAL("x"), &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    assert_false(file_sync_directory(directory, "nosuch", &err));
}

static void file_past_the_limit_is_refused(void **state UNUSED)
{
    struct buf exact = BUF(8);
    struct buf small = BUF(7);
    struct error err;

    assert_true(file_replace(directory, "file", 0600, SPAN_LITERAL("12345678"), &err));
    assert_true(file_read(directory, "file", &exact, &err));
    assert_string_equal(buf_text(&exact), "12345678");
    assert_false(file_read(directory, "file", &small, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    buf_release(&exact);
    buf_release(&small);
}

/* /proc says size 0 of files that have content. */
static void file_is_read_to_its_end_whatever_its_size_says(void **state UNUSED)
{
    struct buf content = BUF(100000);
    struct error err;

    assert_true(file_read(AT_FDCWD, "/proc/self/status", &content, &err));
    assert_true(content.len > 100);
    buf_release(&content);
    content = BUF(100);
    assert_false(file_read(AT_FDCWD, "/proc/self/status", &content, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    buf_release(&content);
}

static void what_is_no_regular_file_is_refused(void **state UNUSED)
{
    struct buf content = BUF(100);
    struct error err;

    assert_int_equal(mkfifoat(directory, "fifo", 0600), 0);
    assert_false(file_read(directory, "fifo", &content, &err)); /* and does not wait */
    assert_false(file_read(directory, ".", &content, &err));
    assert_false(file_read(directory, "nosuch", &content, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    assert_string_equal(err.text, "open nosuch: No such file or directory");
    buf_release(&content);
}

static void writes_go_on_where_the_kernel_stopped(void **state UNUSED)
{
    char found[8] = "";
    int fd = openat(directory, "file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(write_all(fd, SPAN_LITERAL("")));
    assert_true(write_all(fd, SPAN_LITERAL("abcdef")));
    assert_true(pwrite_all(fd, "XY", 2, 1));
    assert_true(write_all(fd, SPAN_LITERAL("!")));
    assert_true(pread_all(fd, found, 7, 0));
    assert_string_equal(found, "aXYdef!");
    errno = EBADF;
    assert_false(pread_all(fd, found, 7, 1));
    assert_int_equal(errno, 0);
    fd_close(&fd);
    assert_int_equal(fd, -1);
    fd_close(&fd);
    assert_false(write_all(fd, SPAN_LITERAL("x")));
    assert_int_equal(errno, EBADF);
}

static const struct kind_case {
    const char *name;
    int number;
    enum error_kind kind;
} kind_cases[] = {
    {"a full disk passes",           ENOSPC,       ERROR_TEMPORARY},
    {"quota passes",                 EDQUOT,       ERROR_TEMPORARY},
    {"a dying disk is replaced",     EIO,          ERROR_TEMPORARY},
    {"descriptors come back",        EMFILE,       ERROR_TEMPORARY},
    {"peers come back",              ECONNREFUSED, ERROR_TEMPORARY},
    {"permissions are mended",       EACCES,       ERROR_TEMPORARY},
    {"a missing file stays missing", ENOENT,       ERROR_PERMANENT},
    {"a name stays too long",        ENAMETOOLONG, ERROR_PERMANENT},
};

static void run_kind(void **state)
{
    const struct kind_case *c = *state;
    struct error err;

    errno = c->number;
    error_errno(&err, "open %s", "x");
    assert_int_equal(err.kind, c->kind);
    assert_int_equal(err.number, c->number);
    assert_int_equal(errno, c->number);
    assert_true(span_starts_with(span_text(err.text), "open x: "));
}

static void long_error_texts_are_cut(void **state UNUSED)
{
    struct error err;

    error_set(&err, ERROR_MALFORMED, "%2000s", "x");
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    error_prefix(&err, "%s", "context");
    assert_int_equal(strlen(err.text), ERROR_TEXT_MAX - 1);
    assert_true(span_starts_with(span_text(err.text), "context:  "));
    assert_int_equal(err.kind, ERROR_MALFORMED);
    error_clear(&err);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_string_equal(err.text, "");
    error_set(NULL, ERROR_MALFORMED, "nobody asks");
    error_errno(NULL, "nobody asks");
    error_prefix(NULL, "nobody asks");
    error_clear(NULL);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(kind_cases) + 9] = {
        cmocka_unit_test(replaced_file_is_whole_and_alone),
        cmocka_unit_test(failed_replacement_leaves_the_old_file),
        cmocka_unit_test(name_that_is_a_directory),
        cmocka_unit_test(file_past_the_limit_is_refused),
        cmocka_unit_test(file_is_read_to_its_end_whatever_its_size_says),
        cmocka_unit_test(what_is_no_regular_file_is_refused),
        cmocka_unit_test(writes_go_on_where_the_kernel_stopped),
        cmocka_unit_test(long_error_texts_are_cut),
    };
    size_t used = 8;

    (void)signal(SIGXFSZ, SIG_IGN);
    UNIT_ADD_ROWS(tests, used, kind_cases, run_kind);
    return _cmocka_run_group_tests("base_file", tests, used, set_up, tear_down);
}
