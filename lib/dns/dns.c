/* The resolver: mail servers, addresses, names. */
#include "lib/base/base.h"

#include "lib/dns/resolver.h"

#include <stdio.h>
#include <stdlib.h>

/* A copy without the dot at the end. */
static const char *without_last_dot(struct arena *arena, const char *name)
{
    struct span text = span_text(name);

    if (text.len > 1 && text.data[text.len - 1] == '.')
        text.len--;
    return arena_text(arena, text);
}

/* --- MX -------------------------------------------------------------------------------------------- */

static int compare_preference(const void *a, const void *b)
{
    const struct dns_mx *left = a;
    const struct dns_mx *right = b;

    return left->preference < right->preference ? -1 : left->preference > right->preference;
}

/* Shuffled before they are sorted: glibc's qsort is a merge sort, but nothing says so. */
static void sort_mx(struct dns_mx *mx, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t k = arc4random_uniform((uint32_t)i);
        struct dns_mx swapped = mx[i - 1];

        mx[i - 1] = mx[k];
        mx[k] = swapped;
    }
    qsort(mx, count, sizeof(*mx), compare_preference);
}

/* A root among others is nobody's mail server; alone it says that there is none. */
static size_t take_mx(const struct answer *answer, struct dns_mx *mx)
{
    size_t count = 0;

    for (size_t i = 0; i < answer->count; i++) {
        if (answer->count > 1 && strcmp(answer->records[i].host, ".") == 0)
            continue;
        mx[count++] = (struct dns_mx){answer->records[i].preference, answer->records[i].host};
    }
    return count;
}

enum dns_result dns_find_mx(struct dns *dns, struct arena *arena, const char *domain,
                            struct dns_mx **mx_r, size_t *count_r, struct error *err)
{
    struct answer answer = {.count = 0};
    enum dns_result result;

    *mx_r = NULL;
    *count_r = 0;
    result = resolver_ask(dns, arena, without_last_dot(arena, domain), ns_t_mx, &answer, err);
    if (result != DNS_FOUND)
        return result;
    *mx_r = arena_array(arena, struct dns_mx, answer.count);
    *count_r = take_mx(&answer, *mx_r);
    if (*count_r == 0) {
        resolver_explain(err, ERROR_TEMPORARY, domain, ns_t_mx,
                         "Malformed or unexpected name server reply");
        return DNS_UNAVAILABLE;
    }
    sort_mx(*mx_r, *count_r);
    return DNS_FOUND;
}

/* --- addresses --------------------------------------------------------------------------------------- */

struct address_list {
    struct address_socket *items;
    size_t count;
    unsigned port;
};

static bool is_wanted(const struct dns *dns, const struct address_socket *address)
{
    return address->any.sa_family == AF_INET6 ? dns->protocols.ipv6 : dns->protocols.ipv4;
}

static void set_port(struct address_socket *address, unsigned port)
{
    if (address->any.sa_family == AF_INET6)
        address->in6.sin6_port = htons((uint16_t)port);
    else
        address->in.sin_port = htons((uint16_t)port);
}

static void add_addresses(const struct answer *answer, int type, struct address_list *list)
{
    for (size_t i = 0; i < answer->count; i++) {
        struct address_socket *address = &list->items[list->count++];
        const unsigned char *octets = answer->records[i].address;

        *address = (struct address_socket){.len = 0};
        if (type == ns_t_a) {
            address->in.sin_family = AF_INET;
            memcpy(&address->in.sin_addr, octets, sizeof(address->in.sin_addr));
            address->len = sizeof(address->in);
        } else {
            address->in6.sin6_family = AF_INET6;
            memcpy(&address->in6.sin6_addr, octets, sizeof(address->in6.sin6_addr));
            address->len = sizeof(address->in6);
        }
        set_port(address, list->port);
    }
}

static enum dns_result ask_addresses(struct dns *dns, struct arena *arena, const char *host,
                                     struct address_list *list, struct error *err)
{
    struct answer ipv6 = {.count = 0}, ipv4 = {.count = 0};
    enum dns_result first = DNS_ABSENT, second = DNS_ABSENT;

    if (dns->protocols.ipv6)
        first = resolver_ask(dns, arena, host, ns_t_aaaa, &ipv6, err);
    if (dns->protocols.ipv4)
        second =
            resolver_ask(dns, arena, host, ns_t_a, &ipv4, first == DNS_UNAVAILABLE ? NULL : err);
    if (first != DNS_FOUND && second != DNS_FOUND)
        return first == DNS_UNAVAILABLE || second == DNS_UNAVAILABLE ? DNS_UNAVAILABLE : DNS_ABSENT;
    list->items = arena_array(arena, struct address_socket, ipv6.count + ipv4.count);
    add_addresses(&ipv6, ns_t_aaaa, list);
    add_addresses(&ipv4, ns_t_a, list);
    return DNS_FOUND;
}

static enum dns_result find_in_file(const struct dns *dns, struct arena *arena, const char *host,
                                    struct address_list *list, struct error *err)
{
    struct address_socket address;
    size_t entries = 0;

