/* Match lists, and the look-up of addresses in lists of tables. */
#include "lib/map/match_list.h"

#include "t/unit/unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

static const struct config config = {
    .smtputf8_enable = true,
    .proxymap_service_name = "proxymap",
    .parent_domain_matches_subdomains = "relay_domains, mynetworks",
};

/* clang-format off */
static const struct list_case {
    const char *name;
    const char *parameter;
    enum match_kind kind;
    const char *value;
    const char *asked;
    enum map_result result;
} list_cases[] = {
    {"a name", "mydestination", MATCH_STRING, "a.test, b.test", "b.test", MAP_FOUND},
    {"without case", "mydestination", MATCH_STRING, "A.test", "a.TEST", MAP_FOUND},
    {"another name", "mydestination", MATCH_STRING, "a.test, b.test", "c.test", MAP_ABSENT},
    {"an empty list", "mydestination", MATCH_STRING, "", "a.test", MAP_ABSENT},
    {"no subdomains of a string", "mydestination", MATCH_STRING, ".a.test a.test", "b.a.test", MAP_ABSENT},
    {"a name that is excepted", "mydestination", MATCH_STRING, "!a.test, a.test", "a.test", MAP_ABSENT},
    {"the first match counts", "mydestination", MATCH_STRING, "a.test, !a.test", "a.test", MAP_FOUND},
    {"twice excepted", "mydestination", MATCH_STRING, "!!a.test", "a.test", MAP_FOUND},
    {"an exception of nothing", "mydestination", MATCH_STRING, "!", "a.test", MAP_UNAVAILABLE},
    {"a table", "mydestination", MATCH_STRING, "inline:{a.test=x}", "A.test", MAP_FOUND},
    {"a table, where its key has capitals", "mydestination", MATCH_STRING, "inline:{A.test=x}", "a.test", MAP_ABSENT},
    {"patterns see lower case", "mydestination", MATCH_STRING, "pcre:{{/^a.test$/i x}}", "A.test", MAP_FOUND},
    {"a table without it", "mydestination", MATCH_STRING, "inline:{a.test=x}, b.test", "b.test", MAP_FOUND},
    {"a table excepted", "mydestination", MATCH_STRING, "!inline:{a.test=x}, static:all", "a.test", MAP_ABSENT},
    {"a broken table", "mydestination", MATCH_STRING, "fail:x", "a.test", MAP_UNAVAILABLE},
    {"before a broken table", "mydestination", MATCH_STRING, "a.test, fail:x", "a.test", MAP_FOUND},
    {"a table has no parents of a string", "mydestination", MATCH_STRING, "inline:{.test=x}", "a.test", MAP_ABSENT},
    {"a missing brace", "mydestination", MATCH_STRING, "inline:{a.test=x", "a.test", MAP_UNAVAILABLE},
    {"a file without a line", "mydestination", MATCH_STRING, "/dev/null, a.test", "a.test", MAP_FOUND},
    {"a file that is not there", "mydestination", MATCH_STRING, "/nonexistent/x", "a.test", MAP_UNAVAILABLE},

    {"a domain", "other_domains", MATCH_DOMAIN, "a.test", "a.test", MAP_FOUND},
    {"its subdomains need a dot", "other_domains", MATCH_DOMAIN, "a.test", "b.a.test", MAP_ABSENT},
    {"a dot for subdomains", "other_domains", MATCH_DOMAIN, ".a.test", "c.b.a.test", MAP_FOUND},
    {"the dot is not the domain", "other_domains", MATCH_DOMAIN, ".a.test", "a.test", MAP_ABSENT},
    {"a table's parents have the dot", "other_domains", MATCH_DOMAIN, "inline:{.a.test=x}", "b.a.test", MAP_FOUND},
    {"a table's bare parents do not count", "other_domains", MATCH_DOMAIN, "inline:{a.test=x}", "b.a.test", MAP_ABSENT},
    {"where parents match", "relay_domains", MATCH_DOMAIN, "a.test", "c.b.a.test", MAP_FOUND},
    {"only at a dot", "relay_domains", MATCH_DOMAIN, "a.test", "ba.test", MAP_ABSENT},
    {"a table where parents match", "relay_domains", MATCH_DOMAIN, "inline:{a.test=x}", "b.a.test", MAP_FOUND},
    {"patterns see the whole name", "relay_domains", MATCH_DOMAIN, "regexp:{{/^a/ x}}", "b.a.test", MAP_ABSENT},

    {"an address", "mynetworks", MATCH_ADDRESS, "192.0.2.1", "192.0.2.1", MAP_FOUND},
    {"a network", "mynetworks", MATCH_ADDRESS, "192.0.2.0/28", "192.0.2.15", MAP_FOUND},
    {"beyond the network", "mynetworks", MATCH_ADDRESS, "192.0.2.0/28", "192.0.2.16", MAP_ABSENT},
    {"an exception within", "mynetworks", MATCH_ADDRESS, "!192.0.2.9, 192.0.2.0/24", "192.0.2.9", MAP_ABSENT},
    {"an IPv6 network", "mynetworks", MATCH_ADDRESS, "[2001:db8::]/32", "2001:db8::1", MAP_FOUND},
    {"an IPv6 address", "mynetworks", MATCH_ADDRESS, "[::1]", "::1", MAP_FOUND},
    {"the brackets around all", "mynetworks", MATCH_ADDRESS, "[::1/128]", "::1", MAP_FOUND},
    {"IPv6 needs brackets", "mynetworks", MATCH_ADDRESS, "::1", "::1", MAP_UNAVAILABLE},
    {"a mapped network is none of IPv4", "mynetworks", MATCH_ADDRESS, "[::ffff:127.0.0.0]/104", "127.0.0.1", MAP_ABSENT},
    {"a mapped address", "mynetworks", MATCH_ADDRESS, "127.0.0.0/8", "::ffff:127.0.0.1", MAP_FOUND},
    {"IPv6 in another form", "mynetworks", MATCH_ADDRESS, "[2001:DB8:0::1]", "2001:db8::1", MAP_FOUND},
    {"IPv4 in brackets", "mynetworks", MATCH_ADDRESS, "[192.0.2.1]", "192.0.2.1", MAP_FOUND},
    {"a comment at the end of a line lets nobody in", "mynetworks", MATCH_ADDRESS, "192.0.2.1 # 192.0.2.2", "192.0.2.2", MAP_ABSENT},
    {"nor does it hide what is before it", "mynetworks", MATCH_ADDRESS, "192.0.2.1 # 192.0.2.2", "192.0.2.1", MAP_FOUND},
    {"without a blank behind the mark", "mydestination", MATCH_STRING, "a.test #b.test c.test", "c.test", MAP_ABSENT},
    {"host bits of one family concern that family", "mynetworks", MATCH_ADDRESS, "192.0.2.1/24", "2001:db8::1", MAP_ABSENT},
    {"a bracket that does not close likewise", "mynetworks", MATCH_ADDRESS, "[2001:db8::1", "192.0.2.1", MAP_ABSENT},
    {"where it concerns the client", "mynetworks", MATCH_ADDRESS, "[2001:db8::1", "2001:db8::1", MAP_UNAVAILABLE},
    {"a part of an address is a name of nobody", "mynetworks", MATCH_ADDRESS, "192.0.2, 192.0.2.1", "192.0.2.1", MAP_FOUND},
    {"what cannot be a network is none", "mynetworks", MATCH_ADDRESS, "office/8, 192.0.2.1", "192.0.2.1", MAP_FOUND},
    {"host bits", "mynetworks", MATCH_ADDRESS, "192.0.2.1/24", "192.0.2.1", MAP_UNAVAILABLE},
    {"a table of networks", "mynetworks", MATCH_ADDRESS, "cidr:{{192.0.2.0/24 x}}", "192.0.2.1", MAP_FOUND},
    {"a table of addresses", "mynetworks", MATCH_ADDRESS, "inline:{192.0.2.1=x}", "192.0.2.1", MAP_FOUND},
    {"a table of addresses has no parents", "mynetworks", MATCH_ADDRESS, "inline:{2.1=x}", "192.0.2.1", MAP_ABSENT},
    {"everybody", "mynetworks", MATCH_ADDRESS, "0.0.0.0/0", "203.0.113.1", MAP_FOUND},
    {"everybody is not IPv6", "mynetworks", MATCH_ADDRESS, "0.0.0.0/0", "2001:db8::1", MAP_ABSENT},
};
/* clang-format on */

