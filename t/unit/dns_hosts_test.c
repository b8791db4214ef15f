/* hosts(5) and the order in nsswitch.conf(5). */
#include "t/unit/unit.h"

#include "lib/dns/hosts.h"

static const char text[] = "# the usual\n"
                           "127.0.0.1\tlocalhost localhost.localdomain\n"
                           "::1 localhost ip6-localhost # both\n"
                           "192.0.2.25   mail.example.test mail\n"
                           "nonsense mail.example.test\n"
                           "192.0.2.26 other.example.test #mail\n"
                           "192.0.2.27 last";

static const struct address_case {
    const char *name;
    const char *host;
    size_t skip;
    const char *address; /* NULL: none */
} address_cases[] = {
    {"a name",                           "mail.example.test", 0, "192.0.2.25"},
    {"a nickname",                       "mail",              0, "192.0.2.25"},
    {"letters in another case",          "MAIL.Example.test", 0, "192.0.2.25"},
    {"the second address of a name",     "localhost",         1, "::1"       },
    {"there is no third one",            "localhost",         2, NULL        },
    {"a comment holds no names",         "both",              0, NULL        },
    {"a last line without its end",      "last",              0, "192.0.2.27"},
    {"an address is not a name",         "127.0.0.1",         0, NULL        },
    {"a part of a name is another name", "example.test",      0, NULL        },
};

static void run_address_case(void **state)
{
    const struct address_case *c = *state;
    struct span copy = unit_copy(span_text(text));
    struct address_socket address;
    char shown[SOCKET_TEXT_MAX];
    bool found = hosts_find_address(copy, c->host, c->skip, &address);

    assert_int_equal(found, c->address != NULL);
    if (found)
        assert_string_equal(socket_address_text(&address, shown), c->address);
    free((void *)(uintptr_t)copy.data);
}

static const struct name_case {
    const char *name;
    const char *address;
    const char *host; /* NULL: none */
} name_cases[] = {
    {"the first name counts",  "127.0.0.1",  "localhost"        },
    {"an IPv6 address",        "::1",        "localhost"        },
    {"the full name is first", "192.0.2.25", "mail.example.test"},
    {"no such address",        "192.0.2.99", NULL               },
};

static void run_name_case(void **state)
{
    const struct name_case *c = *state;
    struct address_socket address;
    struct span host;

    assert_true(socket_parse_numeric(span_text(c->address), 25, &address));
    assert_int_equal(hosts_find_name(span_text(text), &address, &host), c->host != NULL);
    if (c->host != NULL)
        assert_true(span_equal_text(host, c->host));
}

static const struct order_case {
    const char *name;
    const char *nsswitch;
    size_t count;
    enum hosts_source first;
} order_cases[] = {
    {"the usual order",                      "hosts: files dns\n",                                  2, HOSTS_FILE},
    {"DNS first",                            "passwd: files\nhosts:\tdns files\n",                  2, HOSTS_DNS },
    {"no DNS at all",                        "hosts: files # dns\n",                                1, HOSTS_FILE},
    {"reactions and others are passed over", "hosts: mymachines resolve [!UNAVAIL=return] files\n",
     2,                                                                                                HOSTS_DNS },
    {"a file without the line",              "passwd: files\n",                                     2, HOSTS_FILE},
    {"no file",                              "",                                                    2, HOSTS_FILE},
};

static void run_order_case(void **state)
{
    const struct order_case *c = *state;
    struct hosts_order order = hosts_parse_order(span_text(c->nsswitch));

    assert_int_equal(order.count, c->count);
    assert_int_equal(order.sources[0], c->first);
}

int main(void)
{
    struct CMUnitTest
        tests[ARRAY_LENGTH(address_cases) + ARRAY_LENGTH(name_cases) + ARRAY_LENGTH(order_cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, address_cases, run_address_case);
    UNIT_ADD_ROWS(tests, used, name_cases, run_name_case);
    UNIT_ADD_ROWS(tests, used, order_cases, run_order_case);
    return unit_run("dns_hosts", tests, used);
}
