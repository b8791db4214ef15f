/*
 * Our reader of Berkeley DB files against the library as writer: page sizes, byte orders, long keys and
 * values, and every page of a file damaged in turn.
 */
#include "lib/map/db_file.h"

#include "lib/base/file.h"
#include "t/unit/unit.h"

#include <db.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define ENTRIES       400
#define PAGES_DAMAGED 25 /* of a file, evenly spread */

static char path[] = "/tmp/map_db_file_test.XXXXXX";

static const struct layout {
    const char *name;
    bool is_hash;
    unsigned page_size;
    int byte_order;
    size_t long_key, long_value; /* octets of one in ten; 0: none are long */
} layouts[] = {
    {"hash",                          true,  4096,  1234, 0,    0   },
    {"hash of the other byte order",  true,  4096,  4321, 0,    0   },
    {"hash with the smallest pages",  true,  512,   1234, 0,    0   },
    {"hash with the largest pages",   true,  65536, 1234, 0,    0   },
    {"hash with long values",         true,  4096,  1234, 0,    9000},
    {"hash with long keys",           true,  512,   4321, 1200, 0   },
    {"btree",                         false, 4096,  1234, 0,    0   },
    {"btree of the other byte order", false, 4096,  4321, 0,    0   },
    {"btree with the smallest pages", false, 512,   1234, 0,    0   },
    {"btree with the largest pages",  false, 65536, 1234, 0,    0   },
    {"btree with long values",        false, 4096,  1234, 0,    9000},
    {"btree with long keys",          false, 512,   4321, 1200, 0   },
};

/* Entry i: "key-i" and "value-i", some of them made longer. */
static struct span text_of(struct arena *arena, const char *what, int i, size_t long_len)
{
    size_t len = long_len > 0 && i % 10 == 0 ? long_len : 0;
    char *text = arena_printf(arena, "%s-%d-%*s", what, i, (int)len, "");

    return span_text(text);
}

static DBT dbt_of(struct span text)
{
    union {
        const char *borrowed;
        void *data;
    } octets = {text.data};

    return (DBT){.data = octets.data, .size = (uint32_t)text.len};
}

static void write_file(const struct layout *layout)
{
    struct arena *arena = arena_create();
    DB *db;

    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(db_create(&db, NULL, 0), 0);
    assert_int_equal(db->set_pagesize(db, layout->page_size), 0);
    assert_int_equal(db->set_lorder(db, layout->byte_order), 0);
    assert_int_equal(db->open(db, NULL, path, NULL, layout->is_hash ? DB_HASH : DB_BTREE,
                              DB_CREATE | DB_TRUNCATE, 0600),
                     0);
    for (int i = 0; i < ENTRIES; i++) {
        DBT key = dbt_of(text_of(arena, "key", i, layout->long_key));
        DBT value = dbt_of(text_of(arena, "value", i, layout->long_value));

        assert_int_equal(db->put(db, NULL, &key, &value, 0), 0);
        if (i % 100 == 0)
            arena_reset(arena);
    }
    for (int i = 7; i < ENTRIES; i += 100) { /* some are gone again */
        DBT key = dbt_of(text_of(arena, "key", i, layout->long_key));

        assert_int_equal(db->del(db, NULL, &key, 0), 0);
    }
    assert_int_equal(db->close(db, 0), 0);
    arena_free(&arena);
}

static struct db_file *open_file(const struct layout *layout, struct error *err)
{
    return db_file_open(path, layout->is_hash ? DB_FILE_HASH : DB_FILE_BTREE, 65536, err);
}

static enum map_result find(struct db_file *file, const struct layout *layout, struct span key,
                            struct buf *value, struct error *err)
{
    buf_clear(value);
    return layout->is_hash ? db_hash_find(file, key, value, err)
                           : db_btree_find(file, key, value, err);
}

static bool count_entry(void *context, struct span key, struct span value)
{
    size_t *count = context;

    assert_true(span_starts_with(key, "key-"));
    assert_true(span_starts_with(value, "value-"));
    (*count)++;
    return true;
}

static void run_layout(void **state)
{
    const struct layout *layout = *state;
    struct arena *arena = arena_create();
    struct buf value = BUF(BUF_UNLIMITED);
    struct error err = {0};
    struct db_file *file;
    size_t count = 0;

    write_file(layout);
    file = open_file(layout, &err);
    if (file == NULL)
        fail_msg("%s", err.text);
    for (int i = 0; i < ENTRIES; i++) {
        enum map_result result =
            find(file, layout, text_of(arena, "key", i, layout->long_key), &value, &err);

        assert_int_equal(result, i % 100 == 7 ? MAP_ABSENT : MAP_FOUND);
        if (result == MAP_FOUND)
            assert_true(
                span_equal(buf_span(&value), text_of(arena, "value", i, layout->long_value)));
        arena_reset(arena);
    }
    assert_int_equal(find(file, layout, SPAN_LITERAL("a"), &value, &err), MAP_ABSENT);
    assert_int_equal(find(file, layout, SPAN_LITERAL("zzz"), &value, &err), MAP_ABSENT);
    assert_true(layout->is_hash ? db_hash_walk(file, count_entry, &count, &err)
                                : db_btree_walk(file, count_entry, &count, &err));
    assert_int_equal(count, ENTRIES - ENTRIES / 100);
    db_file_free(&file);
    buf_release(&value);
    arena_free(&arena);
}

