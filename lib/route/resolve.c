/*
 * From an address to class, transport and next hop. First the domains that are our own are stripped
 * until a remote one or none is left, then the class of that domain gives transport and next hop,
 * then the tables may change both. Source: trivial-rewrite(8), ADDRESS_CLASS_README, transport(5).
 */
#include "lib/route/route_state.h"

#include "lib/base/log.h"
#include "lib/map/map_fold.h"
#include "lib/message/address.h"
#include "lib/route/rewrite.h"
#include "lib/route/transport.h"

#define DOMAINS_CHECKED_MAX 1000
#define OPERATORS_MAX       100 /* followed in one address; more are an attack */

/* One address on its way through here. */
struct resolving {
    struct route *route;
    struct arena *arena;
    const char *sender;
    struct route_target *target;
    struct span domain; /* of target->recipient */
    bool is_local;
};

static bool is_hostname_octet(unsigned char c, bool utf8)
{
    return is_alnum(c) || c == '-' || c == '_' || (utf8 && c >= 0x80);
}

/* Labels of 1 to 63 octets without hyphens at their ends; not an address without brackets. */
static bool is_hostname(struct span name, bool utf8)
{
    bool has_letter = false;
    size_t label = 0; /* octets of this label so far */

    if (name.len == 0 || name.len > 255)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        char next = i + 1 < name.len ? name.data[i + 1] : '.';

        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
            continue;
        }
        if (!is_hostname_octet((unsigned char)c, utf8) || ++label > 63)
            return false;
        if (c == '-' && (label == 1 || next == '.'))
            return false;
        has_letter = has_letter || !is_digit(c);
    }
    return has_letter && label > 0;
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" */
static bool is_literal(struct span domain)
{
    struct cidr address;
    bool says_ipv6;

    if (domain.len < 2 || domain.data[0] != '[' || domain.data[domain.len - 1] != ']')
        return false;
    domain = span_of(domain.data + 1, domain.len - 2);
    says_ipv6 = span_starts_with_nocase(domain, "IPv6:");
    if (says_ipv6)
        domain = span_skip(domain, strlen("IPv6:"));
    return (span_find(domain, ':') < domain.len) == says_ipv6 &&
           cidr_parse_address(domain, &address);
}

static bool has_operator(const struct config *config, const char *address)
{
    return strchr(address, '@') != NULL ||
           (config->swap_bangpath && strchr(address, '!') != NULL) ||
           (config->allow_percent_hack && strchr(address, '%') != NULL);
}

/* In a localpart that must be quoted, operators count only for resolve_dequoted_address. */
static bool obeys_operators(const struct resolving *resolving, const char *address)
{
    return resolving->route->config->resolve_dequoted_address ||
           address_quote(resolving->arena, address)[0] != '"';
}

/*
 * Take off domains of ours, follow operators, and leave a remote domain (ABSENT) or the last own one
 * (FOUND).
 */
static enum map_result strip_own_domains(struct resolving *resolving, const char *address,
                                         struct error *err)
{
    const struct config *config = resolving->route->config;
    struct arena *arena = resolving->arena;
    const char *own = NULL; /* the last domain taken off, with its @ */
    bool with_operators = obeys_operators(resolving, address);

    for (int turns = 0; turns < OPERATORS_MAX; turns++) {
        const char *at;
        enum map_result local;

        address = rewrite_drop_dot(arena, address);
        at = strrchr(address, '@');
        if (at != NULL && at[1] == '\0' && config->resolve_null_domain) {
            address = arena_text(arena, span_of(address, (size_t)(at - address)));
            at = strrchr(address, '@');
        }
        if (at != NULL) {
            local = route_is_local(resolving->route, span_text(at + 1), err);
            if (local == MAP_UNAVAILABLE)
                return MAP_UNAVAILABLE;
            if (at[1] != '\0' && local == MAP_ABSENT) {
                resolving->target->recipient = address;
                return MAP_ABSENT;
            }
            own = at;
            address = arena_text(arena, span_of(address, (size_t)(at - address)));
        }
        if (!with_operators || !has_operator(config, address))
            break;
        address =
            rewrite_complete(config, arena, address, true, config->myorigin, config->mydomain);
    }
    if (*address == '\0')
        address = config->empty_address_recipient;
    resolving->target->recipient = arena_printf(arena, "%s%s%s", address, own == NULL ? "@" : "",
                                                own == NULL ? config->myhostname : own);
    return MAP_FOUND;
}

static void undeliverable(struct resolving *resolving, const char *why)
{
    resolving->target->transport = "error";
    resolving->target->nexthop = why;
}

