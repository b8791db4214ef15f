/*
 * Networks: "192.0.2.0/24", "192.0.2.1", "2001:db8::/32". Source: cidr_table(5).
 *
 * IPv4-mapped IPv6 addresses and networks (::ffff:192.0.2.0/120) are taken for the IPv4 ones they stand
 * for, but by what is read as it is written: there ::ffff:0:0/96 is no network of any IPv4 address, as
 * in Postfix, where a rule for it does not become one for everybody.
 */
#ifndef BUZON_LIB_MAP_CIDR_H
#define BUZON_LIB_MAP_CIDR_H

#include "lib/io/socket.h"

struct cidr {
    unsigned char octets[16];
    unsigned char size; /* octets of an address: 4 or 16 */
    unsigned prefix;    /* bits that count */
};

/* cidr_parse_address - one address, without brackets, as a network of itself */
bool cidr_parse_address(struct span text, struct cidr *address_r) MUST_CHECK;
/* cidr_from_socket - false for what is no internet address */
bool cidr_from_socket(const struct address_socket *socket, struct cidr *address_r) MUST_CHECK;
/* cidr_parse - an address or network, in brackets or not ("[::1]", "[2001:db8::]/32"); MALFORMED
 * also when bits beyond the prefix are set */
bool cidr_parse(struct span text, struct cidr *network_r, struct error *err) MUST_CHECK;
/* cidr_read_address, cidr_read - the same, as it is written */
bool cidr_read_address(struct span text, struct cidr *address_r) MUST_CHECK;
bool cidr_read(struct span text, struct cidr *network_r, struct error *err) MUST_CHECK;
bool cidr_contains(const struct cidr *network, const struct cidr *address);

#endif
