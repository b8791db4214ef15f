/*
 * The command line of a daemon. master writes it, and a person who debugs does:
 *
 *   -n name  -t type     the service in master.cf; "inet", "unix", "fifo", "pass" or "unix-dgram"
 *   -s count  -b slot    listening sockets that are inherited; place on the scoreboard
 *   -l                   the process limit is 1
 *   -u  -c               the columns unpriv and chroot, for a reader of ps: they change nothing
 *   -o name=value  -v  -D   as master.cf's arguments have them
 *   -S                   stand-alone: serve the one client on standard input and output
 *
 * What follows belongs to the daemon itself (pipe's argv=, user=, flags=).
 */
#ifndef BUZON_LIB_SERVICE_OPTIONS_H
#define BUZON_LIB_SERVICE_OPTIONS_H

#include "lib/config/master_cf.h"
#include "lib/service/master_protocol.h"

struct service_options {
    const char *name; /* of the service; NULL: not given */
    enum service_type type;
    unsigned sockets;
    unsigned slot;
    bool alone;
    bool debugger;
    bool standalone;
    int verbose;
    struct strlist overrides;
    char *const *arguments; /* what follows; ended by NULL */
};

/* service_options_parse - false with the usage in *err; overrides are the caller's to release then too */
bool service_options_parse(int argc, char *argv[], struct service_options *options_r,
                           struct error *err) MUST_CHECK;

#endif
