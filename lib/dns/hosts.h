/* hosts(5) and the line "hosts:" of nsswitch.conf(5), read before the chroot. */
#ifndef BUZON_LIB_DNS_HOSTS_H
#define BUZON_LIB_DNS_HOSTS_H

#include "lib/io/socket.h"

/* hosts_find_address - number `skip` of the addresses that the file's text gives this name */
bool hosts_find_address(struct span hosts, const char *name, size_t skip,
                        struct address_socket *address_r) MUST_CHECK;
/* hosts_find_name - the first name of the first line with this address; the port does not count */
bool hosts_find_name(struct span hosts, const struct address_socket *address,
                     struct span *name_r) MUST_CHECK;

/* What a native look-up asks, in this order. */
enum hosts_source { HOSTS_FILE, HOSTS_DNS };
struct hosts_order {
    enum hosts_source sources[2];
    size_t count;
};

/* hosts_parse_order - from nsswitch.conf's text; "files dns" where it says nothing of the two */
struct hosts_order hosts_parse_order(struct span nsswitch);

#endif
