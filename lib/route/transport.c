/*
 * transport_maps: the keys of an address in order, all in one question, and what the value changes.
 * Source: transport(5).
 */
#include "lib/route/transport.h"

#include "lib/message/address.h"
#include "lib/route/route_state.h"

struct keys {
    struct span *keys;
    bool *partial;
    size_t count;
};

/* Patterns see what is not partial. */
static void add(struct keys *keys, struct span key, bool partial)
{
    keys->keys[keys->count] = key;
    keys->partial[keys->count++] = partial;
}

/* The domain, and its parents: ".parent", or bare where bare names match subdomains. */
static void add_domains(struct keys *keys, struct span domain, bool bare_parents)
{
    while (domain.len > 0) {
        size_t dot = 1 + span_find(span_skip(domain, 1), '.');

        add(keys, domain, true);
        domain = dot >= domain.len ? SPAN_EMPTY : span_skip(domain, bare_parents ? dot + 1 : dot);
    }
}

/* In external form, and as it is in memory where that is another. */
static void add_address(struct keys *keys, struct arena *arena, const char *address, bool partial)
{
    const char *external = address_quote(arena, address);

    add(keys, span_text(external), partial);
    if (strcmp(external, address) != 0)
        add(keys, span_text(address), partial);
}

/* user+ext@domain, user@domain, domain, .parent..., * (for patterns too) */
static struct keys list_keys(const struct route *route, struct arena *arena, const char *address)
{
    struct span domain = address_domain(address);
    size_t most = domain.len + 6;
    struct keys keys = {
        .keys = arena_array(arena, struct span, most),
        .partial = arena_array(arena, bool, most),
    };
    struct span user;
    struct span extension;

    add_address(&keys, arena, address, false);
    if (address_split_extension(extension_rule_of(route->config), address_localpart(address), &user,
                                &extension))
        add_address(&keys, arena,
                    arena_printf(arena, "%.*s@%.*s", SPAN_PRINTF(user), SPAN_PRINTF(domain)), true);
    add_domains(&keys, domain, route->transport_matches_subdomains);
    add(&keys, SPAN_LITERAL("*"), false);
    return keys;
}

/* What stands where the table names a transport and no next hop. */
static const char *default_nexthop(struct arena *arena, const struct route_target *target)
{
    if (strcmp(target->transport, "error") == 0 || strcmp(target->transport, "retry") == 0)
        return "Address is undeliverable";
    return arena_text(arena, address_domain(target->recipient));
}

/* "transport:nexthop", either of which may be missing; ":" alone changes nothing. */
static void apply_value(struct arena *arena, struct span value, struct route_target *target)
{
    struct span transport = span_take_until(&value, ':');

    if (transport.len > 0) {
        target->transport = arena_text(arena, transport);
        target->nexthop = default_nexthop(arena, target);
    }
    if (value.len > 0)
        target->nexthop = arena_text(arena, value);
}

enum map_result transport_apply(struct route *route, struct arena *arena,
                                struct route_target *target, struct error *err)
{
    struct keys keys;
    enum map_result result;

    if (maps_is_empty(route->transport))
        return MAP_ABSENT;
    keys = list_keys(route, arena, target->recipient);
    result = maps_find_keys(route->transport, keys.keys, keys.partial, keys.count, MAP_FOLD_KEY,
                            &route->value, NULL, err);
    if (result == MAP_FOUND)
        apply_value(arena, buf_span(&route->value), target);
    return result;
}
