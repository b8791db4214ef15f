/* Masquerading: hosts behind a domain do not show. Source: ADDRESS_REWRITING_README. */
#include "lib/route/route_state.h"

#include "lib/message/address.h"

static bool is_below(struct span domain, const char *parent)
{
    size_t len = strlen(parent);

    return domain.len > len && domain.data[domain.len - len - 1] == '.' &&
           span_ends_with_nocase(domain, parent);
}

/* The first item that says something of this domain decides; "!name" keeps what is below it. */
static struct span shorten(const struct strlist *domains, struct span domain)
{
    for (size_t i = 0; i < domains->count; i++) {
        const char *item = domains->items[i];
        bool keeps = item[0] == '!';
        const char *parent = keeps ? item + 1 : item;

        if (span_equal_text_nocase(domain, parent))
            return domain;
        if (is_below(domain, parent))
            return keeps ? domain : span_skip(domain, domain.len - strlen(parent));
    }
    return domain;
}

const char *route_masquerade(const struct route *route, struct arena *arena, const char *address,
                             bool is_sender, bool in_header)
{
    struct span localpart = address_localpart(address);
    struct span domain = address_domain(address);
    struct span shorter;

    if (route->masquerade_domains.count == 0 ||
        (route->masquerade_classes & route_class_bit(is_sender, in_header)) == 0)
        return address;
    for (size_t i = 0; i < route->masquerade_exceptions.count; i++) {
        if (span_equal_text_nocase(localpart, route->masquerade_exceptions.items[i]))
            return address;
    }
    shorter = shorten(&route->masquerade_domains, domain);
    if (shorter.len == domain.len)
        return address;
    return arena_printf(arena, "%.*s@%.*s", SPAN_PRINTF(localpart), SPAN_PRINTF(shorter));
}
