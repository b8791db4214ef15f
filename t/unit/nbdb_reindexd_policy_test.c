/* What nbdb_reindexd makes of names, of files that somebody has prepared, and of sources. */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/map/map.h"
#include "nbdb_reindexd/place.h"
#include "nbdb_reindexd/policy.h"
#include "nbdb_reindexd/table.h"

#include "t/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[] = "/tmp/nbdb_reindexd_test.XXXXXX";

/* --- names ------------------------------------------------------------------------------------------- */

static const struct plain_case {
    const char *name;
    const char *path;
    bool plain;
} plain_cases[] = {
    {"an absolute path",                  "/etc/aliases",    true },
    {"a file in the root directory",      "/aliases",        true },
    {"names with dots are names",         "/etc/..a/.b/c..", true },
    {"a relative path",                   "etc/aliases",     false},
    {"nothing",                           "",                false},
    {"the root directory",                "/",               false},
    {"a directory",                       "/etc/",           false},
    {"an empty part",                     "/etc//aliases",   false},
    {"an empty part at the start",        "//etc/aliases",   false},
    {"a part that leads up",              "/etc/../aliases", false},
    {"one at the end",                    "/etc/..",         false},
    {"a part that leads nowhere",         "/etc/./aliases",  false},
    {"one at the end that leads nowhere", "/etc/aliases/.",  false},
};

static void run_plain(void **state)
{
    const struct plain_case *c = *state;

    assert_int_equal(policy_is_plain(c->path), c->plain);
}

static const struct below_case {
    const char *name;
    const char *directories, *path;
    bool below;
} below_cases[] = {
    {"in the directory",                       "/etc",                "/etc/aliases",       true },
    {"below it",                               "/etc",                "/etc/mail/aliases",  true },
    {"one of several",                         "/a, /b\t/etc",        "/etc/aliases",       true },
    {"slashes at its end do not count",        "/etc//",              "/etc/aliases",       true },
    {"the root directory holds everything",    "/",                   "/x",                 true },
    {"the directory itself",                   "/etc",                "/etc",               false},
    {"another that only begins so",            "/etc",                "/etc2/aliases",      false},
    {"another",                                "/etc /usr/local/etc", "/usr/local/aliases", false},
    {"no directory at all",                    "",                    "/etc/aliases",       false},
    {"a relative name in the list is nothing", "etc",                 "/etc/aliases",       false},
};

static void run_below(void **state)
{
    const struct below_case *c = *state;

    assert_int_equal(policy_is_below(c->directories, c->path), c->below);
}

static const struct safe_case {
    const char *name;
    uid_t owner, uid;
    mode_t mode;
    bool safe;
} safe_cases[] = {
    {"his own",                    1000, 1000, 0644,  true },
    {"root's",                     0,    1000, 0644,  true },
    {"root's for root",            0,    0,    0700,  true },
    {"somebody else's",            1001, 1000, 0644,  false},
    {"a user's for root",          1000, 0,    0600,  false},
    {"a group can write",          1000, 1000, 0664,  false},
    {"others can write",           0,    0,    0646,  false},
    {"a sticky directory for all", 0,    1000, 01777, false},
};

static void run_safe(void **state)
{
    const struct safe_case *c = *state;
    const struct stat status = {.st_uid = c->owner, .st_mode = c->mode};

    assert_int_equal(policy_is_safe(&status, c->uid), c->safe);
}

/* --- files ------------------------------------------------------------------------------------------- */

static char *path_of(const char *name)
{
    return mem_printf("%s/%s", directory, name);
}

static void write_file(const char *name, const char *content)
{
    char *path = path_of(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0 && write_all(fd, span_text(content)));
    fd_close(&fd);
    mem_free(path);
}

static void remove_file(const char *name)
{
    char *path = path_of(name);

    assert_int_equal(unlink(path), 0);
    mem_free(path);
}

static void link_to(const char *target, const char *name)
{
    char *path = path_of(name);

    assert_int_equal(symlink(target, path), 0);
    mem_free(path);
}