static struct address_socket socket_of(const char *text)
{
    struct address_socket socket = {0};

    if (strchr(text, ':') != NULL) {
        socket.in6.sin6_family = AF_INET6;
        socket.len = sizeof(socket.in6);
        assert_int_equal(inet_pton(AF_INET6, text, &socket.in6.sin6_addr), 1);
    } else {
        socket.in.sin_family = AF_INET;
        socket.len = sizeof(socket.in);
        assert_int_equal(inet_pton(AF_INET, text, &socket.in.sin_addr), 1);
    }
    return socket;
}

static enum map_result ask(struct match_list *list, enum match_kind kind, const char *asked)
{
    struct span name = unit_copy(span_text(asked));
    struct address_socket socket;
    struct error err = {0};
    enum map_result result;

    if (kind == MATCH_ADDRESS) {
        socket = socket_of(asked);
        result = match_list_client(list, span_text("unknown"), &socket, &err);
    } else {
        result = match_list_name(list, name, &err);
    }
    mem_free(name.data);
    if (result == MAP_UNAVAILABLE)
        assert_int_equal(err.kind, ERROR_TEMPORARY);
    return result;
}

static void run_list(void **state)
{
    const struct list_case *c = *state;
    struct match_list *list = match_list_create(&config, c->parameter, c->value, c->kind, false);

    assert_int_equal(ask(list, c->kind, c->asked), c->result);
    match_list_free(&list);
}

