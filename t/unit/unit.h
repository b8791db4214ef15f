/*
 * What unit tests share: cmocka with the headers it needs, tables of cases in which each row is a
 * test of its own, and heap copies of inputs so that the sanitizer sees one octet too far.
 */
#ifndef BUZON_T_UNIT_UNIT_H
#define BUZON_T_UNIT_UNIT_H

#include "lib/base/base.h"

#include <setjmp.h>
#include <stdlib.h>

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

/* unit_run - run what was added; the value is main's */
static inline int unit_run(const char *group, const struct CMUnitTest *tests, size_t count)
{
    return _cmocka_run_group_tests(group, tests, count, NULL, NULL);
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
