/* Tables that daemons change: each type alone, and by way of proxywrite. */
#include "lib/map/cache.h"
#include "lib/map/map_type.h"
#include "lib/service/service.h"
#include "proxymap/caches.h"

#include "t/unit/unit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/map_cache_test.XXXXXX";
static pid_t proxywrite_pid;

static struct config config = {
    .smtputf8_enable = true,
    .lmdb_map_size = 65536,
    .berkeley_db_read_buffer_size = 131072,
    .proxywrite_service_name = "proxywrite",
};

/* Who asks proxywrite talks to a process that has nothing but proxymap/caches.c. */
static NORETURN void serve(int fd)
{
    struct connection *client = connection_create(fd);
    struct caches *caches = caches_create(&config);
    struct arena *arena = arena_create();
    struct cache_question question;
    struct cache_answer answer;
    struct error err;

    while (cache_question_receive(client, arena, &question, &err)) {
        caches_answer(caches, &question, &answer);
        if (!cache_answer_send(client, &answer, &err))
            break;
    }
    caches_free(&caches);
    _exit(0);
}

static void end_proxywrite(void)
{
    if (proxywrite_pid > 0) {
        (void)kill(proxywrite_pid, SIGTERM);
        (void)waitpid(proxywrite_pid, NULL, 0);
    }
    proxywrite_pid = 0;
}

/* In the place of lib/service's. */
struct connection *service_connect(const char *name, struct error *err UNUSED)
{
    int pair[2];

    assert_string_equal(name, "proxywrite");
    end_proxywrite();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    proxywrite_pid = fork();
    if (proxywrite_pid == 0) {
        close(pair[0]);
        serve(pair[1]);
    }
    close(pair[1]);
    return connection_create(pair[0]);
}

int service_connect_fd(const char *name UNUSED, struct error *err UNUSED)
{
    fail(); /* tables that are missing are of no concern here (lib/map/reindex.h) */
    return -1;
}

static const struct type_case {
    const char *name;
    const char *type;
    const char *suffix; /* of its file; NULL: it has none */
    bool is_sorted;
    bool is_proxied;
} types[] = {
#ifdef HAVE_BERKELEY_DB
    {"hash",          "hash",        "db",   false, false},
    {"btree",         "btree",       "db",   true,  false},
    {"proxied btree", "proxy:btree", "db",   true,  true },
#endif
    {"lmdb",          "lmdb",        "lmdb", true,  false},
    {"proxied lmdb",  "proxy:lmdb",  "lmdb", true,  true },
    {"internal",      "internal",    NULL,   false, false},
};

static char *specification_of(const struct type_case *c)
{
    return mem_printf("%s:%s/cache", c->type, directory);
}

static struct map_cache *open_cache(const struct type_case *c)
{
    char *specification = specification_of(c);
    struct error err = {0};
    struct map_cache *cache;

    mem_free(config.proxy_write_maps);
    config.proxy_write_maps = mem_printf("static:x %s", specification);
    cache = map_cache_open(&config, specification, &err);
    if (cache == NULL)
        fail_msg("%s", err.text);
    mem_free(specification);
    return cache;
}

static void finish(const struct type_case *c, struct map_cache **cache)
{
    char *path = mem_printf("%s/cache.%s", directory, c->suffix == NULL ? "" : c->suffix);

    map_cache_close(cache);
    end_proxywrite();
    if (c->suffix != NULL)
        assert_int_equal(unlink(path), 0);
    mem_free(path);
}

static void put(struct map_cache *cache, const char *key, const char *value)
{
    struct error err = {0};

    if (!map_cache_put(cache, span_text(key), span_text(value), &err))
        fail_msg("%s", err.text);
}

static void expect(struct map_cache *cache, const char *key, const char *expected)
{
    struct buf value = BUF(2U << 20);
    struct error err = {0};
    enum map_result result = map_cache_get(cache, span_text(key), &value, &err);

    assert_int_equal(result, expected == NULL ? MAP_ABSENT : MAP_FOUND);
    if (expected != NULL)
        assert_string_equal(buf_text(&value), expected);
    buf_release(&value);
}

static void remembers(void **state)
{
    const struct type_case *c = *state;
    struct map_cache *cache = open_cache(c);
    struct error err = {0};

    expect(cache, "a", NULL);
    put(cache, "a", "1");
    put(cache, "b", "2");
    put(cache, "a", "3");
    expect(cache, "a", "3");
    expect(cache, "b", "2");
    assert_int_equal(map_cache_remove(cache, span_text("a"), &err), MAP_FOUND);
    assert_int_equal(map_cache_remove(cache, span_text("a"), &err), MAP_ABSENT);
    expect(cache, "a", NULL);
    if (c->suffix != NULL && !c->is_proxied) { /* also for the next process */
        map_cache_close(&cache);
        cache = open_cache(c);
        expect(cache, "b", "2");
    }
    finish(c, &cache);
}

