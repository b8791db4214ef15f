/* The addresses of this host that inet_interfaces and inet_protocols admit. */
#ifndef BUZON_LIB_CONFIG_INTERFACES_H
#define BUZON_LIB_CONFIG_INTERFACES_H

#include "lib/base/buf.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct own_address {
    int family; /* AF_INET or AF_INET6 */
    union {
        struct in_addr in;
        struct in6_addr in6;
    };
    unsigned prefix; /* length of the interface's netmask in bits */
};

/* What inet_protocols admits. */
struct protocols {
    bool ipv4;
    bool ipv6;
};

/* protocols_parse - the value of inet_protocols: all, ipv4, ipv6 or both; PERMANENT otherwise */
bool protocols_parse(const char *text, struct protocols *protocols_r, struct error *err) MUST_CHECK;

/*
 * interfaces_own - the addresses of this host's interfaces on which mail is received
 *
 *  interfaces   the value of inet_interfaces: all, loopback-only, or addresses and host names
 *  protocols    the value of inet_protocols
 *  addresses_r  the arena's; in the order of the interfaces, IPv4 first, none twice
 *  err          an item that is no address of ours (PERMANENT), a name that cannot be resolved
 */
bool interfaces_own(const char *interfaces, const char *protocols, struct arena *arena,
                    struct own_address **addresses_r, size_t *count_r,
                    struct error *err) MUST_CHECK;

/* interfaces_include - is this one of them? Of a socket address, without regard to its port. */
bool interfaces_include(const struct own_address *addresses, size_t count,
                        const struct sockaddr *address);

/*
 * networks_of - the value that mynetworks has by default
 *
 *  style  the value of mynetworks_style: class, subnet or host; PERMANENT otherwise
 */
bool networks_of(const struct own_address *addresses, size_t count, const char *style,
                 struct buf *networks, struct error *err) MUST_CHECK;

#endif
