/* Files of tables: what is written is found, changes keep the rest, a failure keeps the old table. */
#include "lib/map/map_writer.h"

#include "t/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct config config = {
    .smtputf8_enable = true,
    .berkeley_db_read_buffer_size = 131072,
    .berkeley_db_create_buffer_size = 1048576,
    .lmdb_map_size = 1048576,
    .proxymap_service_name = "proxymap",
};

static char directory[] = "/tmp/map_writer_test.XXXXXX";

static const struct type_case {
    const char *name;
    const char *type;
    const char *suffix;
    bool is_constant; /* can only be made anew */
} type_cases[] = {
#ifdef HAVE_BERKELEY_DB
    {"hash",  "hash",  "db",   false},
    {"btree", "btree", "db",   false},
#endif
    {"lmdb",  "lmdb",  "lmdb", false},
    {"cdb",   "cdb",   "cdb",  true },
};

/* One table in the making, and what it was made of. */
struct fixture {
    const struct type_case *type;
    char *specification;
    char *path;
    struct map_writer_settings settings;
};

static struct fixture start(const struct type_case *type)
{
    return (struct fixture){
        .type = type,
        .specification = mem_printf("%s:%s/table", type->type, directory),
        .path = mem_printf("%s/table.%s", directory, type->suffix),
        .settings = {.config = &config, .mode = 0640, .uid = geteuid(), .gid = getegid()},
    };
}

static size_t count_files(void)
{
    DIR *list = opendir(directory);
    size_t count = 0;

    assert_non_null(list);
    while (readdir(list) != NULL)
        count++;
    closedir(list);
    return count - 2; /* . and .. */
}

static void stop(struct fixture *fixture)
{
    assert_int_equal(count_files(), 1); /* nothing lies beside the table */
    assert_int_equal(unlink(fixture->path), 0);
    mem_free(fixture->specification);
    mem_free(fixture->path);
}

static struct map_writer *open_writer(struct fixture *fixture)
{
    struct error err = {0};
    struct map_writer *writer = map_writer_open(fixture->specification, &fixture->settings, &err);

    if (writer == NULL)
        fail_msg("%s", err.text);
    return writer;
}

static enum map_put put(struct map_writer *writer, const char *key, const char *value)
{
    struct error err = {0};
    enum map_put result = map_writer_put(writer, span_text(key), span_text(value), &err);

    if (result == MAP_PUT_FAILED)
        fail_msg("%s", err.text);
    return result;
}

static void commit(struct map_writer *writer)
{
    struct error err = {0};

    if (!map_writer_commit(&writer, &err))
        fail_msg("%s", err.text);
    assert_null(writer);
}

static void expect(const struct fixture *fixture, const char *key, const char *value)
{
    struct map *map = map_open(&config, fixture->specification, false);
    struct buf found = BUF(BUF_UNLIMITED);
    struct error err = {0};
    enum map_result result = map_lookup(map, span_text(key), MAP_FOLD_KEY, &found, &err);

    if (result == MAP_UNAVAILABLE)
        fail_msg("%s", err.text);
    assert_int_equal(result, value == NULL ? MAP_ABSENT : MAP_FOUND);
    if (value != NULL)
        assert_string_equal(buf_text(&found), value);
    map_free(&map);
    buf_release(&found);
}

static void make(struct fixture *fixture, const char *key, const char *value)
{
    struct map_writer *writer = open_writer(fixture);

    assert_int_equal(put(writer, key, value), MAP_PUT_DONE);
    commit(writer);
}

static void finds_what_was_written(void **state)
{
    struct fixture fixture = start(*state);
    struct map_writer *writer = open_writer(&fixture);
    char key[64];

    for (int i = 0; i < 5000; i++) {
        (void)snprintf(key, sizeof(key), "user%d@example.test", i);
        assert_int_equal(put(writer, key, key + 4), MAP_PUT_DONE);
    }
    commit(writer);
    expect(&fixture, "USER4999@example.test", "4999@example.test");
    expect(&fixture, "user5000@example.test", NULL);
    expect(&fixture, "user4999@example.tes", NULL);
    stop(&fixture);
}

static void keeps_long_values(void **state)
{
    struct fixture fixture = start(*state);
    char *value = mem_alloc(100001);

    memset(value, 'v', 100000);
    make(&fixture, "list", value);
    expect(&fixture, "list", value);
    mem_free(value);
    stop(&fixture);
}

static void takes_keys_without_nul(void **state)
{
    struct fixture fixture = start(*state);

    fixture.settings.without_nul = true;
    make(&fixture, "key", "value");
    expect(&fixture, "key", "value");
    expect(&fixture, "ke", NULL);
    stop(&fixture);
}