/* clang-format off */
static const struct client_case {
    const char *name;
    const char *value;
    const char *client, *address;
    enum map_result result;
} client_cases[] = {
    {"a client by its address", "192.0.2.0/24", "c.a.test", "192.0.2.1", MAP_FOUND},
    {"a client by its name", "c.a.test", "c.a.test", "192.0.2.1", MAP_FOUND},
    {"a client by its domain", "10.0.0.0/8, .a.test", "c.a.test", "192.0.2.1", MAP_FOUND},
    {"a client in a table of names", "inline:{.a.test=x}", "c.a.test", "192.0.2.1", MAP_FOUND},
    {"a client in a table of addresses", "inline:{192.0.2.1=x}", "unknown", "192.0.2.1", MAP_FOUND},
    {"a client whose address is excepted", "!192.0.2.1, .a.test", "c.a.test", "192.0.2.1", MAP_ABSENT},
    {"a client whose name is excepted", "!c.a.test, 192.0.2.0/24", "c.a.test", "192.0.2.1", MAP_ABSENT},
    {"another client", "192.0.2.0/24, .a.test", "c.b.test", "198.51.100.1", MAP_ABSENT},
    {"no clients", "", "c.a.test", "192.0.2.1", MAP_ABSENT},
    {"clients behind a broken item", "192.0.2.1/24, c.a.test", "c.a.test", "192.0.2.1", MAP_UNAVAILABLE},
    {"a client without a name, by that", "regexp:{{/^unknown/ x}}", "unknown", "192.0.2.1", MAP_FOUND},
};
/* clang-format on */

