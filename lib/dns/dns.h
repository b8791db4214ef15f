/*
 * The resolver. resolv.conf, hosts and nsswitch-like choices are read before the chroot
 * (dns_prepare); afterwards name servers are asked with res_nquery on our own state. Answers are
 * found, absent (NXDOMAIN, no data) or unavailable, never confused.
 */
#ifndef BUZON_LIB_DNS_DNS_H
#define BUZON_LIB_DNS_DNS_H

#include "lib/config/config.h"
#include "lib/io/socket.h"

struct dns;

enum dns_result { DNS_FOUND, DNS_ABSENT, DNS_UNAVAILABLE };

/* dns_prepare - while files can still be opened. dns_nameservers (our parameter; "" means
 * resolv.conf) names servers as address or [address]:port. */
struct dns *dns_prepare(const struct config *config, struct error *err) MUST_CHECK;
void dns_free(struct dns **dns);

struct dns_mx {
    unsigned preference;
    const char *host;
};
/* dns_mx - sorted by preference, equals shuffled; "." as the only host is a null MX (RFC 7505) */
enum dns_result dns_find_mx(struct dns *dns, struct arena *arena, const char *domain,
                            struct dns_mx **mx_r, size_t *count_r, struct error *err) MUST_CHECK;
/* dns_addresses - A and AAAA as inet_protocols allows, hosts file first when smtp_host_lookup says
 * native; port is put in */
enum dns_result dns_find_addresses(struct dns *dns, struct arena *arena, const char *host, unsigned port,
                                   struct address_socket **addresses_r, size_t *count_r,
                                   struct error *err) MUST_CHECK;
/* dns_find_name - PTR (hosts file first); the name as given by the server, unverified */
enum dns_result dns_find_name(struct dns *dns, struct arena *arena,
                              const struct address_socket *address, const char **name_r,
                              struct error *err) MUST_CHECK;

#endif