static void keeps_the_first_or_replaces(void **state)
{
    struct fixture fixture = start(*state);
    struct map_writer *writer = open_writer(&fixture);

    assert_int_equal(put(writer, "key", "1"), MAP_PUT_DONE);
    assert_int_equal(put(writer, "key", "2"), MAP_PUT_DUPLICATE);
    commit(writer);
    expect(&fixture, "key", "1");
    fixture.settings.replaces = true;
    writer = open_writer(&fixture);
    assert_int_equal(put(writer, "key", "longer"), MAP_PUT_DONE);
    assert_int_equal(put(writer, "key", "3"), MAP_PUT_DONE);
    commit(writer);
    expect(&fixture, "key", "3");
    stop(&fixture);
}

static void changes_keep_the_rest(void **state)
{
    struct fixture fixture = start(*state);
    struct map_writer *writer;
    struct error err = {0};

    make(&fixture, "old", "1");
    fixture.settings.from_present = true;
    if (fixture.type->is_constant) {
        assert_null(map_writer_open(fixture.specification, &fixture.settings, &err));
        assert_non_null(strstr(err.text, "cannot be changed"));
        expect(&fixture, "old", "1");
        stop(&fixture);
        return;
    }
    make(&fixture, "new", "2");
    expect(&fixture, "old", "1");
    expect(&fixture, "new", "2");
    writer = open_writer(&fixture);
    assert_int_equal(map_writer_remove(writer, span_text("old"), &err), MAP_FOUND);
    assert_int_equal(map_writer_remove(writer, span_text("none"), &err), MAP_ABSENT);
    commit(writer);
    expect(&fixture, "old", NULL);
    expect(&fixture, "new", "2");
    stop(&fixture);
}

static void a_rebuild_starts_empty(void **state)
{
    struct fixture fixture = start(*state);

    make(&fixture, "old", "1");
    make(&fixture, "new", "2");
    expect(&fixture, "old", NULL);
    stop(&fixture);
}

static void readers_keep_the_old_table(void **state)
{
    struct fixture fixture = start(*state);
    struct buf value = BUF(100);
    struct error err = {0};
    struct map *map;
    struct map_writer *writer;

    make(&fixture, "key", "1");
    map = map_open(&config, fixture.specification, false);
    writer = open_writer(&fixture);
    assert_int_equal(put(writer, "key", "2"), MAP_PUT_DONE);
    assert_false(map_changed(map));
    commit(writer);
    assert_true(map_changed(map));
    assert_int_equal(map_lookup(map, span_text("key"), 0, &value, &err), MAP_FOUND);
    assert_string_equal(buf_text(&value), "1");
    expect(&fixture, "key", "2");
    map_free(&map);
    buf_release(&value);
    stop(&fixture);
}

static void giving_up_keeps_the_old_table(void **state)
{
    struct fixture fixture = start(*state);
    struct map_writer *writer;

    make(&fixture, "key", "1");
    writer = open_writer(&fixture);
    assert_int_equal(put(writer, "key", "2"), MAP_PUT_DONE);
    map_writer_abandon(&writer);
    assert_null(writer);
    expect(&fixture, "key", "1");
    stop(&fixture);
}