/* user@192.0.2.1 is user@[192.0.2.1] for those who want it. */
static enum map_result put_brackets(struct resolving *resolving, struct error *err)
{
    struct route_target *target = resolving->target;
    struct cidr address;
    struct span localpart = address_localpart(target->recipient);
    enum map_result local;

    if (!resolving->route->config->resolve_numeric_domain ||
        !cidr_parse_address(resolving->domain, &address))
        return MAP_ABSENT;
    target->recipient =
        arena_printf(resolving->arena, "%.*s@[%s%.*s]", SPAN_PRINTF(localpart),
                     span_find(resolving->domain, ':') < resolving->domain.len ? "IPv6:" : "",
                     SPAN_PRINTF(resolving->domain));
    resolving->domain = address_domain(target->recipient);
    local = route_is_local(resolving->route, resolving->domain, err);
    if (local == MAP_FOUND)
        resolving->is_local = true;
    return local;
}

static bool is_deliverable(const struct resolving *resolving)
{
    struct span domain = resolving->domain;

    if (resolving->route->config->smtputf8_enable &&
        !map_is_utf8(span_text(resolving->target->recipient)))
        return false;
    return domain.len > 0 && domain.data[0] == '['
               ? is_literal(domain)
               : is_hostname(domain, resolving->route->config->smtputf8_enable);
}

/* Any of the routing operators before the last @: some host on the way might follow it. */
static bool has_route(struct span localpart)
{
    return span_find(localpart, '@') < localpart.len || span_find(localpart, '!') < localpart.len ||
           span_find(localpart, '%') < localpart.len;
}

/* A list that must not have the domain as well: the outcome would depend on the order here. */
static void warn_if_listed(struct match_list *list, struct span domain, const char *first,
                           const char *second)
{
    struct error err;

    if (match_list_name(list, domain, &err) == MAP_FOUND)
        log_warning("do not list domain %.*s in BOTH %s and %s", SPAN_PRINTF(domain), first,
                    second);
}

/* Once for each domain, because it costs look-ups. */
static void warn_of_double_listing(const struct resolving *resolving)
{
    struct route *route = resolving->route;
    struct span domain = resolving->domain;

    if (!route->config->helpful_warnings || resolving->target->class == CLASS_DEFAULT ||
        resolving->target->class == CLASS_RELAY || hash_get(route->checked_domains, domain) != NULL)
        return;
    if (hash_count(route->checked_domains) >= DOMAINS_CHECKED_MAX) {
        hash_free(&route->checked_domains, NULL);
        route->checked_domains = hash_create();
    }
    (void)hash_put(route->checked_domains, domain, route);
    if (resolving->target->class == CLASS_LOCAL) {
        warn_if_listed(route->virtual_alias_domains, domain, "mydestination",
                       "virtual_alias_domains");
        warn_if_listed(route->virtual_mailbox_domains, domain, "mydestination",
                       "virtual_mailbox_domains");
    } else if (resolving->target->class == CLASS_VIRTUAL_ALIAS) {
        warn_if_listed(route->virtual_mailbox_domains, domain, "virtual_alias_domains",
                       "virtual_mailbox_domains");
        warn_if_listed(route->relay_domains, domain, "virtual_alias_domains", "relay_domains");
    } else {
        warn_if_listed(route->relay_domains, domain, "virtual_mailbox_domains", "relay_domains");
    }
}

/* What a table says to a sender; NULL for DUNNO. */
static enum map_result ask_for_sender(struct resolving *resolving, struct maps *maps,
                                      const char *null_key, const char **value_r, struct error *err)
{
    const char *key = *resolving->sender == '\0' ? null_key : resolving->sender;
    enum map_result result = route_find_address(resolving->route, maps, key, NULL, err);

    *value_r = NULL;
    if (result != MAP_FOUND)
        return result;
    if (strcasecmp(buf_text(&resolving->route->value), "DUNNO") != 0)
        *value_r = arena_text(resolving->arena, buf_span(&resolving->route->value));
    return MAP_FOUND;
}

/* Transport of mail to strangers' domains: by sender, else default_transport. */
static enum map_result choose_default_transport(struct resolving *resolving, const char **where_r,
                                                struct error *err)
{
    const struct config *config = resolving->route->config;
    const char *value;
    enum map_result result =
        ask_for_sender(resolving, resolving->route->sender_transport,
                       config->empty_address_default_transport_maps_lookup_key, &value, err);

    *where_r = value != NULL ? value : config->default_transport;
    return result;
}