/* Whatever is in a page: an answer, never a wrong value, never a search without end. */
static void check_damaged(const struct layout *layout, bool may_be_absent)
{
    struct arena *arena = arena_create();
    struct buf value = BUF(BUF_UNLIMITED);
    struct error err = {0};
    struct db_file *file = open_file(layout, &err);

    for (int i = 0; file != NULL && i < ENTRIES; i++) {
        switch (find(file, layout, text_of(arena, "key", i, layout->long_key), &value, &err)) {
        case MAP_FOUND:
            assert_true(
                span_equal(buf_span(&value), text_of(arena, "value", i, layout->long_value)));
            break;
        case MAP_ABSENT:
            assert_true(may_be_absent || i % 100 == 7);
            break;
        case MAP_UNAVAILABLE:
            assert_int_equal(err.kind, ERROR_TEMPORARY);
            break;
        }
        arena_reset(arena);
    }
    db_file_free(&file);
    buf_release(&value);
    arena_free(&arena);
}

static off_t stride(const struct layout *layout, off_t size)
{
    off_t pages = size / layout->page_size;

    return layout->page_size * (pages > PAGES_DAMAGED ? pages / PAGES_DAMAGED : 1);
}

/* A bucket that was never written is a page of zeros: there, and only there, it means "empty". */
static void run_zeros(void **state)
{
    const struct layout *layout = *state;
    char *zeros = mem_alloc(layout->page_size);
    char *page = mem_alloc(layout->page_size);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    off_t size;

    write_file(layout);
    size = lseek(fd, 0, SEEK_END);
    for (off_t at = 0; at < size; at += stride(layout, size)) {
        assert_true(pread_all(fd, page, layout->page_size, at));
        assert_true(pwrite_all(fd, zeros, layout->page_size, at));
        check_damaged(layout, layout->is_hash);
        assert_true(pwrite_all(fd, page, layout->page_size, at));
    }
    fd_close(&fd);
    mem_free(page);
    mem_free(zeros);
}

/* A page that leads to itself. */
static void run_circles(void **state)
{
    const struct layout *layout = *state;
    unsigned char *page = mem_alloc(layout->page_size);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    off_t size;

    write_file(layout);
    size = lseek(fd, 0, SEEK_END);
    for (off_t at = layout->page_size; at < size; at += stride(layout, size)) {
        unsigned char next[4];

        assert_true(pread_all(fd, page, layout->page_size, at));
        memcpy(next, page + 16, 4);
        memcpy(page + 16, page + 8, 4);
        assert_true(pwrite_all(fd, page, layout->page_size, at));
        check_damaged(layout, false);
        memcpy(page + 16, next, 4);
        assert_true(pwrite_all(fd, page, layout->page_size, at));
    }
    fd_close(&fd);
    mem_free(page);
}

/* Of half a file nothing is answered, also not what stands in the half that is there. */
static void refuses_a_part(void **state UNUSED)
{
    struct error err = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(layouts); i++) {
        struct stat status;

        write_file(&layouts[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(truncate(path, status.st_size - 1), 0);
        assert_null(
            db_file_open(path, layouts[i].is_hash ? DB_FILE_HASH : DB_FILE_BTREE, 65536, &err));
        assert_non_null(strstr(err.text, "shorter than it says"));
    }
}

static void refuses_the_other_type(void **state UNUSED)
{
    struct error err = {0};

    write_file(&layouts[0]);
    assert_null(db_file_open(path, DB_FILE_BTREE, 65536, &err));
    assert_non_null(strstr(err.text, "it is no btree file"));
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(layouts) * 3 + 2];
    struct arena *arena = arena_create();
    size_t count = 0;
    int fd = mkstemp(path);
    int failed;

    if (fd < 0)
        return 1;
    close(fd);
    UNIT_ADD_ROWS(tests, count, layouts, run_layout);
    UNIT_ADD_ROWS(tests, count, layouts, run_zeros);
    UNIT_ADD_ROWS(tests, count, layouts, run_circles);
    for (size_t i = ARRAY_LENGTH(layouts); i < count; i++)
        tests[i].name =
            arena_printf(arena, "%s, %s", tests[i].name,
                         i < 2 * ARRAY_LENGTH(layouts) ? "each page zeros in turn"
                                                       : "each page in a circle in turn");
    tests[count++] = (struct CMUnitTest){.name = "a hash file is no btree file",
                                         .test_func = refuses_the_other_type};
    tests[count++] = (struct CMUnitTest){.name = "a part of a file", .test_func = refuses_a_part};
    failed = unit_run("db_file", tests, count);
    (void)unlink(path);
    arena_free(&arena);
    return failed;
}
