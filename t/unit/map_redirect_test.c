/* hash: and btree: without Berkeley DB: this program is built without the library (lib/map/local.mk). */
#include "lib/map/map_type.h"
#include "lib/map/map_writer.h"

#include "t/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[] = "/tmp/map_redirect_test.XXXXXX";

static const struct redirect_case {
    const char *name;
    const char *level, *database_type, *cache_db_type;
    const char *specification;
    const char *redirected; /* NULL: nowhere */
} cases[] = {
    {"hash, as default_database_type says",  "enable-redirect", "lmdb",   "cdb",   "hash:/x:y",
     "lmdb:/x:y"                                                                                          },
    {"btree, as default_cache_db_type says", "enable-redirect", "lmdb",   "cdb",   "btree:/x",
     "cdb:/x"                                                                                             },
    {"the other level",                      "enable-reindex",  "cdb",    "lmdb",  "hash:/x",     "cdb:/x"},
    {"other types stay",                     "enable-redirect", "lmdb",   "lmdb",  "texthash:/x", NULL    },
    {"all stay, unless told",                "disable",         "lmdb",   "lmdb",  "hash:/x",     NULL    },
    {"not to itself",                        "enable-redirect", "hash",   "btree", "hash:/x",     NULL    },
    {"not from one to the other",            "enable-redirect", "btree",  "hash",  "btree:/x",    NULL    },
    {"not to what is no file",               "enable-redirect", "static", "lmdb",  "hash:/x",     NULL    },
};

/* Level enable-redirect, with lmdb for both types. */
static const struct mapping_case {
    const char *name;
    const char *mapping, *specification, *redirected;
} mapping_cases[] = {
    {"a table of its own type",       "inline:{ {hash:/x = cdb} }",           "hash:/x",  "cdb:/x"      },
    {"the others as always",          "inline:{ {hash:/x = cdb} }",           "hash:/y",  "lmdb:/y"     },
    {"a whole type",                  "inline:{ {hash = cdb} }",              "hash:/y",  "cdb:/y"      },
    {"the table before its type",     "inline:{ {hash = cdb}, {hash:/x = lmdb} }", "hash:/x", "lmdb:/x"},
    {"to what is no file",            "inline:{ {hash = static} }",           "hash:/x",  "fail:hash:/x"},
    {"back to Berkeley DB",           "inline:{ {hash = btree} }",            "hash:/x",  "fail:hash:/x"},
    {"a mapping that cannot be read", "cdb:/nowhere/to/be/found",             "hash:/x",  "fail:hash:/x"},
    {"one of Berkeley DB",            "btree:/x",                             "hash:/x",  "fail:hash:/x"},
    {"one inside of another",         "unionmap:{hash:/nowhere, static:cdb}", "btree:/x", "fail:btree:/x"},
};

static struct config config_of(const struct redirect_case *c)
{
    return (struct config){
        .non_bdb_migration_level = c->level,
        .default_database_type = c->database_type,
        .default_cache_db_type = c->cache_db_type,
        .lmdb_map_size = 1048576,
        .berkeley_db_read_buffer_size = 131072,
    };
}

static void run_case(void **state)
{
    const struct redirect_case *c = *state;
    const struct config config = config_of(c);
    char *redirected = map_redirect(&config, c->specification);

    if (c->redirected == NULL)
        assert_null(redirected);
    else
        assert_string_equal(redirected, c->redirected);
    mem_free(redirected);
}

static void run_mapping(void **state)
{
    const struct mapping_case *c = *state;
    struct config config = config_of(&(struct redirect_case){
        .level = "enable-redirect", .database_type = "lmdb", .cache_db_type = "lmdb"});
    char *redirected;

    config.non_bdb_custom_mapping = c->mapping;
    redirected = map_redirect(&config, c->specification);
    assert_string_equal(redirected, c->redirected);
    mem_free(redirected);
}

