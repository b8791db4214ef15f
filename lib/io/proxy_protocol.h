/*
 * The header by which a proxy in front of us says whose connection it passes on: the PROXY protocol, versions 1
 * and 2. Only to be read from addresses that are trusted. Source: HAProxy's proxy-protocol.txt.
 */
#ifndef BUZON_LIB_IO_PROXY_PROTOCOL_H
#define BUZON_LIB_IO_PROXY_PROTOCOL_H

#include "lib/base/buf.h"
#include "lib/io/socket.h"

#define PROXY_HEADER_MAX 4096 /* octets; longer ones are refused */

struct proxy_header {
    bool is_local; /* the proxy itself (a health check), or it cannot say who: no addresses */
    struct address_socket remote, local;
    bool has_tls; /* version 2: the client speaks TLS with the proxy */
};

/*
 * proxy_header_parse - a header at the cursor, which moves behind it
 *
 * INCOMPLETE: everything that is there belongs to a header; more has to come. MALFORMED, TOO_BIG: it is none.
 */
enum parse_result proxy_header_parse(struct cursor *in, struct proxy_header *header_r);

/*
 * proxy_header_receive - take a header, and nothing behind it, from a socket; never waits
 *
 *  seen  what came of it so far, empty at first; its limit is 2 * PROXY_HEADER_MAX or more
 *
 * INCOMPLETE: call again when fd is readable. MALFORMED also when the proxy has hung up.
 */
enum parse_result proxy_header_receive(int fd, struct buf *seen, struct proxy_header *header_r);

#endif
