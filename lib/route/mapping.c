/*
 * Tables that turn addresses into addresses: canonical (one for one, repeatedly), generic (one for one)
 * and virtual aliases (many for one, recursively). Sources: canonical(5), generic(5), virtual(5),
 * ADDRESS_REWRITING_README.
 */
#include "lib/route/route_state.h"

#include "lib/base/log.h"
#include "lib/message/address.h"

#define CANONICAL_TURNS_MAX 10

/* "user@domain" with an extension behind the user. */
static const char *add_extension(struct arena *arena, const char *address, struct span extension)
{
    struct span localpart = address_localpart(address);

    if (extension.len == 0)
        return address;
    return arena_printf(arena, "%.*s%.*s%s", SPAN_PRINTF(localpart), SPAN_PRINTF(extension),
                        address + localpart.len);
}

/* "@otherdomain" keeps the user, without an extension that the tables did not ask for. */
static struct span put_user(struct arena *arena, struct span value, const char *address,
                            struct span extension)
{
    struct span localpart = address_localpart(address);

    if (value.data[0] != '@')
        return value;
    localpart = span_first(localpart, localpart.len - extension.len);
    return span_text(arena_printf(
        arena, "%s%.*s", address_quote(arena, arena_text(arena, localpart)), SPAN_PRINTF(value)));
}

static const char *internal_form(struct arena *arena, const struct header_address *address)
{
    if (address->domain.len == 0)
        return arena_text(arena, address->localpart);
    return arena_printf(arena, "%.*s@%.*s", SPAN_PRINTF(address->localpart),
                        SPAN_PRINTF(address->domain));
}

/*
 * What the tables make of an address: the addresses of the value, rewritten. "@domain" stands for the
 * same localpart there; with `propagate`, an extension that the tables did not ask for is added to each
 * result.
 */
static enum map_result map_address(struct route *route, struct arena *arena, struct maps *maps,
                                   const char *address, bool propagate, const char ***results_r,
                                   size_t *count_r, struct error *err)
{
    struct span extension;
    enum map_result result = route_find_address(route, maps, address, &extension, err);
    struct header_address *parsed;
    struct span value;
    size_t count;

    *count_r = 0;
    if (result != MAP_FOUND)
        return result;
    value = put_user(arena, span_of(arena_text(arena, buf_span(&route->value)), route->value.len),
                     address, extension);
    parsed = address_parse_recipients(arena, value, SIZE_MAX, &count);
    *results_r = arena_array(arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        const char *one;

        if (parsed[i].kind != ADDRESS_PLAIN)
            continue;
        one = route_rewrite(route, arena, internal_form(arena, &parsed[i]), false);
        if (*one != '\0')
            (*results_r)[(*count_r)++] = propagate ? add_extension(arena, one, extension) : one;
    }
    if (*count_r > 0)
        return MAP_FOUND;
    error_set(err, ERROR_TEMPORARY, "the look-up of %s gave no address: %.*s", address,
              SPAN_PRINTF(value));
    log_warning("%s", err->text);
    return MAP_UNAVAILABLE;
}

static enum map_result give_up(struct error *err, const char *what, const char *parameter,
                               const char *address)
{
    error_set(err, ERROR_TEMPORARY,
              "unreasonable %s %s for %s -- message not accepted, try again later", parameter, what,
              address);
    err->number = ELOOP;
    return MAP_UNAVAILABLE;
}

/* Until the tables have no more to say, or say the same. */
static enum map_result canonicalize(struct route *route, struct arena *arena, struct maps *maps,
                                    const char *parameter, const char **address, struct error *err)
{
    for (int turn = 0; turn < CANONICAL_TURNS_MAX; turn++) {
        const char **results;
        size_t count;
        const char *before = *address;
        enum map_result result = map_address(route, arena, maps, before, route->propagate_canonical,
                                             &results, &count, err);

        if (result != MAP_FOUND)
            return result;
        if (count > 1)
            log_warning("multi-valued %s entry for %s", parameter, before);
        *address = results[0];
        if (strcasecmp(before, *address) == 0)
            return MAP_FOUND;
    }
    (void)give_up(err, "map nesting", parameter, *address);
    log_warning("%s", err->text);
    return MAP_UNAVAILABLE;
}

enum map_result route_canonical(struct route *route, struct arena *arena, const char *address,
                                bool is_sender, bool in_header, const char **canonical_r,
                                struct error *err)
{
    const unsigned class = route_class_bit(is_sender, in_header);
    struct maps *own = is_sender ? route->sender_canonical : route->recipient_canonical;
    unsigned own_classes =
        is_sender ? route->sender_canonical_classes : route->recipient_canonical_classes;

