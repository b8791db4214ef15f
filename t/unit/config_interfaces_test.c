/* inet_protocols, inet_interfaces, and the networks that mynetworks_style makes of them. */
#include "t/unit/unit.h"

#include "lib/config/interfaces.h"

#include <arpa/inet.h>

static const struct protocols_case {
    const char *name;
    const char *text;
    bool ipv4;
    bool ipv6;
    bool refused;
} protocols_cases[] = {
    {"all is both",                    "all",        true,  true,  false},
    {"one of them",                    "ipv4",       true,  false, false},
    {"the other, in any case",         "IPv6",       false, true,  false},
    {"a list",                         "ipv6, ipv4", true,  true,  false},
    {"an unknown protocol is refused", "ipv4 ipx",   true,  false, true },
    {"nothing is refused",             " ",          false, false, true },
};

static void run_protocols_case(void **state)
{
    const struct protocols_case *c = *state;
    struct protocols protocols;
    struct error err = {0};

    assert_int_equal(protocols_parse(c->text, &protocols, &err), !c->refused);
    assert_int_equal(err.kind == ERROR_PERMANENT, c->refused);
    assert_int_equal(protocols.ipv4, c->ipv4);
    assert_int_equal(protocols.ipv6, c->ipv6);
}

static const struct networks_case {
    const char *name;
    const char *style;
    const char *addresses[5]; /* address/prefix */
    const char *networks;
} networks_cases[] = {
    {"subnets",
     "subnet",                                            {"127.0.0.1/8", "192.0.2.77/29", "2001:db8::5/64"},
     "127.0.0.0/8 192.0.2.72/29 [2001:db8::]/64"                                                                                                     },
    {"hosts",                                   "host",   {"127.0.0.1/8", "::1/128"},                                        "127.0.0.1/32 [::1]/128"},
    {"classes",
     "class",                                             {"10.1.2.3/30", "172.16.1.1/30", "198.51.100.9/30", "fe80::1/64"},
     "10.0.0.0/8 172.16.0.0/16 198.51.100.0/24 [fe80::]/64"                                                                                          },
    {"two addresses in a network make it once",
     "subnet",                                            {"10.2.0.1/16", "10.2.0.2/16"},
     "10.2.0.0/16"                                                                                                                                   },
    {"a prefix within an octet",                "subnet", {"10.255.255.255/11"},                                             "10.224.0.0/11"         },
    {"a network of everybody",                  "subnet", {"10.1.1.1/0"},                                                    "0.0.0.0/0"             },
    {"no address, no network",                  "subnet", {NULL},                                                            ""                      },
};

static struct own_address parse(const char *text)
{
    struct own_address address = {.family = strchr(text, ':') == NULL ? AF_INET : AF_INET6};
    struct span rest = span_text(text);
    char *host = mem_span(span_take_until(&rest, '/'));

    assert_int_equal(inet_pton(address.family, host, &address.in6), 1);
    address.prefix = (unsigned)strtoul(rest.data, NULL, 10);
    mem_free(host);
    return address;
}

static void run_networks_case(void **state)
{
    const struct networks_case *c = *state;
    struct own_address addresses[ARRAY_LENGTH(c->addresses)];
    struct buf networks = BUF(1000);
    size_t count = 0;

    for (; c->addresses[count] != NULL; count++)
        addresses[count] = parse(c->addresses[count]);
    assert_true(networks_of(addresses, count, c->style, &networks, NULL));
    assert_string_equal(buf_text(&networks), c->networks);
    buf_release(&networks);
}

static void unknown_style_is_refused(void **state UNUSED)
{
    struct buf networks = BUF(1000);
    struct error err = {0};

    assert_false(networks_of(NULL, 0, "planet", &networks, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
}

static bool find_own(const char *interfaces, const char *protocols, size_t *count_r,
                     struct error *err)
{
    struct arena *arena = arena_create();
    struct own_address *addresses;
    bool found = interfaces_own(interfaces, protocols, arena, &addresses, count_r, err);

    for (size_t i = 0; found && i < *count_r; i++)
        assert_int_equal(addresses[i].family, AF_INET);
    arena_free(&arena);
    return found;
}

static void loopback_is_ours(void **state UNUSED)
{
    struct error err = {0};
    size_t all;
    size_t count;

    assert_true(find_own("all", "ipv4", &all, &err));
    assert_true(all >= 1);
    assert_true(find_own("loopback-only", "ipv4", &count, &err));
    assert_true(count >= 1 && count <= all);
    assert_true(find_own("[127.0.0.1], 127.0.0.1", "ipv4", &count, &err));
    assert_int_equal(count, 1);
    assert_true(find_own("", "ipv4", &count, &err));
    assert_int_equal(count, 0);
}

static void strange_addresses_are_refused(void **state UNUSED)
{
    struct error err = {0};
    size_t count;

    assert_false(find_own("192.0.2.201", "ipv4", &count, &err));
    assert_string_equal(err.text,
                        "parameter inet_interfaces: no local interface found for 192.0.2.201");
    assert_int_equal(err.kind, ERROR_PERMANENT);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(unknown_style_is_refused),
        cmocka_unit_test(loopback_is_ours),
        cmocka_unit_test(strange_addresses_are_refused),
    };
    struct CMUnitTest
        tests[ARRAY_LENGTH(protocols_cases) + ARRAY_LENGTH(networks_cases) + ARRAY_LENGTH(others)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, protocols_cases, run_protocols_case);
    UNIT_ADD_ROWS(tests, used, networks_cases, run_networks_case);
    memcpy(&tests[used], others, sizeof(others));
    return unit_run("interfaces", tests, used + ARRAY_LENGTH(others));
}
