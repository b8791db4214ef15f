/* lib/base/log: the form of a line in a file, and what may stand in it. */
#include "t/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define DATE_LEN (sizeof("Nov 23 12:34:22") - 1)

static char path[] = "/tmp/buzon-log-test.XXXXXX";

static int open_log(void **state UNUSED)
{
    struct log_target target = {"buzon/test", "mail", path, false};
    struct error err;
    int fd = mkstemp(path);

    (void)close(fd);
    return fd >= 0 && log_open(&target, &err) ? 0 : -1;
}

static int remove_log(void **state UNUSED)
{
    return unlink(path);
}

/* What the file holds now, which is then emptied: the caller's. */
static char *take_log(void)
{
    struct buf content = BUF(100000);
    struct error err;

    assert_true(file_read(AT_FDCWD, path, &content, &err));
    assert_int_equal(truncate(path, 0), 0);
    return buf_take(&content);
}

/* The text of the only line, behind "date host name[pid]: ": heap copy. */
static char *take_text(void)
{
    char *line = take_log();
    char host[256] = "";
    char start[300];
    char *text;
    size_t len = strlen(line);

    assert_true(len > DATE_LEN && line[len - 1] == '\n');
    line[len - 1] = '\0';
    assert_null(strchr(line, '\n'));
    assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
    host[strcspn(host, ".")] = '\0';
    (void)snprintf(start, sizeof(start), " %s buzon/test[%d]: ", host, (int)getpid());
    assert_true(span_starts_with(span_text(line + DATE_LEN), start));
    text = mem_text(line + DATE_LEN + strlen(start));
    mem_free(line);
    return text;
}

static const struct text_case {
    const char *name;
    const char *text;
    const char *logged;
} text_cases[] = {
    {"plain text stays",                         "to=<a@b>, 100%",                       "to=<a@b>, 100%"                      },
    {"control characters become question marks", "a\nb\tc\x1b[2J\x7f",                   "a?b?c?[2J?"                          },
    {"UTF-8 stays",                              "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xac", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xac"},
    {"other octets do not",                      "\xe4\xff x",                           "?? x"                                },
    {"a character that is cut does not",         "\xe2\x82",                             "??"                                  },
    {"an overlong form does not",                "\xc0\xaf\xe0\x80\xaf",                 "?????"                               },
    {"a surrogate does not",                     "\xed\xa0\x80",                         "???"                                 },
    {"nor what lies past Unicode",               "\xf4\x90\x80\x80",                     "????"                                },
    {"controls of Latin-1 do not",
     "\xc2\x9b"
     "2J\xc2\xa0",                                                                       "??2J\xc2\xa0"                        },
};

static void run_text(void **state)
{
    const struct text_case *c = *state;
    char *text;

    log_info("%s", c->text);
    text = take_text();
    assert_string_equal(text, c->logged);
    mem_free(text);
}

static void severity_stands_before_the_text(void **state UNUSED)
{
    static const char *const expected[] = {"plain", "warning: w", "error: e", "on"};

    log_debug("off");
    for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
        char *text;

        log_verbose = 1;
        errno = 12345;
        switch (i) {
        case 0:
            log_info("plain");
            break;
        case 1:
            log_warning("w");
            break;
        case 2:
            log_error("e");
            break;
        default:
            log_debug("on");
            break;
        }
        assert_int_equal(errno, 12345); /* a line on the way to an errno does no harm */
        text = take_text();
        assert_string_equal(text, expected[i]);
        mem_free(text);
    }
    log_verbose = 0;
}

static void long_line_is_cut_between_characters(void **state UNUSED)
{
    char long_text[3001];
    char *text;

    for (size_t i = 0; i < 3000; i += 2)
        memcpy(long_text + i, "\xc3\xa4", 2);
    long_text[3000] = '\0';
    log_warning("x%s", long_text);
    text = take_text();
    assert_in_range(strlen(text), LOG_TEXT_MAX - 2, LOG_TEXT_MAX);
    assert_true(span_ends_with_nocase(span_text(text), "\xc3\xa4..."));
    assert_null(strchr(text, '?'));
    mem_free(text);
}

/* fatal and panic end the process that says them; a child has its own process id in its lines. */
static void last_words_are_logged(void **state UNUSED)
{
    char expected[64];
    char *log;
    int status;
    pid_t child = fork();

    if (child == 0)
        log_fatal("out of %s", "luck");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 1);
    log = take_log();
    (void)snprintf(expected, sizeof(expected), "buzon/test[%d]: fatal: out of luck\n", (int)child);
    assert_non_null(strstr(log, expected));
    mem_free(log);

    child = fork();
    if (child == 0)
        ASSERT(child != 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
    log = take_log();
    assert_non_null(strstr(log, "panic: "));
    assert_non_null(strstr(log, "assertion failed: child != 0"));
    mem_free(log);
}

static void targets_that_cannot_be_are_refused(void **state UNUSED)
{
    struct log_target nowhere = {"x", "mail", "/nonexistent/log", false};
    struct log_target nobody = {"x", "postman", path, false};
    struct error err;

    assert_false(log_open(&nowhere, &err));
    assert_non_null(strstr(err.text, "/nonexistent/log"));
    assert_false(log_open(&nobody, &err));
    assert_non_null(strstr(err.text, "postman"));
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(text_cases) + 5] = {
        cmocka_unit_test(severity_stands_before_the_text),
        cmocka_unit_test(long_line_is_cut_between_characters),
        cmocka_unit_test(last_words_are_logged),
        cmocka_unit_test(targets_that_cannot_be_are_refused),
    };
    size_t used = 4;

    UNIT_ADD_ROWS(tests, used, text_cases, run_text);
    return _cmocka_run_group_tests("base_log", tests, used, open_log, remove_log);
}