    *canonical_r = address;
    if (*address == '\0')
        return MAP_FOUND;
    if ((own_classes & class) != 0 &&
        canonicalize(route, arena, own,
                     is_sender ? "sender_canonical_maps" : "recipient_canonical_maps", canonical_r,
                     err) == MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    if ((route->canonical_classes & class) != 0 &&
        canonicalize(route, arena, route->canonical, "canonical_maps", canonical_r, err) ==
            MAP_UNAVAILABLE)
        return MAP_UNAVAILABLE;
    return MAP_FOUND;
}

/* A line end from a table would end the command or header line that the address goes into. */
static bool has_control(const char *address)
{
    while (*address != '\0' && (unsigned char)*address >= ' ' && *address != 0x7f)
        address++;
    return *address != '\0';
}

enum map_result route_generic(struct route *route, struct arena *arena, struct maps *maps,
                              const char *parameter, const char *address, const char **generic_r,
                              struct error *err)
{
    const char **results;
    size_t count;
    enum map_result result;

    *generic_r = address;
    if (*address == '\0')
        return MAP_FOUND;
    result =
        map_address(route, arena, maps, address, route->propagate_generic, &results, &count, err);
    if (result != MAP_FOUND)
        return result;
    if (count > 1)
        log_warning("multi-valued %s entry for %s", parameter, address);
    if (has_control(results[0])) {
        error_set(err, ERROR_TEMPORARY, "%s entry for %s has a control character", parameter,
                  address);
        log_warning("%s", err->text);
        return MAP_UNAVAILABLE;
    }
    *generic_r = results[0];
    return MAP_FOUND;
}

/* The recipients that an expansion has come to so far. */
struct expansion {
    const char *asked; /* the recipient that is expanded */
    struct route *route;
    struct arena *arena;
    const char **recipients; /* arena's */
    size_t count, capacity;
    struct hash *final; /* addresses that expanded into themselves, in lower case */
};

static void add_recipient(struct expansion *expansion, const char *recipient)
{
    if (expansion->count == expansion->capacity) {
        size_t capacity = expansion->capacity * 2 + 4;
        const char **larger = arena_array(expansion->arena, const char *, capacity);

        if (expansion->count > 0)
            memcpy(larger, expansion->recipients, expansion->count * sizeof(larger[0]));
        expansion->recipients = larger;
        expansion->capacity = capacity;
    }
    expansion->recipients[expansion->count++] = recipient;
}

static struct span lower_case(struct arena *arena, const char *address)
{
    char *lower = arena_copy(arena, address);

    for (char *c = lower; *c != '\0'; c++)
        *c = to_lower(*c);
    return span_text(lower);
}

/* Put what a look-up gave in the place of recipient `at`; the rest goes to the end. */
static enum map_result substitute(struct expansion *expansion, size_t at, const char **results,
                                  size_t count, struct error *err)
{
    size_t limit = (size_t)expansion->route->config->virtual_alias_address_length_limit;
    const char *before = expansion->recipients[at];

    for (size_t i = 0; i < count; i++) {
        if (strlen(results[i]) > limit)
            return give_up(err, "result length", "virtual_alias_maps", before);
        if (i == 0)
            expansion->recipients[at] = results[i];
        else
            add_recipient(expansion, results[i]);
        if (strcasecmp(before, results[i]) == 0)
            (void)hash_put(expansion->final, lower_case(expansion->arena, before), expansion);
    }
    return MAP_FOUND;
}

/* Look recipient `at` up, and what comes of it, until the tables do not have it. */
static enum map_result expand(struct expansion *expansion, size_t at, struct error *err)
{
    struct route *route = expansion->route;
    int depth = 0;

    while (hash_get(expansion->final, lower_case(expansion->arena, expansion->recipients[at])) ==
           NULL) {
        const char **results;
        size_t count;
        enum map_result result;

        if (depth++ >= route->config->virtual_alias_recursion_limit)
            return give_up(err, "map nesting", "virtual_alias_maps", expansion->asked);
        result =
            map_address(route, expansion->arena, route->virtual_alias, expansion->recipients[at],
                        route->propagate_virtual, &results, &count, err);
        if (result == MAP_FOUND)
            result = substitute(expansion, at, results, count, err);
        if (result != MAP_FOUND)
            return result;
    }
    return MAP_FOUND;
}

enum map_result route_expand_aliases(struct route *route, struct arena *arena,
                                     const char *recipient, const char ***recipients_r,
                                     size_t *count_r, struct error *err)
{
    struct expansion expansion = {.route = route, .arena = arena, .asked = recipient};
    size_t limit = (size_t)route->config->virtual_alias_expansion_limit;
    enum map_result result = MAP_FOUND;

    add_recipient(&expansion, recipient);
    if (!maps_is_empty(route->virtual_alias) && *recipient != '\0') {
        expansion.final = hash_create();
        for (size_t i = 0; i < expansion.count && result != MAP_UNAVAILABLE; i++) {
            result = expansion.count > limit
                         ? give_up(err, "map expansion size", "virtual_alias_maps", recipient)
                         : expand(&expansion, i, err);
        }
        hash_free(&expansion.final, NULL);
    }
    *recipients_r = expansion.recipients;
    *count_r = expansion.count;
    return result == MAP_UNAVAILABLE ? MAP_UNAVAILABLE : MAP_FOUND;
}
