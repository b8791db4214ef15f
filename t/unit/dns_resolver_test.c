/*
 * The resolver against a name server of this test's own, on a port of its own: found, absent and
 * unavailable are told apart. The first label of a name says what the server does with it.
 */
#include "t/unit/unit.h"

#include "lib/dns/dns.h"

#include "t/unit/dns_message.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    pid_t server;
    char nameservers[32];
} world;

/* --- the server -------------------------------------------------------------------------------------- */

static void answer_query(struct buf *reply, const char *name, int type)
{
    struct span rest = span_text(name);
    struct span label = span_take_until(&rest, '.');
    unsigned rcode = span_equal_text(label, "nxdomain")   ? ns_r_nxdomain
                     : span_equal_text(label, "servfail") ? ns_r_servfail
                     : span_equal_text(label, "refused")  ? ns_r_refused
                                                          : ns_r_noerror;

    dns_begin(reply, rcode, name, type);
    if (span_equal_text(label, "both") && type == ns_t_aaaa)
        dns_add(reply, name, type, span_of("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16));
    if ((span_equal_text(label, "both") || span_equal_text(label, "ipv4")) && type == ns_t_a)
        dns_add(reply, name, type, span_of("\xc0\0\2\1", 4));
    if (span_equal_text(label, "halfbroken") && type == ns_t_a)
        dns_add(reply, name, type, span_of("\xc0\0\2\1", 4));
    if (span_equal_text(label, "halfbroken") && type == ns_t_aaaa)
        reply->data[3] = (char)(0x80 | ns_r_servfail);
    if (span_equal_text(label, "alias"))
        dns_add_name(reply, name, ns_t_cname, "both.test");
    if (span_equal_text(label, "circle"))
        dns_add_name(reply, name, ns_t_cname, "circle.test2");
    if (span_equal_text(label, "mail")) {
        dns_add_mx(reply, name, 20, "second.test");
        dns_add_mx(reply, name, 10, "first.test");
        dns_add_mx(reply, name, 30, ".");
    }
    if (span_equal_text(label, "nullmx"))
        dns_add_mx(reply, name, 0, ".");
    if (span_equal_text(label, "badmx"))
        dns_add_mx(reply, name, 10, "no/name");
    if (span_equal_text(label, "1") && type == ns_t_ptr)
        dns_add_name(reply, name, ns_t_ptr, "host.test");
}

static void serve_queries(int fd)
{
    for (;;) {
        struct sockaddr_in peer;
        socklen_t len = sizeof(peer);
        unsigned char query[512];
        char name[NS_MAXDNAME];
        struct buf reply = BUF(BUF_UNLIMITED);
        ssize_t size = recvfrom(fd, query, sizeof(query), 0, (struct sockaddr *)&peer, &len);
        int used;

        if (size < NS_HFIXEDSZ)
            _exit(1);
        used = ns_name_uncompress(query, query + size, query + NS_HFIXEDSZ, name, sizeof(name));
        if (used < 0)
            _exit(1);
        answer_query(&reply, name, (int)ns_get16(query + NS_HFIXEDSZ + used));
        memcpy(reply.data, query, 2); /* its id */
        (void)!sendto(fd, reply.data, reply.len, 0, (struct sockaddr *)&peer, len);
        buf_release(&reply);
    }
}

static int start_server(void **state UNUSED)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return -1;
    (void)snprintf(world.nameservers, sizeof(world.nameservers), "127.0.0.1:%u",
                   (unsigned)ntohs(address.sin_port));
    world.server = fork();
    if (world.server == 0)
        serve_queries(fd);
    (void)close(fd);
    return setenv("RES_OPTIONS", "timeout:30 attempts:1", 1);
}

static int stop_server(void **state UNUSED)
{
    (void)kill(world.server, SIGKILL);
    return waitpid(world.server, NULL, 0) == world.server ? 0 : -1;
}

/* --- the questions ------------------------------------------------------------------------------------ */

static struct dns *prepare(const char *nameservers, const char *protocols)
{
    struct config config = {
        .dns_nameservers = nameservers, .inet_protocols = protocols, .smtp_host_lookup = "dns"};
    struct error err = {0};
    struct dns *dns = dns_prepare(&config, config.smtp_host_lookup, &err);

    assert_non_null(dns);
    return dns;
}

static const struct address_case {
    const char *name;
    const char *host;
    const char *protocols;
    enum dns_result result;
    size_t count;
    const char *first;
} address_cases[] = {
    {"both families, IPv6 first",            "both.test",       "all",  DNS_FOUND,       2, "2001:db8::1" },
    {"inet_protocols leaves IPv6 out",       "both.test",       "ipv4", DNS_FOUND,       1, "192.0.2.1"   },
    {"a dot at the end",                     "both.test.",      "all",  DNS_FOUND,       2, "2001:db8::1" },
    {"one family alone",                     "ipv4.test",       "all",  DNS_FOUND,       1, "192.0.2.1"   },
    {"one family, and trouble in the other", "halfbroken.test", "all",  DNS_FOUND,       1, "192.0.2.1"   },
    {"through an alias, asked again",        "alias.test",      "all",  DNS_FOUND,       2, "2001:db8::1" },
    {"no such domain",                       "nxdomain.test",   "all",  DNS_ABSENT,      0, NULL          },
    {"no such data",                         "nodata.test",     "all",  DNS_ABSENT,      0, NULL          },
    {"the server fails",                     "servfail.test",   "all",  DNS_UNAVAILABLE, 0, NULL          },
    {"the server refuses",                   "refused.test",    "all",  DNS_UNAVAILABLE, 0, NULL          },
    {"aliases without end",                  "circle.test2",    "all",  DNS_UNAVAILABLE, 0, NULL          },
    {"no host name: nobody is asked",        "servfail..test",  "all",  DNS_ABSENT,      0, NULL          },
    {"a numeric host is itself",             "198.51.100.7",    "all",  DNS_FOUND,       1, "198.51.100.7"},
};

static void run_address_case(void **state)
{
    const struct address_case *c = *state;
    struct dns *dns = prepare(world.nameservers, c->protocols);
    struct arena *arena = arena_create();
    struct address_socket *addresses;
    char text[SOCKET_TEXT_MAX];
    struct error err = {0};
    size_t count;

    assert_int_equal(dns_find_addresses(dns, arena, c->host, 25, &addresses, &count, &err),
                     c->result);
    assert_int_equal(count, c->count);
    if (c->first != NULL) {
        assert_string_equal(socket_address_text(&addresses[0], text), c->first);
        assert_int_equal(socket_address_port(&addresses[0]), 25);
    }
    if (c->result == DNS_ABSENT)
        assert_int_equal(err.kind, ERROR_PERMANENT);
    if (c->result == DNS_UNAVAILABLE)
        assert_int_equal(err.kind, ERROR_TEMPORARY);
    arena_free(&arena);
    dns_free(&dns);
}

static const struct mx_case {
    const char *name;
    const char *domain;
    enum dns_result result;
    size_t count;
    const char *first;
} mx_cases[] = {
    {"by preference, without the root among others", "mail.test",     DNS_FOUND,       2, "first.test"},
    {"a null MX",                                    "nullmx.test",   DNS_FOUND,       1, "."         },
    {"no MX",                                        "ipv4.test",     DNS_ABSENT,      0, NULL        },
    {"an unusable MX is not no MX",                  "badmx.test",    DNS_UNAVAILABLE, 0, NULL        },
    {"no such domain for MX",                        "nxdomain.test", DNS_ABSENT,      0, NULL        },
    {"the server fails for MX",                      "servfail.test", DNS_UNAVAILABLE, 0, NULL        },
};

static void run_mx_case(void **state)
{
    const struct mx_case *c = *state;
    struct dns *dns = prepare(world.nameservers, "all");
    struct arena *arena = arena_create();
    struct dns_mx *mx;
    struct error err = {0};
    size_t count;

    assert_int_equal(dns_find_mx(dns, arena, c->domain, &mx, &count, &err), c->result);
    assert_int_equal(count, c->count);
    if (c->first != NULL)
        assert_string_equal(mx[0].host, c->first);
    arena_free(&arena);
    dns_free(&dns);
}

static const struct name_case {
    const char *name;
    const char *address;
    enum dns_result result;
} name_cases[] = {
    {"an IPv4 address's name",    "192.0.2.1",           DNS_FOUND },
    {"an IPv6 address's name",    "2001:db8::1",         DNS_FOUND },
    {"a mapped address's name",   "::ffff:198.51.100.1", DNS_FOUND },
    {"an address without a name", "192.0.2.7",           DNS_ABSENT},
};

static void run_name_case(void **state)
{
    const struct name_case *c = *state;
    struct dns *dns = prepare(world.nameservers, "all");
    struct arena *arena = arena_create();
    struct address_socket address;
    struct error err = {0};
    const char *name;

    assert_true(socket_parse_numeric(span_text(c->address), 0, &address));
    assert_int_equal(dns_find_name(dns, arena, &address, &name, &err), c->result);
    if (c->result == DNS_FOUND)
        assert_string_equal(name, "host.test");
    arena_free(&arena);
    dns_free(&dns);
}

static void silence_is_unavailable(void **state UNUSED)
{
    struct dns *dns = prepare("127.0.0.1:1", "ipv4");
    struct arena *arena = arena_create();
    struct error err = {0};
    struct dns_mx *mx;
    size_t count;

    assert_int_equal(dns_find_mx(dns, arena, "both.test", &mx, &count, &err), DNS_UNAVAILABLE);
    assert_string_equal(err.text, "Host or domain name not found. Name service error for "
                                  "name=both.test type=MX: Host not found, try again");
    arena_free(&arena);
    dns_free(&dns);
}

static void bad_servers_are_refused(void **state UNUSED)
{
    static const char *const bad[] = {"name.test", "192.0.2.1:port", "[::1", "[::1]x",
                                      "192.0.2.1:99999"};

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct config config = {
            .dns_nameservers = bad[i], .inet_protocols = "all", .smtp_host_lookup = "dns"};
        struct error err = {0};

        assert_null(dns_prepare(&config, config.smtp_host_lookup, &err));
        assert_int_equal(err.kind, ERROR_PERMANENT);
    }
}

int main(void)
{
    struct CMUnitTest
        tests[ARRAY_LENGTH(address_cases) + ARRAY_LENGTH(mx_cases) + ARRAY_LENGTH(name_cases) + 2];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, address_cases, run_address_case);
    UNIT_ADD_ROWS(tests, used, mx_cases, run_mx_case);
    UNIT_ADD_ROWS(tests, used, name_cases, run_name_case);
    tests[used++] = (struct CMUnitTest){.name = "a server that is not there is unavailable",
                                        .test_func = silence_is_unavailable};
    tests[used++] = (struct CMUnitTest){.name = "dns_nameservers takes addresses only",
                                        .test_func = bad_servers_are_refused};
    return _cmocka_run_group_tests("dns_resolver", tests, used, start_server, stop_server);
}
