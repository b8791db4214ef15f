/* The asking side of proxymap: one question for many keys, and a proxymap that comes and goes. */
#include "lib/map/proxy.h"

#include "lib/service/service.h"
#include "t/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct config config = {
    .smtputf8_enable = true,
    .proxymap_service_name = "proxymap",
    .parent_domain_matches_subdomains = "",
};

static unsigned connections;    /* made so far */
static unsigned questions_each; /* how many questions a proxymap answers before it ends */
static bool nobody_there;
static pid_t proxymap_pid; /* the latest */

/* A proxymap that says what it was asked. */
static void serve(int fd)
{
    struct connection *client = connection_create(fd);
    struct arena *arena = arena_create();
    struct proxy_question question;
    struct error err;

    for (unsigned i = 0; i < questions_each; i++) {
        struct proxy_answer answer = {.result = MAP_FOUND, .table = 1};
        const char *text;

        if (!proxy_question_receive(client, arena, &question, &err))
            break;
        text = arena_printf(arena, "%s %zu %" PRIu64, question.list, question.key_count,
                            question.flags);
        for (size_t k = 0; k < question.key_count; k++)
            text = arena_printf(arena, "%s %.*s%s", text, SPAN_PRINTF(question.keys[k].octets),
                                question.keys[k].is_partial ? "*" : "");
        if (strstr(question.list, "fresh") != NULL) {
            text = arena_printf(arena, "%s %u", text, i);
            answer.fresh_ms = PROXY_FRESH_MAX_MS;
        }
        answer.key = question.key_count - 1;
        answer.value = span_text(text);
        if (strstr(question.list, "broken") != NULL)
            answer = (struct proxy_answer){.result = MAP_UNAVAILABLE, .reason = "it is broken"};
        if (strstr(question.list, "empty") != NULL)
            answer = (struct proxy_answer){.result = MAP_ABSENT};
        if (!proxy_answer_send(client, &answer, &err))
            break;
    }
    _exit(0);
}

/* In the place of lib/service's: a new proxymap for each connection. */
struct connection *service_connect(const char *name, struct error *err)
{
    int pair[2];

