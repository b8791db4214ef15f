/* Records of destinations: their names, and what is found in them again. */
#include "t/unit/unit.h"

#include "flush/record.h"
#include "lib/base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct name_case {
    const char *name;
    const char *site;
    const char *record; /* NULL: there can be none */
} name_cases[] = {
    {"a domain",                     "example.test",  "example_test"},
    {"without case",                 "Relay-X.TEST",  "relay_x_test"},
    {"an address literal",           "[192.0.2.1]",   "_192_0_2_1_" },
    {"no way out of the directory",  "../../passwd",  "______passwd"},
    {"nor into it",                  ".",             "_"           },
    {"octets that no host name has", "\xc3\xa9.test", "___test"     },
    {"nothing",                      "",              NULL          },
};

static void names_record(void **state)
{
    const struct name_case *c = *state;
    struct arena *arena = arena_create();
    const char *record = record_name(arena, c->site);

    if (c->record == NULL)
        assert_null(record);
    else
        assert_string_equal(record, c->record);
    arena_free(&arena);
}

static void names_no_long_one(void **state UNUSED)
{
    struct arena *arena = arena_create();
    char site[300];

    memset(site, 'a', sizeof(site));
    site[255] = '\0';
    assert_non_null(record_name(arena, site));
    site[255] = 'a';
    site[256] = '\0';
    assert_null(record_name(arena, site));
    arena_free(&arena);
}

/* --- what is in them ---------------------------------------------------------------------------------------- */

struct taken {
    struct buf ids; /* each followed by a blank */
    int good;       /* so many are taken, then no more; -1: all */
};

static bool take(void *context, const char *queue_id, struct error *err)
{
    struct taken *taken = context;

    if (taken->good == 0) {
        error_set(err, ERROR_TEMPORARY, "no more");
        return false;
    }
    taken->good--;
    buf_put_printf(&taken->ids, "%s ", queue_id);
    return true;
}

static int make_directory(char *path)
{
    assert_non_null(mkdtemp(path));
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void put(int directory, const char *content)
{
    int file = openat(directory, "a_test", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(file != -1 && write_all(file, span_text(content)));
    fd_close(&file);
}

static off_t size_of(int directory, const char *name)
{
    struct stat status;

    return fstatat(directory, name, &status, 0) == 0 ? status.st_size : -1;
}

static const struct content_case {
    const char *name;
    const char *content;
    int good;
    const char *taken;
    off_t left; /* octets */
} content_cases[] = {
    {"in their order",              "4jY62H3BFTz1bc9b\n4jY62H3BFTz1bc9c\n", -1,
     "4jY62H3BFTz1bc9b 4jY62H3BFTz1bc9c ",                                                        0 },
    {"each once",                   "AAAAA1\nAAAAA2\nAAAAA1\n",             -1, "AAAAA1 AAAAA2 ", 0 },
    {"nothing but queue ids",       "../../x\n\n\001\nAAAAA1\n",            -1, "AAAAA1 ",        0 },
    {"not what is not whole",       "AAAAA1\nAAA",                          -1, "AAAAA1 ",        0 },
    {"nothing in an empty one",     "",                                     -1, "",               0 },
    {"all again if one is refused", "AAAAA1\nAAAAA2\n",                     1,  "AAAAA1 ",        14},
};

static void takes_content(void **state)
{
    const struct content_case *c = *state;
    char path[] = "/tmp/buzon-record.XXXXXX";
    int directory = make_directory(path);
    struct taken taken = {.ids = BUF(1000), .good = c->good};
    struct error err = {0};

    put(directory, c->content);
    assert_int_equal(record_empty(directory, "a_test", take, &taken, &err), c->left == 0);
    assert_string_equal(buf_text(&taken.ids), c->taken);
    assert_int_equal(size_of(directory, "a_test"), c->left);
    assert_int_equal(unlinkat(directory, "a_test", 0), 0);
    fd_close(&directory);
    assert_int_equal(rmdir(path), 0);
    buf_release(&taken.ids);
}

static void takes_many(void **state UNUSED)
{
    char path[] = "/tmp/buzon-record.XXXXXX";
    int directory = make_directory(path);
    struct taken taken = {.ids = BUF(BUF_UNLIMITED), .good = -1};
    struct error err = {0};
    char id[20];

    for (int i = 0; i < 3000; i++) {
        snprintf(id, sizeof(id), "%012X", (unsigned)(i % 1000));
        assert_true(record_add(directory, "a_test", id, &err));
    }
    assert_true(record_empty(directory, "a_test", take, &taken, &err));
    assert_int_equal(taken.ids.len, 1000 * 13);
    assert_true(record_empty(directory, "nosuch", take, &taken, &err));
    assert_int_equal(unlinkat(directory, "a_test", 0), 0);
    fd_close(&directory);
    assert_int_equal(rmdir(path), 0);
    buf_release(&taken.ids);
}

/* There is no room for one queue id, and for the next one there is. */
static void adds_whole_lines(void **state UNUSED)
{
    char path[] = "/tmp/buzon-record.XXXXXX";
    int directory = make_directory(path);
    struct taken taken = {.ids = BUF(1000), .good = -1};
    struct error err = {0};
    struct rlimit room, small;

    assert_true(record_add(directory, "a_test", "AAAAA1", &err));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &room), 0);
    small = room;
    small.rlim_cur = 7 + 3;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_false(record_add(directory, "a_test", "AAAAA2", &err));
    assert_int_equal(err.number, EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &room), 0);
    error_clear(&err);
    assert_true(record_add(directory, "a_test", "AAAAA3", &err));
    assert_true(record_empty(directory, "a_test", take, &taken, &err));
    assert_string_equal(buf_text(&taken.ids), "AAAAA1 AAAAA3 ");
    assert_int_equal(unlinkat(directory, "a_test", 0), 0);
    fd_close(&directory);
    assert_int_equal(rmdir(path), 0);
    buf_release(&taken.ids);
}