static void put_entry(const struct config *config, const char *specification)
{
    const struct map_writer_settings settings = {
        .config = config, .mode = 0600, .uid = geteuid(), .gid = getegid()};
    struct error err = {0};
    struct map_writer *writer = map_writer_open(specification, &settings, &err);

    assert_non_null(writer);
    assert_int_equal(map_writer_put(writer, span_text("key"), span_text("value"), &err),
                     MAP_PUT_DONE);
    assert_true(map_writer_commit(&writer, &err));
}

static void makes_and_asks(void **state UNUSED)
{
    const struct config config = config_of(&cases[0]);
    char *specification = mem_printf("hash:%s/table", directory);
    char *path = mem_printf("%s/table.lmdb", directory);
    struct buf value = BUF(100);
    struct map *map;
    struct error err;

    put_entry(&config, specification);
    map = map_open(&config, specification, false);
    assert_string_equal(map_name(map), specification);
    assert_int_equal(map_lookup(map, span_text("key"), 0, &value, &err), MAP_FOUND);
    assert_string_equal(buf_text(&value), "value");
    assert_true(map_is_readable(&config, specification));
    assert_false(map_changed(map));
    put_entry(&config, specification);
    assert_true(map_changed(map));
    map_free(&map);
    assert_int_equal(unlink(path), 0);
    buf_release(&value);
    mem_free(specification);
    mem_free(path);
}

static void cannot_make_without(void **state UNUSED)
{
    const struct config config = config_of(&cases[4]);
    const struct map_writer_settings settings = {.config = &config};
    struct error err;

    assert_null(map_writer_open("hash:/tmp/x", &settings, &err));
    assert_string_equal(err.text, "Berkeley DB support for 'hash:/tmp/x' is not available for this "
                                  "build; see buzon_tables(5) for alternatives");
}

/* What a look-up says of a table that is not there; its file of Berkeley DB is, or not. */
static void expect_unavailable(const char *level, bool with_legacy, const char *reason)
{
    struct config config = config_of(&cases[0]);
    char *specification = mem_printf("hash:%s/gone", directory);
    char *legacy = mem_printf("%s/gone.db", directory);
    int fd = with_legacy ? creat(legacy, 0600) : -1;
    struct buf value = BUF(100);
    struct error err;
    struct map *map;

    config.non_bdb_migration_level = level;
    config.non_bdb_migration_service_name = "nbdb_reindex";
    map = map_open(&config, specification, false);
    assert_int_equal(map_lookup(map, span_text("key"), 0, &value, &err), MAP_UNAVAILABLE);
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_non_null(strstr(err.text, reason));
    map_free(&map);
    if (with_legacy)
        assert_int_equal(close(fd) | unlink(legacy), 0);
    buf_release(&value);
    mem_free(legacy);
    mem_free(specification);
}

static void is_no_empty_table(void **state UNUSED)
{
    expect_unavailable("enable-redirect", true, "gone.lmdb: No such file");
    expect_unavailable("enable-reindex", false, "gone.lmdb: No such file");
    expect_unavailable("enable-reindex", true,
                       "Non-Berkeley-DB migration error: connect to service nbdb_reindex: ");
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + ARRAY_LENGTH(mapping_cases) + 3];
    size_t count = 0;
    int failed;

    if (mkdtemp(directory) == NULL)
        return 1;
    UNIT_ADD_ROWS(tests, count, cases, run_case);
    UNIT_ADD_ROWS(tests, count, mapping_cases, run_mapping);
    tests[count++] = (struct CMUnitTest){.name = "a table by its old name is made and found",
                                         .test_func = makes_and_asks};
    tests[count++] = (struct CMUnitTest){.name = "without redirection, a hash table cannot be made",
                                         .test_func = cannot_make_without};
    tests[count++] =
        (struct CMUnitTest){.name = "a table that is missing is unavailable, never empty",
                            .test_func = is_no_empty_table};
    failed = unit_run("map_redirect", tests, count);
    (void)rmdir(directory);
    return failed;
}
