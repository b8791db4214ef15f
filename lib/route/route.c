/* Opening what rewriting and resolving need, and the classes of domains (lib/route/route.h). */
#include "lib/route/route_state.h"

#include "lib/base/log.h"
#include "lib/config/interfaces.h"
#include "lib/config/name_flags.h"
#include "lib/message/address.h"

#define VALUE_MAX (8U * 1024 * 1024) /* octets of a table's answer: lists of addresses are long */

static bool list_has(const char *list, const char *word)
{
    return strlist_text_has(list, ", \t\r\n", word);
}

static unsigned read_classes(const char *parameter, const char *list)
{
    static const struct name_flag classes[] = {
        {"envelope_sender",    CLASS_ENVELOPE_SENDER   },
        {"envelope_recipient", CLASS_ENVELOPE_RECIPIENT},
        {"header_sender",      CLASS_HEADER_SENDER     },
        {"header_recipient",   CLASS_HEADER_RECIPIENT  },
        {NULL,                 0                       },
    };

    return name_flags(classes, list, parameter);
}

static void add_own(struct route *route, const struct cidr *address)
{
    route->own = mem_resize(route->own, route->own_count + 1, sizeof(struct cidr));
    route->own[route->own_count++] = *address;
}

static void add_proxy_interfaces(struct route *route, const char *list)
{
    struct strlist items = STRLIST_EMPTY;

    strlist_split(&items, list, ", \t\r\n");
    for (size_t i = 0; i < items.count; i++) {
        struct cidr address;
        struct error err;

        if (cidr_parse(span_text(items.items[i]), &address, &err))
            add_own(route, &address);
        else
            log_warning("parameter proxy_interfaces: %s", err.text);
    }
    strlist_release(&items);
}

static void find_own_addresses(struct route *route)
{
    const struct config *config = route->config;
    struct arena *arena = arena_create();
    struct own_address *addresses;
    size_t count;
    struct error err;

    if (interfaces_own(config->inet_interfaces, config->inet_protocols, arena, &addresses, &count,
                       &err)) {
        for (size_t i = 0; i < count; i++) {
            struct address_socket socket = {.any = {.sa_family = (sa_family_t)addresses[i].family}};
            struct cidr address;

            if (addresses[i].family == AF_INET6)
                socket.in6.sin6_addr = addresses[i].in6;
            else
                socket.in.sin_addr = addresses[i].in;
            if (cidr_from_socket(&socket, &address))
                add_own(route, &address);
        }
    } else {
        log_warning("%s", err.text);
    }
    arena_free(&arena);
    add_proxy_interfaces(route, config->proxy_interfaces);
}

static void open_domains(struct route *route, bool through_proxy)
{
    const struct config *config = route->config;

    route->mydestination = match_list_create(config, "mydestination", config->mydestination,
                                             MATCH_STRING, through_proxy);
    route->virtual_alias_domains =
        match_list_create(config, "virtual_alias_domains", config->virtual_alias_domains,
                          MATCH_STRING, through_proxy);
    route->virtual_mailbox_domains =
        match_list_create(config, "virtual_mailbox_domains", config->virtual_mailbox_domains,
                          MATCH_STRING, through_proxy);
    route->relay_domains = match_list_create(config, "relay_domains", config->relay_domains,
                                             MATCH_DOMAIN, through_proxy);
    route->checked_domains = hash_create();
    find_own_addresses(route);
}

/* Every table of a route, with the parameter that names it, and how it is opened: what decides about
 * transports and next hops must not do so with what a stranger wrote. */
#define TABLES(T)                                                                                  \
    T(transport, transport_maps, maps_open_plain)                                                  \
    T(relocated, relocated_maps, maps_open)                                                        \
    T(sender_transport, sender_dependent_default_transport_maps, maps_open_plain)                  \
    T(sender_relayhost, sender_dependent_relayhost_maps, maps_open_plain)                          \
    T(canonical, canonical_maps, maps_open)                                                        \
    T(sender_canonical, sender_canonical_maps, maps_open)                                          \
    T(recipient_canonical, recipient_canonical_maps, maps_open)                                    \
    T(virtual_alias, virtual_alias_maps, maps_open)                                                \
    T(local_recipient, local_recipient_maps, maps_open)                                            \
    T(virtual_mailbox, virtual_mailbox_maps, maps_open)                                            \
    T(relay_recipient, relay_recipient_maps, maps_open)

static void read_masquerading(struct route *route)
{
    const struct config *config = route->config;
    struct error err;

    route->masquerade_classes = read_classes("masquerade_classes", config->masquerade_classes);
    if (!strlist_split_config(&route->masquerade_domains, config->masquerade_domains, &err))
        log_warning("masquerade_domains: %s", err.text);
    if (!strlist_split_config(&route->masquerade_exceptions, config->masquerade_exceptions, &err))
        log_warning("masquerade_exceptions: %s", err.text);
}

struct route *route_create(const struct config *config, bool through_proxy)
{
    struct route *route = mem_new(struct route);

