/* The listening sockets of services: what master.cf asks for, and how it is opened. */
#ifndef BUZON_MASTER_ENDPOINT_H
#define BUZON_MASTER_ENDPOINT_H

#include "lib/config/master_cf.h"
#include "lib/io/loop.h"
#include "lib/io/socket.h"

struct endpoint {
    char *name; /* "192.0.2.1:25", "private/cleanup": what it is recognised by at a reload */
    enum service_type type;
    struct address_socket address; /* inet */
    int fd;                        /* -1: not open */
    struct watch *watch;           /* of the supply that has it; NULL: not watched */
};

struct endpoint_list {
    struct endpoint *items;
    size_t count;
};

/*
 * endpoint_split_inet - "25", "smtp", "host:25", "[2001:db8::1]:smtp"
 *
 *  host_r  empty where there is none: then inet_interfaces says on which addresses
 */
bool endpoint_split_inet(const char *name, struct span *host_r, struct span *port_r) MUST_CHECK;
/* endpoint_parse_port - a number, a name of known_tcp_ports ("smtps=submissions=465") or services(5) */
bool endpoint_parse_port(struct span text, const char *known_tcp_ports,
                         unsigned *port_r) MUST_CHECK;

/* endpoints_plan - what this service shall listen on; nothing is opened */
bool endpoints_plan(const struct master_service *service, const struct config *config,
                    struct endpoint_list *list_r, struct error *err) MUST_CHECK;
/* endpoint_open - in the working directory, which is the queue directory */
bool endpoint_open(struct endpoint *endpoint, struct error *err) MUST_CHECK;
/* endpoints_adopt - take over the open sockets of `old` that have the same name; they are -1 there */
void endpoints_adopt(struct endpoint_list *list, struct endpoint_list *old);
/* endpoints_release - closes what is open */
void endpoints_release(struct endpoint_list *list);

#endif
