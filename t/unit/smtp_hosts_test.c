/* Next hops, and the order in which servers are tried. */
#include "t/unit/unit.h"

#include "smtp/hosts.h"

static struct config config = {
    .myhostname = "mail.buzon.test",
    .known_tcp_ports = "lmtp=24, smtp=25, smtps=submissions=465, submission=587",
};
static const struct settings smtp = {.config = &config, .default_port = 25};
static const struct settings lmtp = {.config = &config, .default_port = 24, .lmtp = true};

static const struct nexthop_case {
    const char *name;
    const struct settings *settings;
    const char *text;
    const char *host; /* NULL: refused */
    unsigned port;
    bool use_mx;
    const char *unix_path;
} nexthops[] = {
    {"a domain",                 &smtp, "example.test",             "example.test",    25,   true,  NULL          },
    {"a domain and a port",      &smtp, "example.test:587",         "example.test",    587,  true,  NULL          },
    {"a domain and a service",   &smtp, "example.test:submissions", "example.test",    465,  true,  NULL          },
    {"a host",                   &smtp, "[mx.test]",                "mx.test",         25,   false, NULL          },
    {"a host and a port",        &smtp, "[mx.test]:2525",           "mx.test",         2525, false, NULL          },
    {"an address",               &smtp, "[192.0.2.1]:25",           "192.0.2.1",       25,   false, NULL          },
    {"an IPv6 address",          &smtp, "[2001:db8::1]",            "2001:db8::1",     25,   false, NULL          },
    {"nothing",                  &smtp, "",                         NULL,              0,    false, NULL          },
    {"empty brackets",           &smtp, "[]",                       NULL,              0,    false, NULL          },
    {"an open bracket",          &smtp, "[mx.test",                 NULL,              0,    false, NULL          },
    {"text behind the bracket",  &smtp, "[mx.test]x",               NULL,              0,    false, NULL          },
    {"a port that is none",      &smtp, "mx.test:what",             NULL,              0,    false, NULL          },
    {"a port that is too big",   &smtp, "mx.test:65536",            NULL,              0,    false, NULL          },
    {"a colon without a port",   &smtp, "mx.test:",                 NULL,              0,    false, NULL          },
    {"SMTP knows no sockets",    &smtp, "unix:/run/lmtp",           NULL,              0,    false, NULL          },
    {"an LMTP socket",           &lmtp, "unix:private/lmtp",        "mail.buzon.test", 24,   false, "private/lmtp"},
    {"an LMTP host, without MX", &lmtp, "inet:mx.test:2424",        "mx.test",         2424, false, NULL          },
    {"an LMTP host in short",    &lmtp, "mx.test",                  "mx.test",         24,   false, NULL          },
};

static void run_nexthop(void **state)
{
    const struct nexthop_case *c = *state;
    struct arena *arena = arena_create();
    struct span text = unit_copy(span_text(c->text));
    struct nexthop nexthop;
    struct error err = {0};

    assert_int_equal(nexthop_parse(c->settings, arena, text, &nexthop, &err), c->host != NULL);
    free((void *)(uintptr_t)text.data);
    if (c->host != NULL) {
        assert_string_equal(nexthop.host, c->host);
        assert_int_equal(nexthop.port, c->port);
        assert_int_equal(nexthop.use_mx, c->use_mx);
        assert_int_equal(nexthop.unix_path == NULL, c->unix_path == NULL);
    }
    if (c->unix_path != NULL)
        assert_string_equal(nexthop.unix_path, c->unix_path);
    arena_free(&arena);
}

