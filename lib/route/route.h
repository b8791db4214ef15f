/*
 * Addresses on their way: rewriting to canonical form, address class, transport, next hop, and
 * whether a recipient exists. The same functions serve smtpd's recipient check, cleanup, qmgr and
 * the tools; there is no rewriting daemon. Sources: Postfix ADDRESS_REWRITING_README,
 * ADDRESS_CLASS_README, transport(5), virtual(5), canonical(5).
 */
#ifndef BUZON_LIB_ROUTE_ROUTE_H
#define BUZON_LIB_ROUTE_ROUTE_H

#include "lib/config/config.h"
#include "lib/map/map.h"

enum address_class {
    CLASS_LOCAL,           /* mydestination, own interfaces */
    CLASS_VIRTUAL_ALIAS,   /* virtual_alias_domains */
    CLASS_VIRTUAL_MAILBOX, /* virtual_mailbox_domains */
    CLASS_RELAY,           /* relay_domains */
    CLASS_DEFAULT,         /* everybody else */
};

struct route;

/* route_create - opens every table and list that rewriting and resolving need; in a process without
 * access to files, through proxymap */
struct route *route_create(const struct config *config, bool through_proxy)
    __attribute__((returns_nonnull));
void route_free(struct route **route);
/* route_changed - a table behind it changed on disk */
bool route_changed(const struct route *route);
/* route_watch - from now on tell of every look-up and every match (lib/map/map.h), for tools that
 * explain what the functions below do */
void route_watch(struct route *route, map_watch *watch, void *context);

/*
 * route_rewrite - the internal form of an address, completed: @domain appended (append_at_myorigin),
 * .domain (append_dot_mydomain), source routes and, as configured, bang paths and percent hack.
 * "" stays "". `remote`: of a stranger's header, completed by remote_header_rewrite_domain.
 */
const char *route_rewrite(struct route *route, struct arena *arena, const char *address,
                          bool remote);

struct route_target {
    enum address_class class;
    const char *transport; /* "local", "virtual", "smtp", "relay", "error", ... */
    const char *nexthop;
    const char *recipient; /* the address, possibly changed on the way */
    bool local_domain;     /* class local */
    bool is_routed;        /* the localpart names another destination (user%dom@here): not to be
                              relayed for strangers (allow_untrusted_routing) */
};

/* route_resolve - class, transport and next hop of a rewritten address. UNAVAILABLE: a table failed,
 * defer. Always FOUND otherwise (errors are a transport: "error" with the text as next hop; a bad
 * address is "5.1.3 bad address syntax").
 * `sender` serves sender_dependent_* tables; may be "". Texts are the arena's. */
enum map_result route_resolve(struct route *route, struct arena *arena, const char *sender,
                              const char *recipient, struct route_target *target_r,
                              struct error *err) MUST_CHECK;

/* route_class - only the class of a domain */
enum map_result route_class(struct route *route, struct span domain, enum address_class *class_r,
                            struct error *err) MUST_CHECK;

/*
 * route_recipient_exists - is this recipient of ours known (smtpd at RCPT time)?
 *
 * Asks virtual_alias_maps, canonical maps, then by class local_recipient_maps,
 * virtual_mailbox_maps, relay_recipient_maps as Postfix does. ABSENT: unknown, and *table_r (may be
 * NULL) is the text for the reply: "local recipient table", "virtual alias table", ...; or it is NULL
 * because the transport is error or retry, and the next hop says why.
 */
enum map_result route_recipient_exists(struct route *route, const struct route_target *target,
                                       const char **table_r, struct error *err) MUST_CHECK;

/* route_canonical_sender / _recipient - canonical_maps with sender_/recipient_canonical_maps;
 * `in_header` obeys canonical_classes. UNAVAILABLE: defer. */
enum map_result route_canonical(struct route *route, struct arena *arena, const char *address,
                                bool is_sender, bool in_header, const char **canonical_r,
                                struct error *err) MUST_CHECK;

/* route_masquerade - masquerade_domains, as masquerade_classes and masquerade_exceptions allow; in
 * cleanup it follows route_canonical */
const char *route_masquerade(const struct route *route, struct arena *arena, const char *address,
                             bool is_sender, bool in_header);

/*
 * route_generic - what an address of mail that leaves becomes in the tables of generic(5); once
 *
 *  maps       smtp_generic_maps or lmtp_generic_maps
 *  parameter  its name, for logs
 *  generic_r  the arena's; the address itself when the tables do not have it
 *
 * UNAVAILABLE: the reason has been logged; defer. Source: generic(5).
 */
enum map_result route_generic(struct route *route, struct arena *arena, struct maps *maps,
                              const char *parameter, const char *address, const char **generic_r,
                              struct error *err) MUST_CHECK;

/* route_expand_aliases - virtual_alias_maps, recursively, with virtual_alias_recursion_limit,
 * virtual_alias_expansion_limit and propagate_unmatched_extensions; what is not found is itself.
 * UNAVAILABLE with ELOOP as err->number: a limit was reached; the text is for the log. */
enum map_result route_expand_aliases(struct route *route, struct arena *arena,
                                     const char *recipient, const char ***recipients_r,
                                     size_t *count_r, struct error *err) MUST_CHECK;

#endif
