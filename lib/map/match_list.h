/*
 * Match lists: mydestination, mynetworks, relay_domains and the like. Items are literals, `!` items,
 * `/file` (its lines are items), `type:table` (a hit in the table is a match). First match wins.
 * Source: postconf(5) mynetworks, mydestination, parent_domain_matches_subdomains.
 */
#ifndef BUZON_LIB_MAP_MATCH_LIST_H
#define BUZON_LIB_MAP_MATCH_LIST_H

#include "lib/io/socket.h"
#include "lib/map/map.h"

struct match_list;

enum match_kind {
    MATCH_STRING,  /* literal, without case */
    MATCH_DOMAIN,  /* a name, and .name for subdomains; bare names match subdomains as well when the
                      parameter is in parent_domain_matches_subdomains */
    MATCH_ADDRESS, /* clients: network/mask, addresses, [v6]/mask; their names as MATCH_DOMAIN */
};

/* match_list_create - reads the files that items name (in .prepare, then); `parameter` is the name in main.cf, for logs and for
 * parent_domain_matches_subdomains; a bad item is logged and makes matching UNAVAILABLE, a bad
 * network only that of addresses of its family */
struct match_list *match_list_create(const struct config *config, const char *parameter,
                                     const char *value, enum match_kind kind, bool through_proxy)
    __attribute__((returns_nonnull));
void match_list_free(struct match_list **list);
/* match_list_changed - a table of the list changed, see map_changed */
bool match_list_changed(const struct match_list *list);
/* match_list_watch - see maps_watch; of items that are no tables, those are told that match */
void match_list_watch(struct match_list *list, map_watch *watch, void *context);
/* MAP_FOUND matches, MAP_ABSENT does not */
enum map_result match_list_name(struct match_list *list, struct span name,
                                struct error *err) MUST_CHECK;
/* match_list_client - of a MATCH_ADDRESS list: an item matches the client's address or its name */
enum map_result match_list_client(struct match_list *list, struct span name,
                                  const struct address_socket *address,
                                  struct error *err) MUST_CHECK;

#endif