/* place_open and place_open_source; what went wrong, or "" */
static char *open_place(const char *name, struct place *place_r)
{
    char *path = path_of(name);
    struct error err = {0};

    if (!place_open(place_r, path, &err) || !place_open_source(place_r, &err))
        assert_int_not_equal(err.kind, ERROR_NONE);
    place_close(place_r);
    mem_free(path);
    return mem_text(err.text);
}

static void expect_fault(const char *name, const char *fault)
{
    struct place place;
    char *said = open_place(name, &place);

    if (strstr(said, fault) == NULL || (fault[0] == '\0' && said[0] != '\0'))
        fail_msg("%s: \"%s\" instead of \"%s\"", name, said, fault);
    mem_free(said);
}

static void follows_no_link(void **state UNUSED)
{
    write_file("x", "key value\n");
    write_file("x.db", "anything");
    expect_fault("x", "");
    link_to(".", "way");
    expect_fault("way/x", "has a symbolic link on its way");
    link_to("x", "y");
    expect_fault("y", "legacy indexed file");
    link_to("x.db", "y.db");
    expect_fault("y", "y.db' is not a regular file");
    remove_file("y.db");
    write_file("y.db", "anything");
    expect_fault("y", "source file");
    expect_fault("none/x", "look up status for parent directory");
    expect_fault("x/x", "Not a directory");
    remove_file("y");
    remove_file("y.db");
    remove_file("way");
    remove_file("x");
    expect_fault("x", "open lookup table source file");
    remove_file("x.db");
    expect_fault("x", "look up status for legacy indexed file");
}

static void waits_for_no_writer(void **state UNUSED)
{
    char *path = path_of("pipe");

    assert_int_equal(mkfifo(path, 0644), 0);
    write_file("pipe.db", "anything");
    expect_fault("pipe", "is not a regular file");
    remove_file("pipe");
    remove_file("pipe.db");
    mem_free(path);
}

static void sees_what_is_there(void **state UNUSED)
{
    char *path = path_of("x");
    struct place place;
    struct error err;

    write_file("x", "key value\n");
    write_file("x.db", "anything");
    write_file("x.lmdb", "");
    assert_true(place_open(&place, path, &err));
    assert_int_equal(place.uid, geteuid());
    assert_true(place_has(&place, ".db"));
    assert_false(place_has(&place, ".lmdb")); /* empty */
    assert_false(place_has(&place, ".cdb"));
    place_close(&place);
    remove_file("x");
    remove_file("x.db");
    remove_file("x.lmdb");
    mem_free(path);
}

/* --- sources ----------------------------------------------------------------------------------------- */

static const struct source_case {
    const char *name;
    const char *source;
    const struct syntax *syntax;
    const char *key, *value; /* one of the entries */
} source_cases[] = {
    {"keys and values",                  "a@b.test c@d.test\nX y\n",                                       &syntax_map,   "x",      "y"   },
    {"names and values",                 "# of the host\nroot: ana\nb: c,\n d\n",                          &syntax_alias, "b",      "c, d"},
    {"without a blank behind the colon", "root:ana\n",                                                     &syntax_alias, "root",   "ana" },
    {"a quoted name",                    "\"a b\": c\n",                                                   &syntax_alias, "a b",    "c"   },
    {"transports have colons, too",      "b.test smtp:[127.0.0.1]:25\nc.test :\n",                         &syntax_map,   "b.test",
     "smtp:[127.0.0.1]:25"                                                                                                                },
    {"fits both: in doubt, a map",       "a b:c\n",                                                        &syntax_map,   "a",      "b:c" },
    {"one slip does not decide",         "a: b\nc: d\ne f\n",                                              &syntax_alias, "c",      "d"   },
    {"later lines do not either",        "a b\na b\na b\na b\na b\na b\na b\na b\na b\na b\nc: d\ne: f\n",
     &syntax_map,                                                                                                         "a",      "b"   },
    {"nothing",                          "",                                                               &syntax_map,   NULL,     NULL  },
};

