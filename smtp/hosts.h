/* From a destination to the addresses of its servers, in the order in which they are tried. */
#ifndef BUZON_SMTP_HOSTS_H
#define BUZON_SMTP_HOSTS_H

#include "lib/config/interfaces.h"
#include "lib/dns/dns.h"
#include "smtp/failure.h"
#include "smtp/nexthop.h"

struct candidate {
    unsigned preference; /* of the MX record; 0 without */
    const char *host;
    struct address_socket address;
};

/* Addresses that mean this host: inet_interfaces and proxy_interfaces. */
struct own_addresses {
    struct own_address *addresses;
    size_t count;
};

struct host_finder {
    const struct settings *settings;
    struct dns *dns;
    struct own_addresses own;
};

/*
 * hosts_find - the candidates, at least one; the arena's
 *
 * By MX preference, equals in random order, IPv4 and IPv6 as smtp_address_preference says. Where they
 * lead to this host, on the port on which it listens too, only servers of better preference count.
 *
 *  is_self_r  whether they do
 *  failure_r  5.1.10 null MX, 5.4.4 no such domain, 5.4.6 (is_loop) the mail would come back to us, 4.4.4
 *             likewise, but there are better servers than we, without an address, 4.4.3 no answer from
 *             the DNS
 */
bool hosts_find(const struct host_finder *finder, struct arena *arena,
                const struct nexthop *nexthop, struct candidate **candidates_r, size_t *count_r,
                bool *is_self_r, struct failure *failure_r) MUST_CHECK;

/* hosts_add_own - one more address of ours, into room that is there; no address is left out */
void hosts_add_own(struct own_addresses *own, struct span text);

/* hosts_order - bring candidates, sorted by preference, into the order of trying; for tests */
void hosts_order(const struct settings *settings, struct candidate *candidates, size_t count);
/* hosts_before_self - how many of the first candidates are better than this host */
size_t hosts_before_self(const struct own_addresses *own, const struct candidate *candidates,
                         size_t count);

#endif