static void run_client(void **state)
{
    const struct client_case *c = *state;
    struct match_list *list =
        match_list_create(&config, "smtpd_clients", c->value, MATCH_ADDRESS, false);
    struct address_socket socket = socket_of(c->address);
    struct error err = {0};

    assert_int_equal(match_list_client(list, span_text(c->client), &socket, &err), c->result);
    match_list_free(&list);
}

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void reads_files(void **state UNUSED)
{
    char path[] = "/tmp/match_list_test.XXXXXX";
    int fd = mkstemp(path);
    char *value = mem_printf("!%s, c.test", path);
    struct match_list *list;

    assert_true(fd >= 0);
    close(fd);
    put_file(path, "# comment\n\na.test b.test,\n   !c.test\ninline:{d.test=x}\n");
    list = match_list_create(&config, "mydestination", path, MATCH_STRING, false);
    assert_int_equal(ask(list, MATCH_STRING, "a.test"), MAP_FOUND);
    assert_int_equal(ask(list, MATCH_STRING, "b.test"), MAP_FOUND);
    assert_int_equal(ask(list, MATCH_STRING, "c.test"), MAP_ABSENT);
    assert_int_equal(ask(list, MATCH_STRING, "d.test"), MAP_FOUND);
    assert_int_equal(ask(list, MATCH_STRING, "#"), MAP_ABSENT);
    match_list_free(&list);
    list = match_list_create(&config, "mydestination", value, MATCH_STRING, false);
    assert_int_equal(ask(list, MATCH_STRING, "a.test"), MAP_ABSENT);
    assert_int_equal(ask(list, MATCH_STRING, "c.test"), MAP_FOUND);
    match_list_free(&list);
    put_file(path, path); /* it names itself */
    list = match_list_create(&config, "mydestination", path, MATCH_STRING, false);
    assert_int_equal(ask(list, MATCH_STRING, "a.test"), MAP_UNAVAILABLE);
    match_list_free(&list);
    (void)unlink(path);
    mem_free(value);
}

/* clang-format off */
static const struct address_case {
    const char *name;
    const char *maps;
    const char *address;
    int keys;
    bool is_local;
    const char *value; /* NULL: absent */
    const char *extension;
    bool splits_owner_request;
} address_cases[] = {
    {"the address", "inline:{u+x@a.test=1, u@a.test=2}", "u+x@a.test", ADDRESS_KEY_ALL, false, "1", "", false},
    {"without case", "inline:{U@A.test=1}", "u@a.TEST", ADDRESS_KEY_ALL, false, "1", "", false},
    {"without extension", "inline:{u@a.test=2}", "u+x@a.test", ADDRESS_KEY_ALL, false, "2", "+x", false},
    {"not when not wanted", "inline:{u@a.test=2}", "u+x@a.test", ADDRESS_KEY_FULL, false, NULL, "", false},
    {"the localpart", "inline:{u=3}", "u@a.test", ADDRESS_KEY_ALL, true, "3", "", false},
    {"the localpart of strangers does not count", "inline:{u=3}", "u@a.test", ADDRESS_KEY_ALL, false, NULL, "", false},
    {"the localpart with its extension", "inline:{u+x=3, u=4}", "u+x@a.test", ADDRESS_KEY_ALL, true, "3", "", false},
    {"the localpart without", "inline:{u=4, @a.test=5}", "u+x@a.test", ADDRESS_KEY_ALL, true, "4", "+x", false},
    {"the domain", "inline:{@a.test=5}", "u+x@a.test", ADDRESS_KEY_ALL, false, "5", "", false},
    {"the domain needs its @", "inline:{a.test=5}", "u@a.test", ADDRESS_KEY_ALL, true, NULL, "", false},
    {"each key in all tables first", "inline:{@a.test=5}, inline:{u@a.test=2}", "u@a.test", ADDRESS_KEY_ALL, false, "2", "", false},
    {"a name without domain", "inline:{u=3}", "u", ADDRESS_KEY_ALL, true, "3", "", false},
    {"patterns see the address", "regexp:{{/^u@/ 6}}", "u@a.test", ADDRESS_KEY_ALL, true, "6", "", false},
    {"and no part of it", "regexp:{{/^u$/ 6}}", "u+x@a.test", ADDRESS_KEY_ALL, true, NULL, "", false},
    {"owner- is no user", "inline:{owner@a.test=7}", "owner-x@a.test", ADDRESS_KEY_ALL, false, NULL, "", false},
    {"nor -request", "inline:{x@a.test=7}", "x-request@a.test", ADDRESS_KEY_ALL, false, NULL, "", false},
    {"but without owner_request_special", "inline:{owner@a.test=7}", "owner-x@a.test", ADDRESS_KEY_ALL, false, "7", "-x", true},
    {"and so is the other", "inline:{x@a.test=7}", "x-request@a.test", ADDRESS_KEY_ALL, false, "7", "-request", true},
    {"postmaster is whole", "inline:{postmaster@a.test=7}", "postmaster@a.test", ADDRESS_KEY_ALL, false, "7", "", true},
    {"and the sender of notices of notices", "inline:{no@a.test=7}", "no-notice@a.test", ADDRESS_KEY_ALL, false, NULL, "", true},
    {"a hyphen elsewhere", "inline:{u@a.test=2}", "u-x@a.test", ADDRESS_KEY_ALL, false, "2", "-x", false},
    {"no empty user", "inline:{@a.test=5}", "+x@a.test", ADDRESS_KEY_NO_EXT, false, NULL, "", false},
    {"a quoted address", "inline:{ {\"u v\"@a.test=8} }", "u v@a.test", ADDRESS_KEY_ALL, false, "8", "", false},
    {"no table", "", "u@a.test", ADDRESS_KEY_ALL, true, NULL, "", false},
};
/* clang-format on */

