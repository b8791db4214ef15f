/* Which of several servers is asked: by a driver whose servers do what their names say. */
#include "lib/map/servers.h"

#include "t/unit/unit.h"

#define CONNECTS_MAX 100

static const struct config config = {.parent_domain_matches_subdomains = ""};

/* What was tried since the test began. */
static struct {
    const char *names[CONNECTS_MAX];
    unsigned tried, open;
} seen;

static void *connect_server(const struct map_host *host, const struct table_settings *settings,
                            const char *server, struct error *err)
{
    assert_ptr_equal(host, &map_host);
    assert_string_equal(table_setting(settings, "user", ""), "me");
    assert_true(seen.tried < CONNECTS_MAX);
    seen.names[seen.tried++] = server;
    if (strstr(server, "dead") != NULL) {
        error_set(err, ERROR_TEMPORARY, "%s is dead", server);
        return NULL;
    }
    seen.open++;
    return mem_text(server);
}

static void close_server(void *connection)
{
    seen.open--;
    mem_free(connection);
}

static const struct server_driver driver = {connect_server, close_server};

static struct table_settings *settings;

static struct servers *start(const char *names)
{
    struct error err;

    memset(&seen, 0, sizeof(seen));
    settings = table_settings_parse(&config, "servers", span_text("user = me\n"), &err);
    return servers_create(&driver, settings, names, ", ");
}

static void stop(struct servers *servers)
{
    servers_free(&servers);
    table_settings_free(&settings);
    assert_int_equal(seen.open, 0);
}

static void expect(struct servers *servers, const char *name)
{
    struct error err = {0};
    const char *connection = servers_connection(servers, &err);

    if (name == NULL) {
        assert_null(connection);
        assert_int_equal(err.kind, ERROR_TEMPORARY);
    } else {
        assert_non_null(connection);
        assert_string_equal(connection, name);
    }
}

static void keeps_a_connection(void **state UNUSED)
{
    struct servers *servers = start("a, b");
    struct error err;
    const char *first = servers_connection(servers, &err);

    for (unsigned i = 0; i < 10; i++)
        assert_ptr_equal(servers_connection(servers, &err), first);
    assert_int_equal(seen.tried, 1);
    stop(servers);
}

static void prefers_sockets(void **state UNUSED)
{
    for (unsigned i = 0; i < 20; i++) {
        struct servers *servers = start("a unix:b c");

        expect(servers, "unix:b");
        stop(servers);
    }
}

static void leaves_it_to_chance(void **state UNUSED)
{
    bool found[2] = {false, false};

    for (unsigned i = 0; i < 200 && !(found[0] && found[1]); i++) {
        struct servers *servers = start("a b");
        struct error err;
        const char *name = servers_connection(servers, &err);

        found[name[0] - 'a'] = true;
        stop(servers);
    }
    assert_true(found[0] && found[1]);
}

static void passes_over_the_dead(void **state UNUSED)
{
    struct servers *servers = start("unix:dead1 dead2 unix:dead3 alive");

    expect(servers, "alive");
    assert_true(seen.tried >= 3); /* dead2 by chance */
    expect(servers, "alive");
    assert_true(seen.tried <= 4);
    stop(servers);
}

static void leaves_the_dead_alone(void **state UNUSED)
{
    struct servers *servers = start("dead1 dead2");
    struct error err = {0};

    expect(servers, NULL);
    assert_int_equal(seen.tried, 2);
    for (unsigned i = 0; i < 5; i++)
        expect(servers, NULL);
    assert_int_equal(seen.tried, 2);
    assert_null(servers_connection(servers, &err));
    assert_non_null(strstr(err.text, "is dead")); /* the reason is still told */
    stop(servers);
}

/* A connection that has answered and then fails: its server was started anew, so it is tried at once. */
static void comes_back_after_an_answer(void **state UNUSED)
{
    struct servers *servers = start("a");
    const struct error lost = {.kind = ERROR_TEMPORARY, .text = "lost"};

    expect(servers, "a");
    expect(servers, "a"); /* nobody complained in between: it has answered */
    servers_failed(servers, &lost);
    expect(servers, "a");
    assert_int_equal(seen.tried, 2);
    servers_failed(servers, &lost); /* a new connection that is no good either */
    expect(servers, NULL);
    assert_int_equal(seen.tried, 2);
    stop(servers);
}

static void goes_to_another(void **state UNUSED)
{
    struct servers *servers = start("unix:a b");
    const struct error lost = {.kind = ERROR_TEMPORARY, .text = "lost"};

    expect(servers, "unix:a");
    servers_failed(servers, &lost);
    expect(servers, "b");
    stop(servers);
}

/* What somebody asks for shall not make a good server look dead. */
static void an_error_after_an_answer_is_the_keys(void **state UNUSED)
{
    struct servers *servers = start("a");
    const struct error refused = {.kind = ERROR_TEMPORARY, .text = "bad key"};

    expect(servers, "a");
    assert_true(servers_refused(servers, &refused)); /* never answered: the server may be wrong */
    expect(servers, NULL);
    stop(servers);
    servers = start("a");
    expect(servers, "a");
    for (unsigned i = 0; i < 10; i++) {
        expect(servers, "a");
        assert_false(servers_refused(servers, &refused));
    }
    assert_int_equal(seen.tried, 1);
    stop(servers);
}

static void has_none(void **state UNUSED)
{
    struct servers *servers = start("");

    expect(servers, NULL);
    stop(servers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {.name = "a connection is kept",                                .test_func = keeps_a_connection   },
        {.name = "sockets of this host come first",                     .test_func = prefers_sockets      },
        {.name = "among equals chance decides",                         .test_func = leaves_it_to_chance  },
        {.name = "who is dead is passed over",                          .test_func = passes_over_the_dead },
        {.name = "and then left alone",                                 .test_func = leaves_the_dead_alone},
        {.name = "who has answered is tried again at once",
         .test_func = comes_back_after_an_answer                                                          },
        {.name = "who has not is not, and another one is asked",        .test_func = goes_to_another      },
        {.name = "an error of a server that has answered is the key's",
         .test_func = an_error_after_an_answer_is_the_keys                                                },
        {.name = "a list of no servers",                                .test_func = has_none             },
    };

    return unit_run("map_servers", tests, ARRAY_LENGTH(tests));
}
