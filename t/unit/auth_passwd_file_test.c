/* Dovecot's passwd-file: what is written into it counts from the next question on. */
#include "t/unit/unit.h"

#include "auth/passwd_file.h"

#include "lib/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>

static char path[] = "/tmp/buzon-passwd-file-test.XXXXXX";

/* In place, as editors and scripts do. */
static void put(const char *content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0 && write_all(fd, span_text(content)));
    fd_close(&fd);
}

static void assert_password(struct passwd_file *file, const char *password)
{
    struct passwd_entry entry;
    struct error err;

    assert_true(passwd_file_find(file, "ana", &entry, &err));
    assert_string_equal(entry.password, password);
}

static struct passwd_file *open_file(void)
{
    struct error err;
    struct passwd_file *file = passwd_file_open(path, &err);

    assert_non_null(file);
    return file;
}

/* For as long as it may be written to unseen. */
static void await_rest(struct passwd_file *file)
{
    while (passwd_file_changed(file))
        usleep(1000);
}

static int set_up(void **state UNUSED)
{
    int fd = mkstemp(path);
    bool made = fd >= 0;

    fd_close(&fd);
    return made ? 0 : -1;
}

static int tear_down(void **state UNUSED)
{
    int removed = unlink(path);

    memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
    return removed;
}

/* Most of these rounds happen within one tick of the clock that files get their times from. */
static void same_size_in_the_same_tick(void **state UNUSED)
{
    struct passwd_file *file;

    put("ana:{PLAIN}0\n");
    file = open_file();
    for (int round = 0; round < 200; round++) {
        put("ana:{PLAIN}1\n");
        assert_password(file, "{PLAIN}1");
        put("ana:{PLAIN}2\n");
        assert_true(passwd_file_changed(file));
        assert_password(file, "{PLAIN}2");
    }
    passwd_file_free(&file);
}

/* rsync -t, cp -p and tar -x bring the time of another host. */
static void same_size_and_time(void **state UNUSED)
{
    const struct timespec times[] = {{1600000000, 0}, {1600000000, 0}};
    const char *const contents[] = {"ana:{PLAIN}1\n", "ana:{PLAIN}2\n"};
    struct passwd_file *file;

    put(contents[0]);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    file = open_file();
    await_rest(file);
    assert_password(file, "{PLAIN}1");
    put(contents[1]);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_true(passwd_file_changed(file));
    assert_password(file, "{PLAIN}2");
    passwd_file_free(&file);
}

static void a_file_at_rest_does_not_change(void **state UNUSED)
{
    struct passwd_file *file;

    put("ana:{PLAIN}1\n");
    file = open_file();
    await_rest(file);
    assert_false(passwd_file_changed(file));
    assert_int_equal(chmod(path, 0640), 0);
    assert_true(passwd_file_changed(file));
    passwd_file_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_size_in_the_same_tick, set_up, tear_down),
        cmocka_unit_test_setup_teardown(same_size_and_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_at_rest_does_not_change, set_up, tear_down),
    };

    return unit_run("auth_passwd_file", tests, ARRAY_LENGTH(tests));
}
