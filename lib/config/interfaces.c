/* The addresses of this host, and the networks that mynetworks_style makes of them. */
#include "lib/config/interfaces.h"

#include "lib/base/strlist.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>

/* The addresses of the host, with a mark at those that inet_interfaces names. */
struct own_list {
    struct own_address *items;
    bool *named;
    size_t count;
    size_t capacity;
};

bool protocols_parse(const char *text, struct protocols *protocols_r, struct error *err)
{
    struct strlist names = STRLIST_EMPTY;
    bool known = true;

    strlist_split(&names, text, ", \t\r\n");
    *protocols_r = (struct protocols){
        .ipv4 = strlist_has_nocase(&names, "all") || strlist_has_nocase(&names, "ipv4"),
        .ipv6 = strlist_has_nocase(&names, "all") || strlist_has_nocase(&names, "ipv6"),
    };
    for (size_t i = 0; i < names.count; i++)
        known = known && (strcasecmp(names.items[i], "all") == 0 ||
                          strcasecmp(names.items[i], "ipv4") == 0 ||
                          strcasecmp(names.items[i], "ipv6") == 0);
    if (!known || names.count == 0) {
        error_set(err, ERROR_PERMANENT, "bad inet_protocols value \"%s\"", text);
        known = false;
    }
    strlist_release(&names);
    return known;
}

static bool is_same(const struct own_address *a, const struct own_address *b)
{
    if (a->family != b->family)
        return false;
    return a->family == AF_INET ? a->in.s_addr == b->in.s_addr
                                : memcmp(&a->in6, &b->in6, sizeof(a->in6)) == 0;
}

static void add(struct own_list *list, const struct own_address *address)
{
    for (size_t i = 0; i < list->count; i++) {
        if (is_same(&list->items[i], address))
            return;
    }
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        list->items = mem_resize(list->items, list->capacity, sizeof(*list->items));
        list->named = mem_resize(list->named, list->capacity, sizeof(*list->named));
    }
    list->items[list->count] = *address;
    list->named[list->count++] = false;
}

static unsigned count_bits(const unsigned char *mask, size_t size)
{
    unsigned bits = 0;

    for (size_t i = 0; i < size; i++)
        bits += (unsigned)__builtin_popcount(mask[i]);
    return bits;
}

/* An address without its netmask; false for other families. */
static bool read_address(const struct sockaddr *socket_address, struct own_address *address_r)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    if (socket_address == NULL)
        return false;
    *address_r = (struct own_address){.family = socket_address->sa_family};
    if (socket_address->sa_family == AF_INET) {
        memcpy(&in, socket_address, sizeof(in));
        address_r->in = in.sin_addr;
        address_r->prefix = 32;
        return true;
    }
    if (socket_address->sa_family == AF_INET6) {
        memcpy(&in6, socket_address, sizeof(in6));
        address_r->in6 = in6.sin6_addr;
        address_r->prefix = 128;
        return true;
    }
    return false;
}

static void read_mask(const struct sockaddr *socket_mask, struct own_address *address)
{
    struct own_address mask;

    if (!read_address(socket_mask, &mask) || mask.family != address->family)
        return;
    if (mask.family == AF_INET)
        address->prefix = count_bits((const unsigned char *)&mask.in, sizeof(mask.in));
    else
        address->prefix = count_bits(mask.in6.s6_addr, sizeof(mask.in6.s6_addr));
}

static bool is_loopback(const struct own_address *address)
{
    return address->family == AF_INET ? ntohl(address->in.s_addr) >> 24 == IN_LOOPBACKNET
                                      : IN6_IS_ADDR_LOOPBACK(&address->in6);
}

/* All addresses of interfaces that are up, of one family. */
static bool read_interfaces(int family, struct own_list *list, struct error *err)
{
    struct ifaddrs *interfaces;
    struct own_address address;

    if (getifaddrs(&interfaces) != 0) {
        error_errno(err, "look for network interfaces");
        return false;
    }
    for (const struct ifaddrs *at = interfaces; at != NULL; at = at->ifa_next) {
        if ((at->ifa_flags & IFF_UP) == 0 || !read_address(at->ifa_addr, &address) ||
            address.family != family)
            continue;
        read_mask(at->ifa_netmask, &address);
        add(list, &address);
    }
    freeifaddrs(interfaces);
    return true;
}

/* The address, or each address of the name, must be one of ours. */
static bool name_found(struct own_list *own, const struct addrinfo *found, const char *host,
                       struct error *err)
{
    for (; found != NULL; found = found->ai_next) {
        struct own_address address;
        bool ours = false;

        if (!read_address(found->ai_addr, &address))
            continue;
        for (size_t i = 0; i < own->count && !ours; i++) {
            ours = is_same(&own->items[i], &address);
            own->named[i] = own->named[i] || ours;
        }
        if (!ours) {
            error_set(err, ERROR_PERMANENT,
                      "parameter inet_interfaces: no local interface found for %s", host);
            return false;
        }
    }
    return true;
}

