/* From a destination to the addresses of its servers: RFC 5321 section 5.1. */
#include "smtp/hosts.h"

#include <stdlib.h>

#define MX_HOSTS_MAX 30 /* further MX records are not looked at */

/* --- this host ------------------------------------------------------------------------------------ */

size_t hosts_before_self(const struct own_addresses *own, const struct candidate *candidates,
                         size_t count)
{
    size_t better = 0;

    for (size_t i = 0; i < count; i++) {
        if (!interfaces_include(own->addresses, own->count, &candidates[i].address.any))
            continue;
        while (better < i && candidates[better].preference < candidates[i].preference)
            better++;
        return better;
    }
    return count;
}

void hosts_add_own(struct own_addresses *own, struct span text)
{
    struct address_socket address;
    struct own_address *added = &own->addresses[own->count];

    if (!socket_parse_numeric(text, 0, &address))
        return;
    *added = (struct own_address){.family = address.any.sa_family};
    if (added->family == AF_INET)
        added->in = address.in.sin_addr;
    else
        added->in6 = address.in6.sin6_addr;
    own->count++;
}

/* --- the order ------------------------------------------------------------------------------------ */

static void swap(struct candidate *a, struct candidate *b)
{
    struct candidate kept = *a;

    *a = *b;
    *b = kept;
}

static void shuffle(struct candidate *candidates, size_t count)
{
    for (size_t i = count; i > 1; i--)
        swap(&candidates[i - 1], &candidates[arc4random_uniform((uint32_t)i)]);
}

/* Those of the family come first; apart from that the order stays. */
static void put_first(struct candidate *candidates, size_t count, int family)
{
    size_t first = 0;

    for (size_t i = 0; i < count; i++) {
        if (candidates[i].address.any.sa_family != family)
            continue;
        for (size_t j = i; j > first; j--)
            swap(&candidates[j], &candidates[j - 1]);
        first++;
    }
}

/* When the limit would leave only one family, the last place goes to the other one. */
static void balance(struct candidate *candidates, size_t count, size_t limit)
{
    size_t other = 1;

    while (other < count &&
           candidates[other].address.any.sa_family == candidates[0].address.any.sa_family)
        other++;
    if (limit < 2 || other < limit || other == count)
        return;
    for (size_t i = other; i >= limit; i--)
        swap(&candidates[i], &candidates[i - 1]);
}

void hosts_order(const struct settings *settings, struct candidate *candidates, size_t count)
{
    size_t start = 0;

    for (size_t end = 1; end <= count; end++) {
        if (end < count && candidates[end].preference == candidates[start].preference)
            continue;
        if (settings->randomize_addresses)
            shuffle(candidates + start, end - start);
        if (settings->address_preference != PREFER_ANY)
            put_first(candidates + start, end - start,
                      settings->address_preference == PREFER_IPV4 ? AF_INET : AF_INET6);
        start = end;
    }
    if (settings->balance_protocols && settings->address_limit > 0 &&
        settings->address_preference == PREFER_ANY)
        balance(candidates, count, (size_t)settings->address_limit);
}

/* --- the look-up ---------------------------------------------------------------------------------- */

/* A search in progress. */
struct search {
    const struct host_finder *finder;
    struct arena *arena;
    struct candidate *candidates;
    size_t count, room;
    unsigned best;   /* preference of the best server, whether it has an address or not */
    bool unanswered; /* some name server did not answer */
    struct error err;
};

static void add_candidates(struct search *search, const char *host, unsigned preference,
                           const struct address_socket *addresses, size_t count)
{
    if (search->count + count > search->room) {
        size_t room = 2 * search->room + count;
        struct candidate *grown = arena_array(search->arena, struct candidate, room);

        if (search->count > 0)
            memcpy(grown, search->candidates, search->count * sizeof(*grown));
        search->candidates = grown;
        search->room = room;
    }
    for (size_t i = 0; i < count; i++)
        search->candidates[search->count++] = (struct candidate){preference, host, addresses[i]};
}

static void add_host(struct search *search, const char *host, unsigned preference, unsigned port)
{
    struct address_socket *addresses;
    size_t count;

    switch (dns_find_addresses(search->finder->dns, search->arena, host, port, &addresses, &count,
                               &search->err)) {
    case DNS_FOUND:
        add_candidates(search, host, preference, addresses, count);
        break;
    case DNS_ABSENT:
        break;
    case DNS_UNAVAILABLE:
        search->unanswered = true;
        break;
    }
}

static bool fail(struct failure *failure_r, struct arena *arena, const char *status,
                 const char *text)
{
    *failure_r = (struct failure){
        .status = status, .text = arena_copy(arena, text), .is_unreachable = status[0] == '4'};
    return false;
}

/* The servers of a domain; without MX records the domain itself. False: *failure_r says why not. */
static bool add_domain(struct search *search, const struct nexthop *nexthop,
                       struct failure *failure_r)
{
    struct dns_mx *mx;
    size_t count;
    enum dns_result result =
        dns_find_mx(search->finder->dns, search->arena, nexthop->host, &mx, &count, &search->err);

    if (result == DNS_UNAVAILABLE && !search->finder->settings->config->ignore_mx_lookup_error)
        return fail(failure_r, search->arena, "4.4.3", search->err.text);
    if (result != DNS_FOUND) {
        add_host(search, nexthop->host, 0, nexthop->port);
        return true;
    }
    if (count == 1 && strcmp(mx[0].host, ".") == 0)
        return fail(
            failure_r, search->arena, "5.1.10",
            arena_printf(search->arena, "Domain %s does not accept mail (nullMX)", nexthop->host));
    search->best = mx[0].preference;
    for (size_t i = 0; i < count && i < MX_HOSTS_MAX; i++)
        add_host(search, mx[i].host, mx[i].preference, nexthop->port);
    if (search->count == 0 && search->finder->settings->defer_if_no_address)
        search->unanswered = true;
    return true;
}

/* Neither we nor those who would send it to us. That the best server cannot be found does not make us the best. */
static bool drop_self(struct search *search, const struct nexthop *nexthop, bool *is_self_r,
                      struct failure *failure_r)
{
    const unsigned first = search->candidates[0].preference;
    const size_t better =
        hosts_before_self(&search->finder->own, search->candidates, search->count);
    struct arena *arena = search->arena;

    *is_self_r = better < search->count;
    search->count = better;
    if (better > 0)
        return true;
    if (search->best != first)
        return fail(failure_r, arena, "4.4.4",
                    arena_printf(arena, "unable to find primary relay for %s", nexthop->host));
    (void)fail(failure_r, arena, "5.4.6",
               arena_printf(arena, "mail for %s loops back to myself", nexthop->host));
    failure_r->is_loop = true;
    return false;
}

bool hosts_find(const struct host_finder *finder, struct arena *arena,
                const struct nexthop *nexthop, struct candidate **candidates_r, size_t *count_r,
                bool *is_self_r, struct failure *failure_r)
{
    struct search search = {.finder = finder, .arena = arena};

    *is_self_r = false;
    if (!nexthop->use_mx)
        add_host(&search, nexthop->host, 0, nexthop->port);
    else if (!add_domain(&search, nexthop, failure_r))
        return false;
    if (search.count == 0)
        return fail(failure_r, arena, search.unanswered ? "4.4.3" : "5.4.4", search.err.text);
    if (!finder->settings->lmtp && nexthop->port == finder->settings->default_port &&
        !drop_self(&search, nexthop, is_self_r, failure_r))
        return false;
    hosts_order(finder->settings, search.candidates, search.count);
    *candidates_r = search.candidates;
    *count_r = search.count;
    return true;
}