/* Long lines are of no use, and no harm. */
static void survives_long_lines(void **state UNUSED)
{
    char path[] = "/tmp/buzon-record.XXXXXX";
    int directory = make_directory(path);
    struct taken taken = {.ids = BUF(1000), .good = -1};
    struct error err = {0};
    char line[20000];

    memset(line, 'A', sizeof(line));
    memcpy(line + sizeof(line) - 9, "\nAAAAA1\n", 9);
    put(directory, line);
    assert_true(record_empty(directory, "a_test", take, &taken, &err));
    assert_string_equal(buf_text(&taken.ids), "AAAAA1 ");
    assert_int_equal(unlinkat(directory, "a_test", 0), 0);
    fd_close(&directory);
    assert_int_equal(rmdir(path), 0);
    buf_release(&taken.ids);
}

static void set_age(int directory, const char *name, time_t age_s)
{
    const struct timespec times[2] = {{.tv_sec = time(NULL) - age_s},
                                      {.tv_sec = time(NULL) - age_s}};

    assert_int_equal(utimensat(directory, name, times, 0), 0);
}

static void refreshes_by_age(void **state UNUSED)
{
    char path[] = "/tmp/buzon-record.XXXXXX";
    int directory = make_directory(path);
    struct taken taken = {.ids = BUF(1000), .good = -1};
    struct taken none = {.ids = BUF(1000), .good = -1};
    struct error err = {0};

    assert_true(record_add(directory, "old", "AAAAA1", &err));
    assert_true(record_add(directory, "new", "AAAAA2", &err));
    assert_true(record_add(directory, "empty", "AAAAA3", &err));
    assert_true(record_empty(directory, "empty", take, &none, &err));
    set_age(directory, "old", 1000);
    assert_true(record_refresh_all(directory, 900, 900, take, &taken, &err));
    assert_string_equal(buf_text(&taken.ids), "AAAAA1 ");
    assert_int_equal(size_of(directory, "old"), 0);
    assert_int_equal(size_of(directory, "new"), 7);
    assert_int_equal(size_of(directory, "empty"), 0);
    set_age(directory, "empty", 1000);
    assert_true(record_refresh_all(directory, 0, 900, take, &taken, &err));
    assert_string_equal(buf_text(&taken.ids), "AAAAA1 AAAAA2 ");
    assert_int_equal(size_of(directory, "empty"), -1);
    assert_int_equal(unlinkat(directory, "old", 0), 0);
    assert_int_equal(unlinkat(directory, "new", 0), 0);
    fd_close(&directory);
    assert_int_equal(rmdir(path), 0);
    buf_release(&taken.ids);
    buf_release(&none.ids);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(name_cases) + ARRAY_LENGTH(content_cases) + 5];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, name_cases, names_record);
    UNIT_ADD_ROWS(tests, used, content_cases, takes_content);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(names_no_long_one);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(takes_many);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(adds_whole_lines);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(survives_long_lines);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(refreshes_by_age);
    return unit_run("records of the flush service", tests, used);
}
