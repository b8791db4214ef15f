/* Where services listen: what the first column of master.cf and inet_interfaces mean. */
#include "t/unit/unit.h"

#include "master/endpoint.h"

#include <unistd.h>

static const char known_ports[] = "lmtp=24, smtp=25, smtps=submissions=465, submission=587";

static const struct split_case {
    const char *name;
    const char *text;
    bool is_good;
    const char *host, *port;
} split_cases[] = {
    {"a port alone",                     "smtp",               true,  "",            "smtp" },
    {"an IPv4 address and a port",       "127.0.0.1:10025",    true,  "127.0.0.1",   "10025"},
    {"a host name and a port",           "localhost:10025",    true,  "localhost",   "10025"},
    {"an IPv6 address in brackets",      "[2001:db8::1]:smtp", true,  "2001:db8::1", "smtp" },
    {"an IPv6 address without brackets", "2001:db8::1:25",     false, NULL,          NULL   },
    {"no port behind the colon",         "localhost:",         false, NULL,          NULL   },
    {"no host before the colon",         ":25",                false, NULL,          NULL   },
    {"empty brackets",                   "[]:25",              false, NULL,          NULL   },
    {"nothing",                          "",                   false, NULL,          NULL   },
};

static void run_split_case(void **state)
{
    const struct split_case *c = *state;
    struct span host, port;

    assert_int_equal(endpoint_split_inet(c->text, &host, &port), c->is_good);
    if (c->is_good) {
        assert_true(span_equal_text(host, c->host));
        assert_true(span_equal_text(port, c->port));
    }
}

static const struct port_case {
    const char *name;
    const char *text;
    unsigned port; /* 0: refused */
} port_cases[] = {
    {"a number",                             "2525",        2525},
    {"a known name",                         "smtp",        25  },
    {"a known name among its synonyms",      "submissions", 465 },
    {"the first of the synonyms",            "smtps",       465 },
    {"the last known name",                  "submission",  587 },
    {"no part of a known name",              "mtp",         0   },
    {"the number of a known name is a port", "587",         587 },
    {"port 0 is none",                       "0",           0   },
    {"past the last port",                   "65536",       0   },
    {"nothing",                              "",            0   },
};

static void run_port_case(void **state)
{
    const struct port_case *c = *state;
    unsigned port = 0;

    assert_int_equal(endpoint_parse_port(span_text(c->text), known_ports, &port), c->port != 0);
    if (c->port != 0)
        assert_int_equal(port, c->port);
}

static const struct plan_case {
    const char *name;
    struct master_service service;
    const char *interfaces, *protocols;
    const char *endpoints; /* names, separated by blanks; NULL: refused */
} plan_cases[] = {
    {"all interfaces of one family",
     {.name = "25", .type = SERVICE_INET},
     "all",                                                                                                  "ipv4",
     "0.0.0.0:25"                                                                                                                         },
    {"all interfaces",
     {.name = "25", .type = SERVICE_INET},
     "all",                                                                                                  "ipv4, ipv6",
     "0.0.0.0:25 [::]:25"                                                                                                                 },
    {"the loopback interface",
     {.name = "smtp", .type = SERVICE_INET},
     "loopback-only",                                                                                        "ipv4, ipv6",
     "127.0.0.1:25 [::1]:25"                                                                                                              },
    {"listed addresses",
     {.name = "25", .type = SERVICE_INET},
     "127.0.0.1, [::1]",                                                                                     "ipv4, ipv6",
     "127.0.0.1:25 [::1]:25"                                                                                                              },
    {"an address twice is one socket",
     {.name = "25", .type = SERVICE_INET},
     "127.0.0.1 127.0.0.1",                                                                                  "ipv4",
     "127.0.0.1:25"                                                                                                                       },
    {"an address in master.cf wins over inet_interfaces",
     {.name = "192.0.2.1:25", .type = SERVICE_INET},
     "loopback-only",                                                                                        "ipv4",
     "192.0.2.1:25"                                                                                                                       },
    {"no address is left",                                {.name = "[::1]:25", .type = SERVICE_INET}, "all", "ipv4",       NULL           },
    {"a port that nobody knows",
     {.name = "no-such-port", .type = SERVICE_INET},
     "all",                                                                                                  "ipv4",
     NULL                                                                                                                                 },
    {"a private socket",
     {.name = "bounce", .type = SERVICE_UNIX, .private_socket = true},
     "all",                                                                                                  "ipv4",
     "private/bounce"                                                                                                                     },
    {"a public FIFO",                                     {.name = "pickup", .type = SERVICE_FIFO},   "all", "ipv4",       "public/pickup"},
};

/* A kernel may have none, or no address of its own. */
static bool host_has_ipv6(void)
{
    struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool has_it = fd >= 0 && bind(fd, (struct sockaddr *)&loopback, sizeof(loopback)) == 0;

    if (fd >= 0)
        (void)close(fd);
    return has_it;
}

static void run_plan_case(void **state)
{
    const struct plan_case *c = *state;
    struct config config = {.inet_interfaces = c->interfaces,
                            .inet_protocols = c->protocols,
                            .known_tcp_ports = known_ports};
    struct buf names = BUF(BUF_UNLIMITED);
    struct endpoint_list list;
    struct error err = {0};

    if (strstr(c->protocols, "ipv6") != NULL && !host_has_ipv6())
        skip();
    assert_int_equal(endpoints_plan(&c->service, &config, &list, &err), c->endpoints != NULL);
    for (size_t i = 0; i < list.count; i++)
        buf_put_printf(&names, "%s%s", i == 0 ? "" : " ", list.items[i].name);
    if (c->endpoints != NULL)
        assert_string_equal(buf_text(&names), c->endpoints);
    else
        assert_int_equal(err.kind, ERROR_PERMANENT);
    endpoints_release(&list);
    buf_release(&names);
}

/* At a reload, a socket that is still named stays the same open file; the others are closed. */
static void what_is_still_named_stays_open(void **state UNUSED)
{
    struct endpoint old_items[] = {
        {.name = mem_text("127.0.0.1:25"), .fd = 1000},
        {.name = mem_text("127.0.0.1:26"), .fd = 1001}
    };
    struct endpoint new_items[] = {
        {.name = mem_text("127.0.0.1:26"), .fd = -1},
        {.name = mem_text("127.0.0.1:27"), .fd = -1}
    };
    struct endpoint_list old = {old_items, 2}, new = {new_items, 2};

    endpoints_adopt(&new, &old);
    assert_int_equal(new.items[0].fd, 1001);
    assert_int_equal(new.items[1].fd, -1);
    assert_int_equal(old.items[0].fd, 1000);
    assert_int_equal(old.items[1].fd, -1);
    for (size_t i = 0; i < 2; i++) {
        mem_free(old_items[i].name);
        mem_free(new_items[i].name);
    }
}

int main(void)
{
    struct CMUnitTest
        tests[ARRAY_LENGTH(split_cases) + ARRAY_LENGTH(port_cases) + ARRAY_LENGTH(plan_cases) + 1];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, split_cases, run_split_case);
    UNIT_ADD_ROWS(tests, used, port_cases, run_port_case);
    UNIT_ADD_ROWS(tests, used, plan_cases, run_plan_case);
    tests[used++] = (struct CMUnitTest){.name = "at a reload, what is still named stays open",
                                        .test_func = what_is_still_named_stays_open};
    return unit_run("master_endpoint", tests, used);
}