    while (hosts_find_address(buf_span(&dns->hosts), host, entries, &address))
        entries++;
    list->items = arena_array(arena, struct address_socket, entries);
    for (size_t i = 0; i < entries; i++) {
        if (!hosts_find_address(buf_span(&dns->hosts), host, i, &address) ||
            !is_wanted(dns, &address))
            continue;
        set_port(&address, list->port);
        list->items[list->count++] = address;
    }
    if (list->count > 0)
        return DNS_FOUND;
    resolver_explain(err, ERROR_PERMANENT, host, ns_t_a, "Host not found");
    return DNS_ABSENT;
}

static enum dns_result find_addresses(struct dns *dns, const struct hosts_order *order,
                                      struct arena *arena, const char *host,
                                      struct address_list *list, struct error *err)
{
    enum dns_result result = DNS_ABSENT;
    struct address_socket address;

    if (socket_parse_numeric(span_text(host), list->port, &address) && is_wanted(dns, &address)) {
        list->items = arena_new(arena, struct address_socket);
        list->items[list->count++] = address;
        return DNS_FOUND;
    }
    host = without_last_dot(arena, host);
    for (size_t i = 0; i < order->count && result == DNS_ABSENT; i++)
        result = order->sources[i] == HOSTS_FILE ? find_in_file(dns, arena, host, list, err)
                                                 : ask_addresses(dns, arena, host, list, err);
    return result;
}

static enum dns_result hand_out(struct dns *dns, const struct hosts_order *order,
                                struct arena *arena, const char *host, unsigned port,
                                struct address_socket **addresses_r, size_t *count_r,
                                struct error *err)
{
    struct address_list list = {.port = port};
    enum dns_result result = find_addresses(dns, order, arena, host, &list, err);

    *addresses_r = list.items;
    *count_r = list.count;
    return result;
}

enum dns_result dns_find_addresses(struct dns *dns, struct arena *arena, const char *host,
                                   unsigned port, struct address_socket **addresses_r,
                                   size_t *count_r, struct error *err)
{
    return hand_out(dns, &dns->smtp, arena, host, port, addresses_r, count_r, err);
}

enum dns_result dns_find_addresses_native(struct dns *dns, struct arena *arena, const char *host,
                                          unsigned port, struct address_socket **addresses_r,
                                          size_t *count_r, struct error *err)
{
    return hand_out(dns, &dns->native, arena, host, port, addresses_r, count_r, err);
}

/* --- names -------------------------------------------------------------------------------------------- */

/* IPv4 for an IPv6 address that maps one; the way both are asked for. */
static struct address_socket unmap(const struct address_socket *address)
{
    struct address_socket plain = *address;

    if (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr)) {
        plain = (struct address_socket){.len = sizeof(plain.in)};
        plain.in.sin_family = AF_INET;
        memcpy(&plain.in.sin_addr, &address->in6.sin6_addr.s6_addr[12], sizeof(plain.in.sin_addr));
    }
    return plain;
}

/* RFC 1035 section 3.5, RFC 3596 section 2.5 */
static const char *reverse_name(struct arena *arena, const struct address_socket *address)
{
    char name[sizeof("f.") * 32 + sizeof("ip6.arpa")];
    size_t len = 0;

    if (address->any.sa_family == AF_INET) {
        const unsigned char *octets = (const unsigned char *)&address->in.sin_addr;

        return arena_printf(arena, "%u.%u.%u.%u.in-addr.arpa", octets[3], octets[2], octets[1],
                            octets[0]);
    }
    for (int i = 15; i >= 0; i--) {
        unsigned octet = address->in6.sin6_addr.s6_addr[i];

        len += (size_t)snprintf(name + len, sizeof(name) - len, "%x.%x.", octet & 0xf, octet >> 4);
    }
    return arena_printf(arena, "%sip6.arpa", name);
}

static enum dns_result ask_name(struct dns *dns, struct arena *arena,
                                const struct address_socket *address, const char **name_r,
                                struct error *err)
{
    struct answer answer = {.count = 0};
    enum dns_result result =
        resolver_ask(dns, arena, reverse_name(arena, address), ns_t_ptr, &answer, err);

    if (result == DNS_FOUND)
        *name_r = answer.records[0].host;
    return result;
}

static enum dns_result find_name_in_file(const struct dns *dns, struct arena *arena,
                                         const struct address_socket *address, const char **name_r,
                                         struct error *err)
{
    char text[SOCKET_TEXT_MAX];
    struct span name;

    if (hosts_find_name(buf_span(&dns->hosts), address, &name)) {
        *name_r = arena_text(arena, name);
        if (answer_is_hostname(*name_r))
            return DNS_FOUND;
    }
    resolver_explain(err, ERROR_PERMANENT, socket_address_text(address, text), ns_t_ptr,
                     "Host not found");
    return DNS_ABSENT;
}

enum dns_result dns_find_name(struct dns *dns, struct arena *arena,
                              const struct address_socket *address, const char **name_r,
                              struct error *err)
{
    struct address_socket plain = unmap(address);
    enum dns_result result = DNS_ABSENT;

    *name_r = NULL;
    for (size_t i = 0; i < dns->native.count && result == DNS_ABSENT; i++)
        result = dns->native.sources[i] == HOSTS_FILE
                     ? find_name_in_file(dns, arena, &plain, name_r, err)
                     : ask_name(dns, arena, &plain, name_r, err);
    return result;
}
