/* Queue ids, and where in the directories of a queue a message lies. */
#include "t/unit/unit.h"

#include "lib/base/hash.h"
#include "lib/config/config.h"
#include "lib/queue/queue_id.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The C library's, on a disk that may be full. */
static bool disk_is_full;

int mkdirat(int directory, const char *path, mode_t mode)
{
    if (!disk_is_full)
        return (int)syscall(SYS_mkdirat, directory, path, mode);
    errno = ENOSPC;
    return -1;
}

static char spool_path[] = "/tmp/buzon-queue-test.XXXXXX";
static int spool = -1;

/* --- ids ------------------------------------------------------------------------------------------------ */

static const struct id_case {
    const char *name;
    const char *id;
    bool is_valid;
} ids[] = {
    {"a short id of Postfix",          "21519A741B0",                                                      true },
    {"a long id of Postfix",           "4jY62H3FPPz1bcLc",                                                 true },
    {"nothing",                        "",                                                                 false},
    {"one octet, as hash levels have", "A",                                                                false},
    {"the directory itself",           ".",                                                                false},
    {"the directory above",            "..",                                                               false},
    {"a path",                         "AB/CDEF",                                                          false},
    {"a path upwards",                 "../../etc/passwd",                                                 false},
    {"a dash at the start",            "-rf0123",                                                          false},
    {"a space",                        "21519 A741B0",                                                     false},
    {"an octet over 127",              "21519A741B\xc3",                                                   false},
    {"63 octets",                      "012345678901234567890123456789012345678901234567890123456789012",  true },
    {"64 octets",                      "0123456789012345678901234567890123456789012345678901234567890123", false},
};

static void validity(void **state)
{
    const struct id_case *c = *state;

    assert_int_equal(queue_id_is_valid(c->id), c->is_valid);
}

/* As Postfix 3.7 hashes its deferred queue. */
static const struct hash_case {
    const char *name;
    const char *id;
    size_t depth;
    const char *hash;
} hashes[] = {
    {"a short id by its first octet",     "21519A741B0",      1, "2"     },
    {"a short id by two of them",         "8689BA7403D",      2, "86"    },
    {"a long id by its microseconds",     "4jY62H3FPPz1bcLc", 1, "6"     },
    {"a long id by two digits of them",   "4jY62H3BFTz1bc9b", 2, "6D"    },
    {"a long id, all five digits",        "4jY62H38mHz1bcC4", 5, "6CC6F" },
    {"more levels than there are digits", "4jY62H38mHz1bcC4", 6, "6CC6F_"},
    {"no level",                          "4jY62H38mHz1bcC4", 0, ""      },
    {"a z too early for a long id",       "ABz456789",        1, "A"     },
};

static void hashing(void **state)
{
    const struct hash_case *c = *state;
    char hash[QUEUE_ID_MAX];

    queue_id_hash(c->id, c->depth, hash);
    assert_string_equal(hash, c->hash);
}

static void ids_are_unique(void **state UNUSED)
{
    struct queue_id_source source = {0};
    struct hash *seen = hash_create();
    char id[QUEUE_ID_MAX];

    for (int i = 0; i < 20000; i++) {
        queue_id_make(&source, i % 2 == 0, id);
        assert_true(queue_id_is_valid(id));
        assert_null(hash_put(seen, span_text(id), &source));
    }
    hash_free(&seen, NULL);
}

/* --- directories ---------------------------------------------------------------------------------------- */

static struct config config = {.hash_queue_names = "deferred, defer  bounce",
                               .hash_queue_depth = 2};

static const struct path_case {
    const char *name;
    const char *queue;
    const char *id;
    const char *path;
} paths[] = {
    {"a queue without levels",    "active",   "21519A741B0",      "active/21519A741B0"           },
    {"a queue with levels",       "deferred", "21519A741B0",      "deferred/2/1/21519A741B0"     },
    {"a long id",                 "defer",    "4jY62H3BFTz1bc9b", "defer/6/D/4jY62H3BFTz1bc9b"   },
    {"the last name of the list", "bounce",   "21519A741B0",      "bounce/2/1/21519A741B0"       },
    {"a name within a name",      "defe",     "21519A741B0",      "defe/21519A741B0"             },
    {"incoming by what changes",  "incoming", "21519A741B0",      "incoming/9/1/21519A741B0"     },
    {"incoming, a long id",       "incoming", "4jY62H38mHz1bcC4", "incoming/F/6/4jY62H38mHz1bcC4"},
    {"incoming, hardly an id",    "incoming", "AAAA",             "incoming/A/A/AAAA"            },
};

static void path(void **state)
{
    const struct path_case *c = *state;
    struct arena *arena = arena_create();

    config.hash_queue_names =
        strcmp(c->queue, "incoming") == 0 ? "incoming" : "deferred, defer  bounce";
    assert_string_equal(queue_path(arena, &config, c->queue, c->id), c->path);
    config.hash_queue_names = "deferred, defer  bounce";
    arena_free(&arena);
}

