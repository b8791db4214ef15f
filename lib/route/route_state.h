/* The inside of struct route, for the files of this folder. */
#ifndef BUZON_LIB_ROUTE_ROUTE_STATE_H
#define BUZON_LIB_ROUTE_ROUTE_STATE_H

#include "lib/base/hash.h"
#include "lib/base/strlist.h"
#include "lib/map/cidr.h"
#include "lib/map/match_list.h"
#include "lib/route/route.h"

/* The four classes that mappings and their *_classes parameters speak of. */
enum {
    CLASS_ENVELOPE_SENDER = 1,
    CLASS_ENVELOPE_RECIPIENT = 2,
    CLASS_HEADER_SENDER = 4,
    CLASS_HEADER_RECIPIENT = 8,
};

static inline unsigned route_class_bit(bool is_sender, bool in_header)
{
    if (in_header)
        return is_sender ? CLASS_HEADER_SENDER : CLASS_HEADER_RECIPIENT;
    return is_sender ? CLASS_ENVELOPE_SENDER : CLASS_ENVELOPE_RECIPIENT;
}

struct route {
    const struct config *config;

    /* domains, by class */
    struct match_list *mydestination;
    struct match_list *virtual_alias_domains;
    struct match_list *virtual_mailbox_domains;
    struct match_list *relay_domains;
    struct cidr *own; /* addresses of inet_interfaces and proxy_interfaces */
    size_t own_count;
    struct hash *checked_domains; /* looked at for being listed twice; values are not used */

    /* where mail goes */
    struct maps *transport;
    bool transport_matches_subdomains;
    struct maps *relocated;
    struct maps *sender_transport;
    struct maps *sender_relayhost;

    /* what addresses become */
    struct maps *canonical, *sender_canonical, *recipient_canonical;
    unsigned canonical_classes, sender_canonical_classes, recipient_canonical_classes;
    struct maps *virtual_alias;
    bool propagate_canonical, propagate_virtual, propagate_generic; /* unmatched extensions */
    unsigned masquerade_classes;
    struct strlist masquerade_domains, masquerade_exceptions;

    /* who exists */
    struct maps *local_recipient, *virtual_mailbox, *relay_recipient;

    struct buf value; /* of the look-up at hand */
};

/* route_is_local - mydestination, or [address] of an own interface */
enum map_result route_is_local(struct route *route, struct span domain,
                               struct error *err) MUST_CHECK;

/*
 * route_find_address - maps_find_address with what is local here; the value is in route->value
 *
 *  extension_r  may be NULL
 */
enum map_result route_find_address(struct route *route, struct maps *maps, const char *address,
                                   struct span *extension_r, struct error *err) MUST_CHECK;


#endif