static void run_address(void **state)
{
    const struct address_case *c = *state;
    struct maps *maps = maps_open(&config, c->maps, false);
    struct span address = unit_copy(span_text(c->address));
    const struct extension_rule rule = {
        .delimiters = "+-",
        .double_bounce = "no-notice",
        .splits_owner_request = c->splits_owner_request,
    };
    struct buf value = BUF(100);
    struct span extension;
    struct error err;
    enum map_result result =
        maps_find_address(maps, address, c->keys, c->is_local, rule, &value, &extension, &err);

    assert_int_equal(result, c->value == NULL ? MAP_ABSENT : MAP_FOUND);
    if (c->value != NULL)
        assert_string_equal(buf_text(&value), c->value);
    assert_true(span_equal_text(extension, c->extension));
    maps_free(&maps);
    buf_release(&value);
    mem_free(address.data);
}

static void refuses_empty_values(void **state UNUSED)
{
    struct maps *maps = maps_open(&config, "regexp:{{/a/}}", false);
    struct buf value = BUF(100);
    struct error err;

    assert_int_equal(maps_find(maps, span_text("a"), 0, &value, NULL, &err), MAP_UNAVAILABLE);
    maps_free(&maps);
    buf_release(&value);
}

static void asks_for_many_keys(void **state UNUSED)
{
    struct span keys[1000];
    struct maps *maps = maps_open(&config, "inline:{x=1}", false);
    struct buf value = BUF(100);
    struct error err;
    size_t hit;

    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        keys[i] = span_text("y");
    keys[700] = keys[800] = span_text("x");
    assert_int_equal(maps_find_keys(maps, keys, NULL, ARRAY_LENGTH(keys), 0, &value, &hit, &err),
                     MAP_FOUND);
    assert_int_equal(hit, 700);
    assert_int_equal(maps_find_keys(maps, keys, NULL, 700, 0, &value, &hit, &err), MAP_ABSENT);
    maps_free(&maps);
    buf_release(&value);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(list_cases) + ARRAY_LENGTH(client_cases) +
                            ARRAY_LENGTH(address_cases) + 3];
    size_t count = 0;

    UNIT_ADD_ROWS(tests, count, list_cases, run_list);
    UNIT_ADD_ROWS(tests, count, client_cases, run_client);
    UNIT_ADD_ROWS(tests, count, address_cases, run_address);
    tests[count++] = (struct CMUnitTest){.name = "items in files", .test_func = reads_files};
    tests[count++] = (struct CMUnitTest){.name = "an empty value is a broken table",
                                         .test_func = refuses_empty_values};
    tests[count++] = (struct CMUnitTest){.name = "more keys than one question holds",
                                         .test_func = asks_for_many_keys};
    return unit_run("match lists", tests, count);
}