/* A directory that was made for a file is there for good before the file is written. */
static void opening(void **state UNUSED)
{
    struct error err = {0};
    struct stat opened, named;

    for (int i = 0; i < 2; i++) {
        int fd = queue_open_directory(spool, &config, "deferred", "5A519A741B0", &err);

        assert_true(fd >= 0 && fstat(fd, &opened) == 0);
        assert_int_equal(fstatat(spool, "deferred/5/A", &named, 0), 0);
        assert_int_equal(opened.st_ino, named.st_ino);
        close(fd);
    }
    assert_int_equal(unlinkat(spool, "deferred/5/A", AT_REMOVEDIR), 0);
    assert_int_equal(symlinkat("/", spool, "deferred/5/A"), 0);
    assert_int_equal(queue_open_directory(spool, &config, "deferred", "5A519A741B0", &err), -1);
    assert_int_equal(unlinkat(spool, "deferred/5/A", 0), 0);
}

static void make_file(const char *name)
{
    int fd = openat(spool, name, O_CREAT | O_EXCL | O_WRONLY, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static size_t count_entries(const char *queue, struct error *err)
{
    struct queue_scan *scan = queue_scan_open(spool, queue, err);
    char id[QUEUE_ID_MAX];
    size_t count = 0;

    assert_non_null(scan);
    while (queue_scan_next(scan, id, err)) {
        assert_int_equal(faccessat(spool, queue_scan_path(scan), F_OK, 0), 0);
        count++;
    }
    assert_int_equal(err->kind, ERROR_NONE);
    queue_scan_close(&scan);
    return count;
}

static void moving(void **state UNUSED)
{
    struct error err = {0};

    make_file("incoming/21519A741B0");
    assert_true(queue_move(spool, &config, "21519A741B0", "incoming", "deferred", &err));
    assert_int_equal(faccessat(spool, "deferred/2/1/21519A741B0", F_OK, 0), 0);
    assert_int_equal(faccessat(spool, "incoming/21519A741B0", F_OK, 0), -1);
    assert_false(queue_move(spool, &config, "21519A741B0", "incoming", "deferred", &err));
    assert_int_equal(err.number, ENOENT);
    assert_true(queue_remove(spool, &config, "deferred", "21519A741B0", &err));
    assert_false(queue_remove(spool, &config, "deferred", "21519A741B0", &err));
}

/* Who hears that a message is not there, forgets it. */
static void full_disk_is_no_missing_message(void **state UNUSED)
{
    struct error err = {0};

    make_file("incoming/31519A741B0");
    disk_is_full = true;
    assert_false(queue_move(spool, &config, "31519A741B0", "incoming", "deferred", &err));
    assert_int_equal(err.number, ENOSPC);
    assert_int_equal(queue_open_directory(spool, &config, "defer", "31519A741B0", &err), -1);
    assert_int_equal(err.number, ENOSPC);
    disk_is_full = false;
    assert_true(queue_move(spool, &config, "31519A741B0", "incoming", "deferred", &err));
    assert_true(queue_remove(spool, &config, "deferred", "31519A741B0", &err));
}

static void walking(void **state UNUSED)
{
    struct error err = {0};

    assert_int_equal(mkdirat(spool, "hold", 0700), 0);
    assert_int_equal(mkdirat(spool, "hold/A", 0700), 0);
    assert_int_equal(mkdirat(spool, "hold/A/B", 0700), 0);
    make_file("hold/21519A741B0");
    make_file("hold/A/21519A741B1");
    make_file("hold/A/B/21519A741B2");
    make_file("hold/no-queue-id");
    assert_int_equal(symlinkat(".", spool, "hold/C"), 0);
    err.kind = ERROR_NONE;
    assert_int_equal(unlinkat(spool, "hold/C", 0), 0);
    assert_int_equal(count_entries("hold", &err), 3);
    assert_int_equal(count_entries("corrupt", &err), 0); /* not even a directory */
}

static void rehashing(void **state UNUSED)
{
    struct error err = {0};
    char name[64];

    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "bounce/%05XA741B0", i * 3001);
        make_file(name);
    }
    assert_true(queue_rehash(spool, &config, "bounce", &err));
    assert_int_equal(faccessat(spool, "bounce/0/0/00000A741B0", F_OK, 0), 0);
    assert_int_equal(count_entries("bounce", &err), 300);
    config.hash_queue_depth = 0;
    assert_true(queue_rehash(spool, &config, "bounce", &err));
    assert_int_equal(faccessat(spool, "bounce/00000A741B0", F_OK, 0), 0);
    assert_int_equal(count_entries("bounce", &err), 300);
    config.hash_queue_depth = 2;
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(ids) + ARRAY_LENGTH(hashes) + ARRAY_LENGTH(paths) + 6] = {
        cmocka_unit_test(ids_are_unique), cmocka_unit_test(opening),
        cmocka_unit_test(moving),         cmocka_unit_test(walking),
        cmocka_unit_test(rehashing),      cmocka_unit_test(full_disk_is_no_missing_message),
    };
    size_t count = 6;
    char command[64];
    int failed;

    if (mkdtemp(spool_path) == NULL || (spool = open(spool_path, O_RDONLY | O_DIRECTORY)) < 0 ||
        mkdirat(spool, "incoming", 0700) != 0 || mkdirat(spool, "bounce", 0700) != 0)
        return 1;
    UNIT_ADD_ROWS(tests, count, ids, validity);
    UNIT_ADD_ROWS(tests, count, hashes, hashing);
    UNIT_ADD_ROWS(tests, count, paths, path);
    failed = unit_run("queue_directory", tests, count);
    snprintf(command, sizeof(command), "rm -rf %s", spool_path);
    return system(command) != 0 || failed != 0;
}