static void sets_the_mode_once(void **state)
{
    struct fixture fixture = start(*state);
    struct stat status;

    make(&fixture, "key", "1");
    assert_int_equal(stat(fixture.path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(chmod(fixture.path, 0604), 0);
    make(&fixture, "key", "2");
    assert_int_equal(stat(fixture.path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0604);
    stop(&fixture);
}

static bool count_entry(void *context, struct span key, struct span value)
{
    size_t *count = context;

    assert_true(span_starts_with(key, "key"));
    assert_true(span_equal_text(value, "value"));
    return ++*count < 1000;
}

static void lists_every_entry(void **state)
{
    struct fixture fixture = start(*state);
    struct map_writer *writer = open_writer(&fixture);
    struct map *map;
    struct error err = {0};
    size_t count = 0;
    char key[16];

    for (int i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof(key), "key%d", i);
        assert_int_equal(put(writer, key, "value"), MAP_PUT_DONE);
    }
    commit(writer);
    map = map_open(&config, fixture.specification, false);
    assert_true(map_walk(map, count_entry, &count, &err));
    assert_int_equal(count, 300);
    map_free(&map);
    stop(&fixture);
}

static void make_long(struct fixture *fixture)
{
    struct map_writer *writer = open_writer(fixture);
    char key[16];

    for (int i = 0; i < 2000; i++) {
        (void)snprintf(key, sizeof(key), "key%d", i);
        assert_int_equal(put(writer, key, "value"), MAP_PUT_DONE);
    }
    commit(writer);
}

static void a_cut_file_is_unavailable(void **state)
{
    struct fixture fixture = start(*state);
    struct buf value = BUF(1000);
    struct error err;
    struct stat status;

    make_long(&fixture);
    assert_int_equal(stat(fixture.path, &status), 0);
    for (off_t size = 0; size < status.st_size; size = size == 0 ? 100 : status.st_size) {
        struct map *map;

        assert_int_equal(truncate(fixture.path, size), 0);
        map = map_open(&config, fixture.specification, false);
        assert_int_equal(map_lookup(map, span_text("key7"), 0, &value, &err), MAP_UNAVAILABLE);
        map_free(&map);
    }
    buf_release(&value);
    stop(&fixture);
}

/* One that is mapped into memory must not end us. */
static void an_open_file_is_cut(void **state)
{
    struct fixture fixture = start(*state);
    struct buf value = BUF(1000);
    struct error err;

    make_long(&fixture);
    for (off_t size = 12288; size >= 0; size -= 4096) {
        struct map *map = map_open(&config, fixture.specification, false);

        assert_int_equal(truncate(fixture.path, size), 0);
        assert_int_equal(map_lookup(map, span_text("key7"), 0, &value, &err), MAP_UNAVAILABLE);
        map_free(&map);
    }
    buf_release(&value);
    stop(&fixture);
}

static void a_fifo_is_no_table(void **state)
{
    struct fixture fixture = start(*state);
    struct buf value = BUF(1000);
    struct error err;
    struct map *map;

    assert_int_equal(mkfifo(fixture.path, 0600), 0);
    map = map_open(&config, fixture.specification, false); /* which must not wait for a writer */
    assert_int_equal(map_lookup(map, span_text("key7"), 0, &value, &err), MAP_UNAVAILABLE);
    map_free(&map);
    buf_release(&value);
    stop(&fixture);
}

/* Whoever writes in place begins with a file that has nothing in it. */
static void what_is_being_written_has_no_absent_keys(void **state)
{
    struct fixture fixture = start(*state);
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    bool is_read_at_once = strcmp(fixture.type->suffix, "db") != 0; /* lmdb has transactions */
    struct buf value = BUF(1000);
    struct error err;
    struct map *map;

    make_long(&fixture);
    map = map_open(&config, fixture.specification, false);
    assert_int_equal(map_lookup(map, span_text("other"), 0, &value, &err), MAP_ABSENT);
    assert_int_equal(utimensat(AT_FDCWD, fixture.path, times, 0), 0);
    assert_int_equal(map_lookup(map, span_text("other"), 0, &value, &err),
                     is_read_at_once ? MAP_ABSENT : MAP_UNAVAILABLE);
    assert_int_equal(map_lookup(map, span_text("key7"), 0, &value, &err), MAP_FOUND);
    map_free(&map);
    buf_release(&value);
    stop(&fixture);
}

static void refuses_other_types(void **state UNUSED)
{
    const struct map_writer_settings settings = {.config = &config, .mode = 0600};
    struct error err;

    assert_null(map_writer_open("regexp:/tmp/x", &settings, &err));
    assert_non_null(strstr(err.text, "unsupported map type"));
    assert_null(map_writer_open("lmdb:/nonexistent/x", &settings, &err));
    assert_int_equal(err.number, ENOENT);
}

int main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction run;
    } tests_of_type[] = {
        {"finds what was written",                   finds_what_was_written                  },
        {"keeps values longer than a page",          keeps_long_values                       },
        {"finds keys that were stored without NUL",  takes_keys_without_nul                  },
        {"keeps the first of two, or the last",      keeps_the_first_or_replaces             },
        {"changes one entry and keeps the others",   changes_keep_the_rest                   },
        {"starts empty when it is made again",       a_rebuild_starts_empty                  },
        {"stays as it was for who has it open",      readers_keep_the_old_table              },
        {"stays as it was when the writer gives up", giving_up_keeps_the_old_table           },
        {"keeps the mode that an admin gave it",     sets_the_mode_once                      },
        {"lists every entry",                        lists_every_entry                       },
        {"is unavailable when it was cut short",     a_cut_file_is_unavailable               },
        {"so when that happens while it is open",    an_open_file_is_cut                     },
        {"is no FIFO",                               a_fifo_is_no_table                      },
        {"lacks nothing while it is written",        what_is_being_written_has_no_absent_keys},
    };
    struct CMUnitTest tests[ARRAY_LENGTH(tests_of_type) * ARRAY_LENGTH(type_cases) + 1];
    struct arena *arena = arena_create();
    size_t count = 0;
    int failed;

    if (mkdtemp(directory) == NULL)
        return 1;
    for (size_t t = 0; t < ARRAY_LENGTH(type_cases); t++) {
        for (size_t i = 0; i < ARRAY_LENGTH(tests_of_type); i++) {
            union {
                const void *row;
                void *state;
            } initial = {&type_cases[t]};

            tests[count++] = (struct CMUnitTest){
                .name = arena_printf(arena, "%s %s", type_cases[t].name, tests_of_type[i].name),
                .test_func = tests_of_type[i].run,
                .initial_state = initial.state,
            };
        }
    }
    tests[count++] = (struct CMUnitTest){.name = "other types cannot be written",
                                         .test_func = refuses_other_types};
    failed = unit_run("map_writer", tests, count);
    (void)rmdir(directory);
    arena_free(&arena);
    return failed;
}
