/*
 * What unit tests share: cmocka with the headers it needs, tables of cases in which each row is a
 * test of its own, heap copies of inputs so that the sanitizer sees one octet too far, and a log
 * that is shown only when something fails.
 */
#ifndef BUZON_T_UNIT_UNIT_H
#define BUZON_T_UNIT_UNIT_H

#include "lib/base/base.h"

#include "lib/base/log.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * unit_add_rows - append a test for each row of a table to `tests` (with room for them at *used)
 *
 * A row is a struct whose first member is `const char *name`, a sentence; `run` gets the row in *state.
 */
static inline void unit_add_rows(struct CMUnitTest *tests, size_t *used, const void *rows,
                                 size_t count, size_t size, CMUnitTestFunction run)
{
    const char *row = rows;

    for (size_t i = 0; i < count; i++, row += size) {
        const char *name;
        union {
            const void *row;
            void *state;
        } initial = {row};

        memcpy(&name, row, sizeof(name));
        tests[(*used)++] =
            (struct CMUnitTest){.name = name, .test_func = run, .initial_state = initial.state};
    }
}

#define UNIT_ADD_ROWS(tests, used, rows, run)                                                      \
    unit_add_rows((tests), &(used), (rows), ARRAY_LENGTH(rows), sizeof((rows)[0]), (run))

static struct {
    int fd;    /* what was logged; -1 when nobody needs it any more */
    pid_t pid; /* of the test: its children end as they like */
} unit_log = {-1, 0};

/* Called at the end, by exit(3) too, and by a signal handler: log_fatal and log_panic have told why. */
static inline void unit_show_log(void)
{
    char text[4096];
    ssize_t len;

    for (off_t at = 0;
         getpid() == unit_log.pid && (len = pread(unit_log.fd, text, sizeof(text), at)) > 0;
         at += len)
        (void)!write(STDERR_FILENO, text, (size_t)len);
    unit_log.fd = -1;
}

static inline void unit_on_abort(int number UNUSED)
{
    unit_show_log();
}

/* Where there is no such file, the log stays on standard error. */
static inline void unit_keep_log(void)
{
    struct log_target target = {.syslog_name = "buzon", .syslog_facility = "mail"};
    struct error err;
    char path[64];

    unit_log.fd = memfd_create("log", MFD_CLOEXEC);
    unit_log.pid = getpid();
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", unit_log.fd);
    target.file = path;
    if (unit_log.fd >= 0 && log_open(&target, &err)) {
        (void)atexit(unit_show_log);
        (void)signal(SIGABRT, unit_on_abort);
    }
}

/* unit_run - run what was added; the value is main's. What is logged meanwhile is shown when it fails. */
static inline int unit_run(const char *group, const struct CMUnitTest *tests, size_t count)
{
    int failed;

    unit_keep_log();
    failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    if (failed == 0)
        unit_log.fd = -1;
    return failed;
}

/* unit_copy - a heap copy of exactly these octets (of one octet at least); the caller's to free() */
static inline struct span unit_copy(struct span octets)
{
    char *copy = malloc(octets.len == 0 ? 1 : octets.len);

    if (octets.len > 0)
        memcpy(copy, octets.data, octets.len);
    return span_of(copy, octets.len);
}

#endif