static const struct order_case {
    const char *name;
    const char *candidates; /* preference and family: "10:4 10:6 20:4" */
    enum address_preference preference;
    bool balance;
    int limit;
    const char *wanted;
} orders[] = {
    {"by preference alone",               "10:4 20:6 30:4",      PREFER_ANY,  false, 0, "10:4 20:6 30:4"     },
    {"IPv6 first among equals",           "10:4 10:6 20:4 20:6", PREFER_IPV6, false, 0,
     "10:6 10:4 20:6 20:4"                                                                                   },
    {"IPv4 first among equals",           "10:6 10:4 20:6 20:4", PREFER_IPV4, false, 0,
     "10:4 10:6 20:4 20:6"                                                                                   },
    {"the other family within the limit", "10:6 20:6 30:6 40:4", PREFER_ANY,  true,  3,
     "10:6 20:6 40:4 30:6"                                                                                   },
    {"it is there already",               "10:6 20:4 30:6 40:4", PREFER_ANY,  true,  2, "10:6 20:4 30:6 40:4"},
    {"there is only one family",          "10:6 20:6 30:6",      PREFER_ANY,  true,  2, "10:6 20:6 30:6"     },
};

static size_t read_candidates(const char *text, struct candidate *candidates)
{
    struct span rest = span_text(text);
    size_t count = 0;

    while (rest.len > 0) {
        struct span word = span_take_word(&rest);
        struct span preference = span_take_until(&word, ':');
        uint64_t number = 0;
        bool ipv6 = word.data[0] == '6';

        assert_true(span_to_u64(preference, 1000, &number));
        candidates[count].preference = (unsigned)number;
        assert_true(socket_parse_numeric(span_text(ipv6 ? "2001:db8::1" : "192.0.2.1"), 25,
                                         &candidates[count++].address));
    }
    return count;
}

static void run_order(void **state)
{
    const struct order_case *c = *state;
    const struct settings settings = {
        .address_preference = c->preference,
        .balance_protocols = c->balance,
        .address_limit = c->limit,
    };
    struct candidate candidates[10] = {0}, wanted[10] = {0};
    size_t count = read_candidates(c->candidates, candidates);

    assert_int_equal(read_candidates(c->wanted, wanted), count);
    hosts_order(&settings, candidates, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(candidates[i].preference, wanted[i].preference);
        assert_int_equal(candidates[i].address.any.sa_family, wanted[i].address.any.sa_family);
    }
}

static void equals_are_shuffled_and_none_is_lost(void **state UNUSED)
{
    const struct settings settings = {.randomize_addresses = true};
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    unsigned first[4] = {0};

    for (int round = 0; round < 400; round++) {
        struct candidate candidates[5];
        unsigned seen = 0;

        for (int i = 0; i < 5; i++)
            candidates[i] = (struct candidate){.preference = i < 4 ? 10 : 20, .host = names[i]};
        hosts_order(&settings, candidates, 5);
        for (int i = 0; i < 4; i++)
            seen |= 1U << (candidates[i].host[0] - 'a');
        assert_int_equal(seen, 15);
        assert_string_equal(candidates[4].host, "e");
        first[candidates[0].host[0] - 'a']++;
    }
    for (int i = 0; i < 4; i++)
        assert_true(first[i] > 40); /* 100 are expected; 40 is seven standard deviations away */
}

static void servers_no_better_than_ourselves_are_left_out(void **state UNUSED)
{
    struct own_address room[2];
    struct own_addresses own = {.addresses = room};
    struct candidate candidates[4];
    size_t count = read_candidates("10:6 20:6 20:4 30:6", candidates);

    assert_int_equal(hosts_before_self(&own, candidates, count), 4);
    hosts_add_own(&own, span_text("192.0.2.1"));
    hosts_add_own(&own, span_text("no address"));
    assert_int_equal(own.count, 1);
    assert_int_equal(hosts_before_self(&own, candidates, count), 1);
    hosts_add_own(&own, span_text("2001:db8::1"));
    assert_int_equal(hosts_before_self(&own, candidates, count), 0);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(nexthops) + ARRAY_LENGTH(orders) + 2] = {
        cmocka_unit_test(equals_are_shuffled_and_none_is_lost),
        cmocka_unit_test(servers_no_better_than_ourselves_are_left_out),
    };
    size_t used = 2;

    UNIT_ADD_ROWS(tests, used, nexthops, run_nexthop);
    UNIT_ADD_ROWS(tests, used, orders, run_order);
    return unit_run("smtp hosts", tests, used);
}
