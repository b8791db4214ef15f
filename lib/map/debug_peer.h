/*
 * Peers of which more is logged: debug_peer_list and debug_peer_level of main.cf, and the conversation
 * that smtpd and smtp then log (with -v they do so for everybody).
 */
#ifndef BUZON_LIB_MAP_DEBUG_PEER_H
#define BUZON_LIB_MAP_DEBUG_PEER_H

#include "lib/map/match_list.h"

struct debug_peers;

/* debug_peers_create - in .prepare: items may be files */
struct debug_peers *debug_peers_create(const struct config *config, bool through_proxy)
    __attribute__((returns_nonnull));

/* debug_peers_begin - a conversation with this peer begins: log_verbose rises when it is in the list, until
 * debug_peers_end. What cannot be asked matches nobody. */
void debug_peers_begin(struct debug_peers *peers, const char *name,
                       const struct address_socket *address);
void debug_peers_end(struct debug_peers *peers);

/*
 * debug_peers_line - log what is said, when log_verbose says so: "> host[192.0.2.7]: 250 2.1.0 Ok"
 *
 *  sign  '>' what we say, '<' what the peer says
 *  text  one line or several, with CRLF between them
 *
 * Of AUTH only the mechanism is logged: never a password.
 */
void debug_peers_line(char sign, const char *label, struct span text);
/* debug_peers_public - what may be shown of a line: of AUTH only the mechanism */
struct span debug_peers_public(struct span line);

#endif