static const struct config config = {
    .smtputf8_enable = true,
    .non_bdb_migration_level = "enable-reindex",
    .lmdb_map_size = 1048576,
    .berkeley_db_read_buffer_size = 131072,
};

static void expect_entry(const struct source_case *c)
{
    char *path = path_of("x");
    char *specification = mem_printf("lmdb:%s", path);
    struct map *map = map_open(&config, specification, false);
    struct buf value = BUF(1000);
    struct error err;

    if (c->key != NULL) {
        assert_int_equal(map_lookup(map, span_text(c->key), MAP_FOLD_KEY, &value, &err), MAP_FOUND);
        assert_string_equal(buf_text(&value), c->value);
    }
    assert_int_equal(map_lookup(map, span_text("@"), 0, &value, &err),
                     c->syntax == &syntax_alias ? MAP_FOUND : MAP_ABSENT);
    buf_release(&value);
    map_free(&map);
    mem_free(specification);
    mem_free(path);
}

static void run_source(void **state)
{
    const struct source_case *c = *state;
    char *path = path_of("x");
    const struct syntax *syntax;
    struct place place;
    struct error err;

    write_file("x", c->source);
    write_file("x.db", "anything");
    assert_true(place_open(&place, path, &err));
    assert_true(place_open_source(&place, &err));
    assert_int_equal(fchdir(place.directory), 0);
    syntax = syntax_of(place.source, path);
    assert_string_equal(syntax->tool, c->syntax->tool);
    assert_true(table_make(&place, syntax, "lmdb", &config, 100, &err));
    expect_entry(c);
    place_close(&place);
    remove_file("x");
    remove_file("x.db");
    remove_file("x.lmdb");
    mem_free(path);
}

/* Two thousand lines, and no time for them: what was begun is gone. */
static void ends_in_time(void **state UNUSED)
{
    struct buf source = BUF(100000);
    char *path = path_of("x");
    struct place place;
    struct error err;

    for (unsigned i = 0; i < 2000; i++)
        buf_put_printf(&source, "key%u value\n", i);
    write_file("x", buf_text(&source));
    write_file("x.db", "anything");
    assert_true(place_open(&place, path, &err));
    assert_true(place_open_source(&place, &err));
    assert_int_equal(fchdir(place.directory), 0);
    assert_false(table_make(&place, &syntax_map, "lmdb", &config, 0, &err));
    assert_non_null(strstr(err.text, "time limit"));
    place_close(&place);
    remove_file("x");
    remove_file("x.db");
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(directory), 0); /* it is empty */
    assert_int_equal(mkdir(directory, 0700), 0);
    buf_release(&source);
    mem_free(path);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(plain_cases) + ARRAY_LENGTH(below_cases) +
                            ARRAY_LENGTH(safe_cases) + ARRAY_LENGTH(source_cases) + 4];
    size_t count = 0;
    int failed;

    if (mkdtemp(directory) == NULL)
        return 1;
    UNIT_ADD_ROWS(tests, count, plain_cases, run_plain);
    UNIT_ADD_ROWS(tests, count, below_cases, run_below);
    UNIT_ADD_ROWS(tests, count, safe_cases, run_safe);
    UNIT_ADD_ROWS(tests, count, source_cases, run_source);
    tests[count++] =
        (struct CMUnitTest){.name = "no symbolic link is followed", .test_func = follows_no_link};
    tests[count++] = (struct CMUnitTest){.name = "a FIFO is no source, and nobody waits for it",
                                         .test_func = waits_for_no_writer};
    tests[count++] =
        (struct CMUnitTest){.name = "an empty table is none", .test_func = sees_what_is_there};
    tests[count++] = (struct CMUnitTest){.name = "a table that takes too long is given up",
                                         .test_func = ends_in_time};
    failed = unit_run("nbdb_reindexd_policy", tests, count);
    (void)rmdir(directory);
    return failed;
}
