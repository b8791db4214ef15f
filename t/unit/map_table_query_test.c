/* What is asked of a server for a key, and how its values are worded. */
#include "lib/map/table_query.h"

#include "t/unit/unit.h"

static const struct config config = {
    .smtputf8_enable = true,
    .parent_domain_matches_subdomains = "",
    .proxymap_service_name = "proxymap",
};

static bool quote(void *context UNUSED, struct span text, struct buf *quoted_r,
                  struct error *err UNUSED)
{
    return buf_printf(quoted_r, "<%.*s>", SPAN_PRINTF(text));
}

#define SKIPPED NULL

/* clang-format off */
static const struct query_case {
    const char *name;
    const char *settings;
    const char *template;
    const char *key;
    const char *query;  /* SKIPPED: nothing is asked */
    const char *values; /* that the server sends, separated by | */
    const char *answer; /* "(limit)" */
} cases[] = {
    {"the whole key", "", "q %s %S", "a@b.c", "q <a@b.c> <a@b.c>", "v", "v"},
    {"user and domain", "", "%u %d %U %D", "a@b.c", "<a> <b.c> <a> <b.c>", "v", "v"},
    {"the last @ counts", "", "%u %d", "a@b@c", "<a@b> <c>", "v", "v"},
    {"a key without domain is all user", "", "%u", "a", "<a>", "v", "v"},
    {"no domain, where one is wanted", "", "%d", "a", SKIPPED, "", ""},
    {"an empty domain", "", "%d", "a@", SKIPPED, "", ""},
    {"an empty user, where one is wanted", "", "%u", "@b", SKIPPED, "", ""},
    {"an empty user, where none is", "", "%d", "@b", "<b>", "v", "v"},
    {"labels", "", "%1.%2.%3", "a@m.example.test", "<test>.<example>.<m>", "v", "v"},
    {"too few labels", "", "%3", "a@example.test", SKIPPED, "", ""},
    {"labels with nothing between", "", "%1 %2", "a@x..y.", "<y> <x>", "v", "v"},
    {"a lone %", "", "100%%", "a", "100%", "v", "v"},
    {"values are joined", "", "%s", "a", "<a>", "v|w", "v,w"},
    {"an empty value is left out", "", "%s", "a", "<a>", "v||w", "v,w"},
    {"a format", "result_format = [%s] %%", "%s", "a", "<a>", "v", "[v] %"},
    {"a format with parts of the value", "result_format = %u at %d", "%s", "a", "<a>", "v@w|x|@y", "v at w"},
    {"a format with parts of the key", "result_format = %S %U %D %1", "%s", "a@b.c", "<a@b.c>", "v", "a@b.c a b.c c"},
    {"a format that wants what the key lacks", "result_format = %D", "%s", "a", SKIPPED, "", ""},
    {"a limit", "expansion_limit = 2", "%s", "a", "<a>", "v|w", "v,w"},
    {"past the limit", "expansion_limit = 1", "%s", "a", "<a>", "v|w", "(limit)"},
    {"a domain in the list", "domain = x, B.c", "%s", "a@b.C", "<a@b.C>", "v", "v"},
    {"a domain that is not", "domain = x", "%s", "a@b", SKIPPED, "", ""},
    {"a list of domains, and a key without one", "domain = a", "%s", "a", SKIPPED, "", ""},
    {"a list of domains, and an empty user", "domain = a", "%s", "@a", SKIPPED, "", ""},
    {"a list of domains with an exception", "domain = !x, static:all", "%s", "a@x", SKIPPED, "", ""},
    {"a list of domains that fails", "domain = fail:x", "%s", "a@x", "(unavailable)", "", ""},
};
/* clang-format on */

static void check_answer(const struct query_case *c, const struct table_query *query)
{
    struct buf value = BUF(1000);
    struct table_answer answer = {.query = query, .key = span_text(c->key), .value = &value};
    struct span rest = span_text(c->values);
    struct error err;
    bool done = true;

    do {
        done = table_answer_add(&answer, span_take_until(&rest, '|'), &err);
    } while (done && rest.len > 0);
    assert_int_equal(answer.too_much, !done);
    assert_string_equal(done ? buf_text(&value) : "(limit)", c->answer);
    buf_release(&value);
}

static void run_case(void **state)
{
    const struct query_case *c = *state;
    struct error err = {0};
    struct table_settings *settings =
        table_settings_parse(&config, "settings", span_text(c->settings), &err);
    struct table_query *query = table_query_create(settings, &err);
    struct span key = unit_copy(span_text(c->key));
    struct buf text = BUF(1000);
    enum map_result applies;

    assert_non_null(query);
    assert_true(table_query_template(query, c->template, &err));
    applies = table_query_applies(query, key, &err);
    if (c->query == SKIPPED) {
        assert_int_equal(applies, MAP_ABSENT);
    } else if (strcmp(c->query, "(unavailable)") == 0) {
        assert_int_equal(applies, MAP_UNAVAILABLE);
    } else {
        assert_int_equal(applies, MAP_FOUND);
        assert_true(table_query_expand(c->template, key, quote, NULL, &text, &err));
        assert_string_equal(buf_text(&text), c->query);
        check_answer(c, query);
    }
    buf_release(&text);
    mem_free(key.data);
    table_query_free(&query);
    table_settings_free(&settings);
}

static void refuses_templates(void **state UNUSED)
{
    static const char *const templates[] = {"%", "a %q", "%0", "%{s}", "% "};
    struct error err = {0};
    struct table_settings *settings = table_settings_parse(&config, "s", SPAN_EMPTY, &err);
    struct table_query *query = table_query_create(settings, &err);

    for (size_t i = 0; i < ARRAY_LENGTH(templates); i++) {
        assert_false(table_query_template(query, templates[i], &err));
        assert_int_equal(err.kind, ERROR_PERMANENT);
    }
    table_query_free(&query);
    table_settings_free(&settings);
}

static void reads_settings(void **state UNUSED)
{
    struct error err = {0};
    struct table_settings *settings = table_settings_parse(
        &config, "s", span_text("# x\na = 1\n b\nn = 12\nflag = YES\nbad = 1x\na2=x = y\n"), &err);
    int number;
    bool flag;

    assert_non_null(settings);
    assert_string_equal(table_setting(settings, "a", ""), "1 b");
    assert_string_equal(table_setting(settings, "a2", ""), "x = y");
    assert_string_equal(table_setting(settings, "none", "other"), "other");
    assert_true(table_setting_number(settings, "n", 1, 0, &number, &err) && number == 12);
    assert_true(table_setting_number(settings, "m", 7, 0, &number, &err) && number == 7);
    assert_false(table_setting_number(settings, "n", 1, 13, &number, &err));
    assert_false(table_setting_number(settings, "bad", 1, 0, &number, &err));
    assert_true(table_setting_flag(settings, "flag", false, &flag, &err) && flag);
    assert_false(table_setting_flag(settings, "n", false, &flag, &err));
    table_settings_free(&settings);
    assert_null(table_settings_parse(&config, "s", span_text("a = b\nc\n"), &err));
    assert_non_null(strstr(err.text, "s, line 2"));
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 2];
    size_t count = 0;

    UNIT_ADD_ROWS(tests, count, cases, run_case);
    tests[count++] = (struct CMUnitTest){.name = "templates with something else behind a %",
                                         .test_func = refuses_templates};
    tests[count++] =
        (struct CMUnitTest){.name = "settings of a table", .test_func = reads_settings};
    return unit_run("map_table_query", tests, count);
}