/* Next hop of mail that leaves: by sender, else relayhost, else the recipient's domain. */
static enum map_result choose_relayhost(struct resolving *resolving, const char *domain,
                                        const char **nexthop_r, struct error *err)
{
    const struct config *config = resolving->route->config;
    const char *value;
    enum map_result result =
        ask_for_sender(resolving, resolving->route->sender_relayhost,
                       config->empty_address_relayhost_maps_lookup_key, &value, err);

    if (result == MAP_FOUND)
        *nexthop_r = value != NULL ? value : domain;
    else
        *nexthop_r = *config->relayhost != '\0' ? config->relayhost : domain;
    return result;
}

/* "transport:nexthop" of main.cf: the next hop there comes first. */
static enum map_result apply_parameter(struct resolving *resolving, const char *where,
                                       const char *parameter, const char *nexthop,
                                       struct error *err)
{
    struct span rest = span_text(where);
    struct span transport = span_take_until(&rest, ':');

    resolving->target->transport = arena_text(resolving->arena, transport);
    resolving->target->nexthop = rest.len > 0 ? arena_text(resolving->arena, rest) : nexthop;
    if (transport.len > 0)
        return MAP_FOUND;
    error_set(err, ERROR_TEMPORARY, "file %s/main.cf: parameter %s: null transport is not allowed",
              config_directory(resolving->route->config), parameter);
    log_warning("%s", err->text);
    return MAP_UNAVAILABLE;
}

static enum map_result apply_class(struct resolving *resolving, struct error *err)
{
    const struct config *config = resolving->route->config;
    const char *domain = arena_text(resolving->arena, resolving->domain);
    const char *where = config->relay_transport;
    const char *parameter = "relay_transport";
    const char *nexthop = domain;

    switch (resolving->target->class) {
    case CLASS_LOCAL:
        return apply_parameter(resolving, config->local_transport, "local_transport", domain, err);
    case CLASS_VIRTUAL_ALIAS:
        undeliverable(resolving, config->show_user_unknown_table_name
                                     ? "5.1.1 User unknown in virtual alias table"
                                     : "5.1.1 User unknown");
        return MAP_FOUND;
    case CLASS_VIRTUAL_MAILBOX:
        return apply_parameter(resolving, config->virtual_transport, "virtual_transport", domain,
                               err);
    case CLASS_DEFAULT:
        parameter = "default_transport";
        if (choose_default_transport(resolving, &where, err) == MAP_UNAVAILABLE)
            return MAP_UNAVAILABLE;
        break;
    case CLASS_RELAY:
        break;
    }
    if (choose_relayhost(resolving, domain, &nexthop, err) == MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    return apply_parameter(resolving, where, parameter, nexthop, err);
}

static enum map_result apply_relocated(struct resolving *resolving, struct error *err)
{
    struct route *route = resolving->route;
    enum map_result result =
        route_find_address(route, route->relocated, resolving->target->recipient, NULL, err);

    if (result == MAP_FOUND)
        undeliverable(resolving, arena_printf(resolving->arena, "5.1.6 User has moved to %s",
                                              buf_text(&route->value)));
    return result;
}

/* Domain known and valid: class, transport and next hop, then what tables say. */
static enum map_result choose_target(struct resolving *resolving, struct error *err)
{
    struct route_target *target = resolving->target;

    if (resolving->is_local)
        target->class = CLASS_LOCAL;
    else if (route_class(resolving->route, resolving->domain, &target->class, err) ==
             MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    target->local_domain = target->class == CLASS_LOCAL;
    warn_of_double_listing(resolving);
    if (apply_class(resolving, err) == MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    if (target->class != CLASS_VIRTUAL_ALIAS &&
        transport_apply(resolving->route, resolving->arena, target, err) == MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    if (apply_relocated(resolving, err) == MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    if (!resolving->route->config->allow_min_user && target->recipient[0] == '-')
        undeliverable(resolving, "5.1.3 bad address syntax");
    return MAP_FOUND;
}

enum map_result route_resolve(struct route *route, struct arena *arena, const char *sender,
                              const char *recipient, struct route_target *target_r,
                              struct error *err)
{
    struct resolving resolving = {
        .route = route,
        .arena = arena,
        .sender = sender,
        .target = target_r,
    };
    enum map_result stripped;

    *target_r = (struct route_target){.class = CLASS_DEFAULT, .transport = "", .nexthop = ""};
    stripped = strip_own_domains(&resolving, recipient, err);
    if (stripped == MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    resolving.is_local = stripped == MAP_FOUND;
    resolving.domain = address_domain(target_r->recipient);
    if (put_brackets(&resolving, err) == MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    if (!is_deliverable(&resolving)) {
        undeliverable(&resolving, "5.1.3 bad address syntax");
        return MAP_FOUND;
    }
    target_r->is_routed = has_route(address_localpart(target_r->recipient));
    return choose_target(&resolving, err);
}
