/*
 * The resolver. resolv.conf, hosts and nsswitch.conf are read before the chroot (dns_prepare);
 * afterwards name servers are asked with res_nquery on our own state. Answers are found, absent
 * (NXDOMAIN, no data) or unavailable (no answer, SERVFAIL, nonsense), never confused. The texts of
 * errors are Postfix's, as they stand in logs and notices.
 */
#ifndef BUZON_LIB_DNS_DNS_H
#define BUZON_LIB_DNS_DNS_H

#include "lib/config/config.h"
#include "lib/io/socket.h"

struct dns;

enum dns_result { DNS_FOUND, DNS_ABSENT, DNS_UNAVAILABLE };

/*
 * dns_prepare - while files can still be opened
 *
 * dns_nameservers (our parameter; "" means resolv.conf) names up to three servers as address, address:port
 * or [address]:port.
 *
 *  host_lookup  the value of smtp_host_lookup or lmtp_host_lookup: where hosts to send mail to are looked up
 */
struct dns *dns_prepare(const struct config *config, const char *host_lookup,
                        struct error *err) MUST_CHECK;
void dns_free(struct dns **dns);

struct dns_mx {
    unsigned preference;
    const char *host;
};
/*
 * dns_find_mx - sorted by preference, equals shuffled; "." as the only host is a null MX (RFC 7505)
 *
 * Records that name no host are left out; when none is left, UNAVAILABLE: never ABSENT, which would
 * send the mail to the domain's own address.
 */
enum dns_result dns_find_mx(struct dns *dns, struct arena *arena, const char *domain,
                            struct dns_mx **mx_r, size_t *count_r, struct error *err) MUST_CHECK;
/*
 * dns_find_addresses - A and AAAA as inet_protocols allows, from where smtp_host_lookup and
 * disable_dns_lookups say; IPv6 first; `port` is put in
 *
 * A numeric host is itself. One family found is FOUND, even if the other one is UNAVAILABLE.
 */
enum dns_result dns_find_addresses(struct dns *dns, struct arena *arena, const char *host,
                                   unsigned port, struct address_socket **addresses_r,
                                   size_t *count_r, struct error *err) MUST_CHECK;
/* dns_find_addresses_native - likewise, but from where nsswitch.conf says ("files dns") */
enum dns_result dns_find_addresses_native(struct dns *dns, struct arena *arena, const char *host,
                                          unsigned port, struct address_socket **addresses_r,
                                          size_t *count_r, struct error *err) MUST_CHECK;
/* dns_find_name - the name of an address, from where nsswitch.conf says; as given, unverified, but a
 * host name by its form */
enum dns_result dns_find_name(struct dns *dns, struct arena *arena,
                              const struct address_socket *address, const char **name_r,
                              struct error *err) MUST_CHECK;

#endif
