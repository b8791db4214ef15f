/* What proxymap may be asked, and that it notices changed tables. */
#include "proxymap/tables.h"

#include "t/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

static const struct config config = {
    .smtputf8_enable = true,
    .proxymap_service_name = "proxymap",
    .parent_domain_matches_subdomains = "",
};

static const struct approval_case {
    const char *name;
    const char *value; /* of a parameter */
    const char *asked;
    bool approved;
} approval_cases[] = {
    {"a table that is named",             "static:a",                             "static:a",                 true },
    {"a table that is not",               "static:a",                             "static:b",                 false},
    {"the list as the parameter has it",  "static:a, static:b",                   "static:a, static:b",       true },
    {"each table of the list",            "static:a, static:b",                   "static:b",                 true },
    {"not another list of them",          "static:a, static:b",                   "static:b, static:a",       false},
    {"a table among names",               "example.test, !static:a",              "static:a",                 true },
    {"a table among restrictions",        "permit, check_client_access static:a", "static:a",                 true },
    {"a table in a group",                "{ reject, static:a }",                 "static:a",                 true },
    {"a proxied table",                   "proxy:static:p",                       "proxy:static:p",           true },
    {"not without its prefix",            "proxy:static:p",                       "static:p",                 false},
    {"not another one",                   "proxy:static:q",                       "proxy:static:q",           false},
    {"a list with proxied tables",        "proxy:static:p x",                     "proxy:static:p x",         true },
    {"a list with another one",           "static:a, proxy:static:q",             "static:a, proxy:static:q", false},
    {"a proxied table in another",        "unionmap:{static:a,proxy:static:p}",
     "unionmap:{static:a,proxy:static:p}",                                                                    true },
    {"another one in another",            "unionmap:{static:a,proxy:static:q}",
     "unionmap:{static:a,proxy:static:q}",                                                                    false},
    {"a proxied table with others in it", "proxy:unionmap:{static:a, static:b}",
     "proxy:unionmap:{static:a, static:b}",                                                                   true },
    {"named twice over",                  "proxy:proxy:static:p",                 "proxy:proxy:static:p",     true },
    {"no file that is no table",          "/etc/shadow",                          "texthash:/etc/shadow",     false},
    {"nothing at all",                    "",                                     "",                         false},
};

static enum map_result ask(struct tables *tables, const char *list, struct proxy_answer *answer_r)
{
    struct proxy_key key = {.octets = SPAN_LITERAL("key")};
    const struct proxy_question question = {.list = list, .keys = &key, .key_count = 1};

    tables_answer(tables, &question, answer_r);
    return (enum map_result)answer_r->result;
}

static void run_approval(void **state)
{
    const struct approval_case *c = *state;
    struct tables *tables = tables_create_empty(&config);
    struct proxy_answer answer;

    tables_approve_proxied(tables,
                           "static:q, {proxy:static:p}, proxy:unionmap:{static:a, static:b}");
    tables_approve(tables, c->value);
    if (c->approved) {
        assert_int_equal(ask(tables, c->asked, &answer), MAP_FOUND);
        assert_true(answer.value.len > 0);
    } else {
        assert_int_equal(ask(tables, c->asked, &answer), MAP_UNAVAILABLE);
        assert_non_null(strstr(answer.reason, "unapproved"));
    }
    tables_free(&tables);
}

static void opens_members_directly(void **state UNUSED)
{
    struct tables *tables = tables_create_empty(&config);
    struct proxy_answer answer;

    tables_approve_proxied(tables, "proxy:static:a");
    tables_approve(tables, "unionmap:{proxy:static:a, static:b}");
    assert_int_equal(ask(tables, "unionmap:{proxy:static:a, static:b}", &answer), MAP_FOUND);
    assert_true(span_equal_text(answer.value, "a,b"));
    tables_free(&tables);
}

static void knows_which_wait(void **state UNUSED)
{
    struct tables *tables = tables_create_empty(&config);

    tables_approve(tables, "static:a, unix:passwd.byname, hash:/x, sqlite:/x");
    assert_false(tables_wait(tables, "static:a, unix:passwd.byname, hash:/x, sqlite:/x"));
    tables_approve(tables, "hash:/x, unionmap:{static:a, pgsql:/x}");
    assert_true(tables_wait(tables, "hash:/x, unionmap:{static:a, pgsql:/x}"));
    assert_false(tables_wait(tables, "hash:/x"));
    assert_false(tables_wait(tables, "pgsql:/not/approved"));
    tables_free(&tables);
}

/* How long an answer may be used again; asked more than once, for a slow machine may use up the time. */
static uint64_t longest_fresh_ms(struct tables *tables, const char *list)
{
    struct proxy_answer answer;
    uint64_t longest_ms = 0;

    for (int i = 0; i < 20; i++) {
        (void)ask(tables, list, &answer);
        assert_true(answer.fresh_ms <= PROXY_FRESH_MAX_MS);
        if (answer.fresh_ms > longest_ms)
            longest_ms = answer.fresh_ms;
    }
    return longest_ms;
}

static void knows_what_lasts(void **state UNUSED)
{
    static const char mixed[] = "inline:{key=b}, randmap:{a, b}";
    struct tables *tables = tables_create_empty(&config);

    tables_approve(tables, mixed);
    tables_approve(tables, "pipemap:{inline:{key=b}, unix:passwd.byname}, lmdb:/x");
    assert_true(longest_fresh_ms(tables, "inline:{key=b}") > 0);
    assert_int_equal(longest_fresh_ms(tables, "randmap:{a, b}"), 0);
    assert_int_equal(longest_fresh_ms(tables, mixed), 0);
    assert_int_equal(
        longest_fresh_ms(tables, "pipemap:{inline:{key=b}, unix:passwd.byname}"), 0);
    assert_int_equal(longest_fresh_ms(tables, "lmdb:/x"), 0);
    assert_int_equal(longest_fresh_ms(tables, "lmdb:/unapproved"), 0);
    tables_free(&tables);
}

static void put_table(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void notices_changes(void **state UNUSED)
{
    char path[] = "/tmp/proxymap_test.XXXXXX";
    int fd = mkstemp(path);
    char *list = mem_printf("texthash:%s", path);
    struct tables *tables = tables_create_empty(&config);
    struct proxy_answer answer;

    assert_true(fd >= 0);
    close(fd);
    put_table(path, "key old\n");
    tables_approve(tables, list);
    assert_int_equal(ask(tables, list, &answer), MAP_FOUND);
    assert_true(span_equal_text(answer.value, "old"));
    put_table(path, "key new\n");
    while (ask(tables, list, &answer) == MAP_FOUND && span_equal_text(answer.value, "old"))
        usleep(10000); /* until the next look at the file: within a second */
    assert_true(span_equal_text(answer.value, "new"));
    assert_false(tables_are_stale(tables));
    tables_free(&tables);
    (void)unlink(path);
    mem_free(list);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(approval_cases) + 4];
    size_t count = 0;

    UNIT_ADD_ROWS(tests, count, approval_cases, run_approval);
    tests[count++] = (struct CMUnitTest){.name = "proxy: within a table is opened here",
                                         .test_func = opens_members_directly};
    tests[count++] =
        (struct CMUnitTest){.name = "which tables wait for servers", .test_func = knows_which_wait};
    tests[count++] =
        (struct CMUnitTest){.name = "which answers last a while", .test_func = knows_what_lasts};
    tests[count++] = (struct CMUnitTest){.name = "a table that changes is opened again",
                                         .test_func = notices_changes};
    return unit_run("proxymap", tests, count);
}
