/* Next hops as qmgr names them: "example.test", "[mx.example.test]:587", "unix:private/lmtp". */
#ifndef BUZON_SMTP_NEXTHOP_H
#define BUZON_SMTP_NEXTHOP_H

#include "smtp/settings.h"

/* One destination of a next hop. */
struct nexthop {
    const char *unix_path; /* NULL unless it is a UNIX socket */
    const char *host;      /* name or address, without brackets */
    unsigned port;
    bool use_mx; /* ask for MX records; else the host is the server */
};

/*
 * nexthop_parse - one destination: host, host:port, [host], [host]:port; LMTP also unix:path and
 * inet:host, and asks for no MX records
 *
 *  err  TEMPORARY: it is none, which only an administrator can mend
 */
bool nexthop_parse(const struct settings *settings, struct arena *arena, struct span text,
                   struct nexthop *nexthop_r, struct error *err) MUST_CHECK;

#endif