static bool name_host(struct own_list *own, const struct protocols *protocols, struct span item,
                      struct error *err)
{
    struct addrinfo hints = {
        .ai_family = !protocols->ipv6   ? AF_INET
                     : !protocols->ipv4 ? AF_INET6
                                        : AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *found = NULL;
    char *host;
    int failure;
    bool done = false;

    if (item.len > 1 && *item.data == '[' && item.data[item.len - 1] == ']')
        item = span_of(item.data + 1, item.len - 2);
    host = mem_span(item);
    failure = getaddrinfo(host, NULL, &hints, &found);
    if (failure == 0) {
        done = name_found(own, found, host, err);
        freeaddrinfo(found);
    } else {
        error_set(err, ERROR_TEMPORARY, "parameter inet_interfaces: host not found: %s (%s)", host,
                  gai_strerror(failure));
    }
    mem_free(host);
    return done;
}

static bool name_item(struct own_list *own, const struct protocols *protocols, const char *item,
                      struct error *err)
{
    bool all = strcasecmp(item, "all") == 0;

    if (!all && strcasecmp(item, "loopback-only") != 0)
        return name_host(own, protocols, span_text(item), err);
    for (size_t i = 0; i < own->count; i++)
        own->named[i] = own->named[i] || all || is_loopback(&own->items[i]);
    return true;
}

static bool name_items(struct own_list *own, const struct protocols *protocols,
                       const char *interfaces, struct error *err)
{
    struct strlist items = STRLIST_EMPTY;
    bool done = true;

    strlist_split(&items, interfaces, ", \t\r\n");
    for (size_t i = 0; i < items.count && done; i++)
        done = name_item(own, protocols, items.items[i], err);
    strlist_release(&items);
    return done;
}

static void copy_named(const struct own_list *own, struct arena *arena,
                       struct own_address **addresses_r, size_t *count_r)
{
    *addresses_r = arena_array(arena, struct own_address, own->count);
    *count_r = 0;
    for (size_t i = 0; i < own->count; i++) {
        if (own->named[i])
            (*addresses_r)[(*count_r)++] = own->items[i];
    }
}

bool interfaces_own(const char *interfaces, const char *protocols, struct arena *arena,
                    struct own_address **addresses_r, size_t *count_r, struct error *err)
{
    struct protocols admitted;
    struct own_list own = {0};
    bool done = protocols_parse(protocols, &admitted, err) &&
                (!admitted.ipv4 || read_interfaces(AF_INET, &own, err)) &&
                (!admitted.ipv6 || read_interfaces(AF_INET6, &own, err)) &&
                name_items(&own, &admitted, interfaces, err);

    if (done)
        copy_named(&own, arena, addresses_r, count_r);
    mem_free(own.items);
    mem_free(own.named);
    return done;
}

/* The network class of old, RFC 791. */
static unsigned class_prefix(struct in_addr address)
{
    unsigned char first = (unsigned char)(ntohl(address.s_addr) >> 24);

    return first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : 32;
}

/* "192.0.2.0/24" or "[2001:db8::]/64": the address without the bits behind the prefix */
static void format_network(const struct own_address *address, unsigned prefix, char *text,
                           size_t size)
{
    unsigned char octets[sizeof(struct in6_addr)];
    size_t len = address->family == AF_INET ? sizeof(address->in) : sizeof(address->in6);
    char host[INET6_ADDRSTRLEN];

    memcpy(octets, &address->in6, sizeof(octets));
    for (size_t i = 0; i < len; i++) {
        unsigned kept = prefix > 8 * i ? prefix - 8 * (unsigned)i : 0;

        if (kept < 8)
            octets[i] &= (unsigned char)(0xff00U >> kept);
    }
    (void)inet_ntop(address->family, octets, host, sizeof(host));
    (void)snprintf(text, size, address->family == AF_INET ? "%s/%u" : "[%s]/%u", host, prefix);
}

bool interfaces_include(const struct own_address *addresses, size_t count,
                        const struct sockaddr *address)
{
    struct own_address wanted;

    if (!read_address(address, &wanted))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (is_same(&addresses[i], &wanted))
            return true;
    }
    return false;
}

bool networks_of(const struct own_address *addresses, size_t count, const char *style,
                 struct buf *networks, struct error *err)
{
    bool by_host = strcasecmp(style, "host") == 0;
    bool by_class = strcasecmp(style, "class") == 0;
    struct strlist seen = STRLIST_EMPTY;

    if (!by_host && !by_class && strcasecmp(style, "subnet") != 0) {
        error_set(err, ERROR_PERMANENT, "unknown mynetworks_style value \"%s\"", style);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        char text[INET6_ADDRSTRLEN + sizeof("[]/128")];
        unsigned prefix = addresses[i].prefix;

        if (by_host)
            prefix = addresses[i].family == AF_INET ? 32 : 128;
        else if (by_class && addresses[i].family == AF_INET)
            prefix = class_prefix(addresses[i].in);
        format_network(&addresses[i], prefix, text, sizeof(text));
        if (!strlist_has(&seen, text)) {
            buf_put_printf(networks, "%s%s", networks->len == 0 ? "" : " ", text);
            strlist_add(&seen, text);
        }
    }
    strlist_release(&seen);
    return true;
}