static void grows(void **state)
{
    const struct type_case *c = *state;
    struct map_cache *cache = open_cache(c);
    char *value = mem_alloc(3001);

    memset(value, 'x', 3000);
    for (unsigned i = 0; i < 200; i++) {
        char *key = mem_printf("key%u", i);

        put(cache, key, value);
        mem_free(key);
    }
    expect(cache, "key0", value);
    expect(cache, "key199", value);
    mem_free(value);
    finish(c, &cache);
}

static void is_listed_in_order(void **state)
{
    static const char *const expected[] = {"a", "b", "c"};
    const struct type_case *c = *state;
    struct map_cache *cache = open_cache(c);
    struct buf key = BUF(100);
    struct buf value = BUF(100);
    struct buf after = BUF(100);
    struct error err = {0};
    enum map_result result;
    size_t count = 0;

    put(cache, "c", "3");
    put(cache, "a", "1");
    put(cache, "b", "2");
    result = map_cache_next(cache, SPAN_EMPTY, &key, &value, &err);
    while (c->is_sorted && result == MAP_FOUND) {
        assert_string_equal(buf_text(&key), expected[count++]);
        assert_int_equal(map_cache_remove(cache, buf_span(&key), &err), MAP_FOUND);
        buf_clear(&after);
        buf_put(&after, buf_span(&key));
        result = map_cache_next(cache, buf_span(&after), &key, &value, &err);
    }
    assert_int_equal(result, c->is_sorted ? MAP_ABSENT : MAP_UNAVAILABLE);
    assert_int_equal(count, c->is_sorted ? 3 : 0);
    buf_release(&key);
    buf_release(&value);
    buf_release(&after);
    finish(c, &cache);
}

static void belongs_to_one(void **state)
{
    const struct type_case *c = *state;
    struct map_cache *cache = open_cache(c);
    char *specification = specification_of(c);
    struct error err = {0};

    if (c->suffix != NULL && !c->is_proxied) {
        assert_null(map_cache_open(&config, specification, &err));
        assert_non_null(strstr(err.text, "another process"));
        assert_int_equal(err.kind, ERROR_TEMPORARY);
    }
    put(cache, "a", "1");
    mem_free(specification);
    finish(c, &cache);
}

static void survives_proxywrite(void **state)
{
    const struct type_case *c = *state;
    struct map_cache *cache = open_cache(c);

    put(cache, "a", "1");
    if (c->is_proxied)
        end_proxywrite();
    put(cache, "b", "2");
    expect(cache, "b", "2");
    finish(c, &cache);
}

static void refuses_what_is_not_approved(void **state UNUSED)
{
    struct error err = {0};
    struct map_cache *cache = map_cache_open(&config, "proxy:lmdb:/tmp/unapproved", &err);

    mem_free(config.proxy_write_maps);
    config.proxy_write_maps = mem_text("lmdb:/tmp/unapproved, proxy:lmdb:/tmp/other");
    assert_non_null(cache);
    assert_false(map_cache_put(cache, span_text("a"), span_text("b"), &err));
    assert_non_null(strstr(err.text, "request for unapproved table"));
    assert_int_not_equal(access("/tmp/unapproved.lmdb", F_OK), 0);
    map_cache_close(&cache);
    end_proxywrite();
    assert_null(map_cache_open(&config, "regexp:/tmp/x", &err));
    assert_non_null(strstr(err.text, "cannot be changed"));
}

int main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction run;
    } tests_of_type[] = {
        {"remembers, replaces and forgets",           remembers          },
        {"grows",                                     grows              },
        {"is listed in order, if it has one",         is_listed_in_order },
        {"belongs to one process at a time",          belongs_to_one     },
        {"is found again when its owner was renewed", survives_proxywrite},
    };
    struct CMUnitTest tests[ARRAY_LENGTH(tests_of_type) * ARRAY_LENGTH(types) + 1];
    struct arena *arena = arena_create();
    size_t count = 0;
    int failed;

    if (mkdtemp(directory) == NULL)
        return 1;
    for (size_t t = 0; t < ARRAY_LENGTH(types); t++) {
        for (size_t i = 0; i < ARRAY_LENGTH(tests_of_type); i++) {
            union {
                const void *row;
                void *state;
            } initial = {&types[t]};

            tests[count++] = (struct CMUnitTest){
                .name = arena_printf(arena, "%s %s", types[t].name, tests_of_type[i].name),
                .test_func = tests_of_type[i].run,
                .initial_state = initial.state,
            };
        }
    }
    tests[count++] = (struct CMUnitTest){.name = "other tables are refused",
                                         .test_func = refuses_what_is_not_approved};
    failed = unit_run("map_cache", tests, count);
    mem_free(config.proxy_write_maps);
    (void)rmdir(directory);
    arena_free(&arena);
    return failed;
}
