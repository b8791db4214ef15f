/* One SASL exchange: what the client says, what the databases say, and the ticket in the end. */
#ifndef BUZON_AUTH_EXCHANGE_H
#define BUZON_AUTH_EXCHANGE_H

#include "auth/peer.h"

struct exchange;

/* exchange_key - of peer->exchanges */
struct span exchange_key(const uint64_t *id);
/* exchange_begin - the peer has no other exchange of that id */
void exchange_begin(struct peer *peer, const struct sasl_start *start,
                    const struct sasl_mechanism *mechanism);
/* exchange_continue - the client's next response, or that it gives up */
void exchange_continue(struct exchange *exchange, const struct sasl_continue *next);
/* exchange_abandon - its peer is gone: at once, or when the databases have answered */
void exchange_abandon(struct exchange *exchange);

#endif