    route->config = config;
    route->value = BUF(VALUE_MAX);
    open_domains(route, through_proxy);
#define T(member, parameter, open) route->member = open(config, config->parameter, through_proxy);
    TABLES(T)
#undef T
    route->transport_matches_subdomains =
        list_has(config->parent_domain_matches_subdomains, "transport_maps");
    route->canonical_classes = read_classes("canonical_classes", config->canonical_classes);
    route->sender_canonical_classes =
        read_classes("sender_canonical_classes", config->sender_canonical_classes);
    route->recipient_canonical_classes =
        read_classes("recipient_canonical_classes", config->recipient_canonical_classes);
    read_masquerading(route);
    route->propagate_canonical = list_has(config->propagate_unmatched_extensions, "canonical");
    route->propagate_virtual = list_has(config->propagate_unmatched_extensions, "virtual");
    route->propagate_generic = list_has(config->propagate_unmatched_extensions, "generic");
    return route;
}

void route_free(struct route **route)
{
    if (*route == NULL)
        return;
    match_list_free(&(*route)->mydestination);
    match_list_free(&(*route)->virtual_alias_domains);
    match_list_free(&(*route)->virtual_mailbox_domains);
    match_list_free(&(*route)->relay_domains);
    hash_free(&(*route)->checked_domains, NULL);
    mem_free((*route)->own);
#define T(member, parameter, open) maps_free(&(*route)->member);
    TABLES(T)
#undef T
    strlist_release(&(*route)->masquerade_domains);
    strlist_release(&(*route)->masquerade_exceptions);
    buf_release(&(*route)->value);
    mem_free(*route);
    *route = NULL;
}

void route_watch(struct route *route, map_watch *watch, void *context)
{
    match_list_watch(route->mydestination, watch, context);
    match_list_watch(route->virtual_alias_domains, watch, context);
    match_list_watch(route->virtual_mailbox_domains, watch, context);
    match_list_watch(route->relay_domains, watch, context);
#define T(member, parameter, open) maps_watch(route->member, #parameter, watch, context);
    TABLES(T)
#undef T
}

bool route_changed(const struct route *route)
{
    bool changed = match_list_changed(route->mydestination) ||
                   match_list_changed(route->virtual_alias_domains) ||
                   match_list_changed(route->virtual_mailbox_domains) ||
                   match_list_changed(route->relay_domains);

#define T(member, parameter, open) changed = changed || maps_changed(route->member);
    TABLES(T)
#undef T
    return changed;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" of one of our interfaces. */
static bool is_own_literal(const struct route *route, struct span domain)
{
    struct cidr address;

    if (domain.len < 2 || domain.data[0] != '[' || domain.data[domain.len - 1] != ']')
        return false;
    domain = span_of(domain.data + 1, domain.len - 2);
    if (span_starts_with_nocase(domain, "IPv6:"))
        domain = span_skip(domain, strlen("IPv6:"));
    if (!cidr_parse_address(domain, &address))
        return false;
    for (size_t i = 0; i < route->own_count; i++) {
        if (cidr_contains(&route->own[i], &address))
            return true;
    }
    return false;
}

enum map_result route_is_local(struct route *route, struct span domain, struct error *err)
{
    enum map_result result;

    if (domain.len > 0 && domain.data[domain.len - 1] == '.')
        domain = span_first(domain, domain.len - 1);
    if (domain.len == 0 || domain.data[domain.len - 1] == '.')
        return MAP_ABSENT;
    result = match_list_name(route->mydestination, domain, err);
    if (result == MAP_ABSENT && is_own_literal(route, domain))
        return MAP_FOUND;
    return result;
}

enum map_result route_class(struct route *route, struct span domain, enum address_class *class_r,
                            struct error *err)
{
    enum map_result result = route_is_local(route, domain, err);

    *class_r = CLASS_LOCAL;
    if (result != MAP_ABSENT)
        return result;
    *class_r = CLASS_VIRTUAL_ALIAS;
    result = match_list_name(route->virtual_alias_domains, domain, err);
    if (result != MAP_ABSENT)
        return result;
    *class_r = CLASS_VIRTUAL_MAILBOX;
    result = match_list_name(route->virtual_mailbox_domains, domain, err);
    if (result != MAP_ABSENT)
        return result;
    *class_r = CLASS_RELAY;
    result = match_list_name(route->relay_domains, domain, err);
    if (result != MAP_ABSENT)
        return result;
    *class_r = CLASS_DEFAULT;
    return MAP_FOUND;
}

enum map_result route_find_address(struct route *route, struct maps *maps, const char *address,
                                   struct span *extension_r, struct error *err)
{
    enum map_result local = MAP_ABSENT;
    struct span domain = address_domain(address);

    if (extension_r != NULL)
        *extension_r = SPAN_EMPTY;
    if (maps_is_empty(maps))
        return MAP_ABSENT;
    if (span_equal_text_nocase(domain, route->config->myorigin))
        local = MAP_FOUND;
    else
        local = route_is_local(route, domain, err);
    if (local == MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    return maps_find_address(maps, span_text(address), ADDRESS_KEY_ALL, local == MAP_FOUND,
                             extension_rule_of(route->config), &route->value, extension_r, err);
}