    assert_string_equal(name, "proxymap");
    if (nobody_there) {
        error_set(err, ERROR_TEMPORARY, "connect to service proxymap: nobody there");
        return NULL;
    }
    connections++;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    proxymap_pid = fork();
    if (proxymap_pid == 0) {
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

static void expect(enum map_result result, enum map_result expected, const struct buf *value,
                   const char *text)
{
    assert_int_equal(result, expected);
    if (expected == MAP_FOUND)
        assert_string_equal(buf_text(value), text);
}

static void asks_for_a_list(void **state UNUSED)
{
    static const struct span keys[] = {
        {"a@b", 3},
        {"a",   1},
        {"@b",  2}
    };
    static const bool partial[] = {false, true, true};
    struct maps *maps = maps_open(&config, "static:x, hash:/y", true);
    struct buf value = BUF(1000);
    struct error err;
    size_t key = 0;
    const char *where;

    expect(maps_find_keys(maps, keys, partial, 3, MAP_FOLD_KEY, &value, &key, &err), MAP_FOUND,
           &value, "static:x, hash:/y 3 1 a@b a* @b*");
    assert_int_equal(key, 2);
    expect(maps_find(maps, keys[0], 0, &value, &where, &err), MAP_FOUND, &value,
           "static:x, hash:/y 1 0 a@b");
    assert_string_equal(where, "hash:/y");
    assert_int_equal(connections, 1);
    maps_free(&maps);
    buf_release(&value);
}

static void does_not_ask_without_need(void **state UNUSED)
{
    struct maps *maps = maps_open(&config, "inline:{a=b}, regexp:{{/c/ d}}", true);
    struct buf value = BUF(1000);
    struct error err;

    nobody_there = true;
    expect(maps_find(maps, span_text("c"), 0, &value, NULL, &err), MAP_FOUND, &value, "d");
    nobody_there = false;
    maps_free(&maps);
    buf_release(&value);
}

static void asks_for_a_single_table(void **state UNUSED)
{
    struct map *map = map_open(&config, "texthash:/x", true);
    struct buf value = BUF(1000);
    struct error err;

    expect(map_lookup(map, span_text("K"), MAP_FOLD_KEY, &value, &err), MAP_FOUND, &value,
           "texthash:/x 1 1 K");
    map_free(&map);
    map = map_open(&config, "proxy:texthash:/x", false);
    expect(map_lookup(map, span_text("k"), 0, &value, &err), MAP_FOUND, &value,
           "proxy:texthash:/x 1 0 k");
    map_free(&map);
    buf_release(&value);
}

static void tells_absent_from_unavailable(void **state UNUSED)
{
    struct maps *empty = maps_open(&config, "hash:/empty", true);
    struct maps *broken = maps_open(&config, "hash:/broken", true);
    struct buf value = BUF(1000);
    struct error err;

    expect(maps_find(empty, span_text("k"), 0, &value, NULL, &err), MAP_ABSENT, &value, NULL);
    expect(maps_find(broken, span_text("k"), 0, &value, NULL, &err), MAP_UNAVAILABLE, &value, NULL);
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_string_equal(err.text, "it is broken");
    maps_free(&empty);
    maps_free(&broken);
    buf_release(&value);
}

static void end_proxymap(void)
{
    assert_int_equal(kill(proxymap_pid, SIGKILL), 0);
    assert_int_equal(waitpid(proxymap_pid, NULL, 0), proxymap_pid);
}

static void asks_the_next_proxymap(void **state UNUSED)
{
    struct maps *maps = maps_open(&config, "hash:/y", true);
    struct buf value = BUF(1000);
    struct error err;
    unsigned before = connections;

    end_proxymap();
    expect(maps_find(maps, span_text("a"), 0, &value, NULL, &err), MAP_FOUND, &value,
           "hash:/y 1 0 a");
    assert_int_equal(connections, before + 1);
    maps_free(&maps);
    buf_release(&value);
}

static void is_unavailable_without_proxymap(void **state UNUSED)
{
    struct maps *maps = maps_open(&config, "hash:/y", true);
    struct buf value = BUF(1000);
    struct error err = {0};

    end_proxymap();
    questions_each = 0; /* the next one hangs up at once */
    expect(maps_find(maps, span_text("a"), 0, &value, NULL, &err), MAP_UNAVAILABLE, &value, NULL);
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    nobody_there = true;
    expect(maps_find(maps, span_text("a"), 0, &value, NULL, &err), MAP_UNAVAILABLE, &value, NULL);
    assert_non_null(strstr(err.text, "nobody there"));
    maps_free(&maps);
    buf_release(&value);
}

/* What is found a second time was not asked a second time: its number is the same. */
static bool is_remembered(struct maps *maps, struct buf *value)
{
    struct buf second = BUF(1000);
    const char *where;
    struct error err;
    bool same;

    assert_int_equal(maps_find(maps, span_text("k"), 0, value, NULL, &err), MAP_FOUND);
    assert_int_equal(maps_find(maps, span_text("k"), 0, &second, &where, &err), MAP_FOUND);
    assert_string_equal(where, "static:x");
    same = strcmp(buf_text(value), buf_text(&second)) == 0;
    buf_release(&second);
    return same;
}

static void remembers_while_fresh(void **state UNUSED)
{
    struct maps *maps = maps_open(&config, "hash:/fresh, static:x", true);
    struct buf value = BUF(1000);
    struct buf other = BUF(1000);
    struct error err;
    bool remembered = false;

    for (int attempt = 0; attempt < 40 && !remembered; attempt++) /* it lasts a second only */
        remembered = is_remembered(maps, &value);
    assert_true(remembered);
    assert_int_equal(maps_find(maps, span_text("K"), 0, &other, NULL, &err), MAP_FOUND);
    assert_non_null(strstr(buf_text(&other), " K "));
    assert_int_equal(maps_find(maps, span_text("k"), MAP_FOLD_KEY, &other, NULL, &err), MAP_FOUND);
    assert_non_null(strstr(buf_text(&other), " 1 1 k "));
    maps_free(&maps);
    buf_release(&value);
    buf_release(&other);
}

/* --- the memory by itself ---------------------------------------------------------------------------- */

#define HOUR_MS 3600000

static bool find_key(struct proxy_recent *recent, const char *text, bool partial, struct buf *value)
{
    struct proxy_key key = {.octets = span_text(text), .is_partial = partial};
    const struct proxy_question question = {.list = "hash:/x", .keys = &key, .key_count = 1};
    struct proxy_answer answer;
    bool found = proxy_recent_find(recent, "proxymap", &question, &answer, value);

    if (found)
        assert_int_equal(answer.table, 7);
    return found;
}

/* What is not found is kept. */
static void keep_key(struct proxy_recent *recent, const char *text, const char *value,
                     uint64_t fresh_ms)
{
    const struct proxy_answer answer = {.result = MAP_FOUND, .table = 7, .fresh_ms = fresh_ms};
    struct buf found = BUF(2000);

    assert_false(find_key(recent, text, false, &found));
    proxy_recent_keep(recent, &answer, span_text(value));
    buf_release(&found);
}

static void memory_keeps_what_is_fresh(void **state UNUSED)
{
    struct proxy_recent *recent = proxy_recent_create();
    struct buf value = BUF(2000);
    char large[2000];

    memset(large, 'v', sizeof(large));
    large[sizeof(large) - 1] = '\0';
    keep_key(recent, "a", "one", HOUR_MS);
    keep_key(recent, "b", "two", 0);
    keep_key(recent, "c", large, HOUR_MS);
    keep_key(recent, large, "four", HOUR_MS);
    assert_true(find_key(recent, "a", false, &value));
    assert_string_equal(buf_text(&value), "one");
    assert_false(find_key(recent, "a", true, &value));
    assert_false(find_key(recent, "b", false, &value));
    assert_false(find_key(recent, "c", false, &value));
    assert_false(find_key(recent, large, false, &value));
    proxy_recent_free(&recent);
    buf_release(&value);
}

/* proxymap's time goes on while its answer is on the way. */
static void memory_counts_from_the_question(void **state UNUSED)
{
    struct proxy_recent *recent = proxy_recent_create();
    const struct proxy_answer answer = {.result = MAP_FOUND, .table = 7, .fresh_ms = 5};
    const struct timespec longer = {.tv_nsec = 6000000};
    struct buf value = BUF(100);

    assert_false(find_key(recent, "a", false, &value));
    (void)nanosleep(&longer, NULL);
    proxy_recent_keep(recent, &answer, span_text("old"));
    assert_false(find_key(recent, "a", false, &value));
    proxy_recent_free(&recent);
    buf_release(&value);
}

static void memory_is_bounded(void **state UNUSED)
{
    struct proxy_recent *recent = proxy_recent_create();
    struct buf value = BUF(100);
    char text[20];
    size_t found = 0;

    for (int i = 0; i < 3 * PROXY_RECENT_MAX / 2; i++) {
        snprintf(text, sizeof(text), "key %d", i);
        keep_key(recent, text, text, HOUR_MS);
    }
    for (int i = 0; i < 3 * PROXY_RECENT_MAX / 2; i++) {
        snprintf(text, sizeof(text), "key %d", i);
        if (find_key(recent, text, false, &value)) {
            assert_string_equal(buf_text(&value), text);
            found++;
        }
    }
    assert_int_equal(found, PROXY_RECENT_MAX / 2);
    proxy_recent_free(&recent);
    buf_release(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {.name = "one question for a list and its keys",        .test_func = asks_for_a_list                },
        {.name = "no question where no file is needed",         .test_func = does_not_ask_without_need      },
        {.name = "a single table",                              .test_func = asks_for_a_single_table        },
        {.name = "absent and unavailable come through",         .test_func = tells_absent_from_unavailable  },
        {.name = "a proxymap that ended is replaced unnoticed",
         .test_func = asks_the_next_proxymap                                                                },
        {.name = "no question while the answer is fresh",       .test_func = remembers_while_fresh          },
        {.name = "only what is fresh and not large is kept",    .test_func = memory_keeps_what_is_fresh     },
        {.name = "an answer ages while it is on its way",       .test_func = memory_counts_from_the_question},
        {.name = "the memory is bounded",                       .test_func = memory_is_bounded              },
        {.name = "no proxymap is unavailable",                  .test_func = is_unavailable_without_proxymap},
    };

    questions_each = 100;
    return unit_run("proxy", tests, ARRAY_LENGTH(tests));
}
