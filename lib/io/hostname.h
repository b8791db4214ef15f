/* What host names look like: RFC 1123 section 2.1, RFC 5321 section 4.1.3. */
#ifndef BUZON_LIB_IO_HOSTNAME_H
#define BUZON_LIB_IO_HOSTNAME_H

#include "lib/base/base.h"

/* hostname_is_valid - labels of letters, digits, inner hyphens and underscores; no bare address */
bool hostname_is_valid(struct span name);
/* hostname_is_qualified - valid, of two labels at least */
bool hostname_is_qualified(struct span name);
/* hostname_is_address - "192.0.2.1", "2001:db8::1" */
bool hostname_is_address(struct span name);
/* hostname_is_literal - "[192.0.2.1]", "[IPv6:2001:db8::1]" */
bool hostname_is_literal(struct span name);

#endif
