/*
 * Which mechanisms are offered: those that auth_mechanisms names and that can work with the databases, and on
 * this connection. Both the front and auth ask here, so that nothing is announced that is then refused.
 */
#ifndef BUZON_LIB_SASL_OFFER_H
#define BUZON_LIB_SASL_OFFER_H

#include "lib/base/buf.h"
#include "lib/config/config.h"
#include "lib/sasl/mechanism.h"

/* What a connection is good for. */
struct sasl_offer_connection {
    bool may_send_password; /* TLS, or this host, or the administrator does not mind */
    bool has_binding;       /* a TLS session that can be bound to */
    bool has_certificate;   /* of the client, verified */
};

/* sasl_offer_find - a mechanism of that name, without case, if the configuration has it; NULL */
const struct sasl_mechanism *sasl_offer_find(const struct config *config, const char *name);

/* sasl_offer_binds - does the configuration offer channel binding for it: is it one with -PLUS, or is there such one? */
bool sasl_offer_binds(const struct config *config, const struct sasl_mechanism *mechanism);

/* sasl_offer_allows - may this mechanism be used on such a connection? */
bool sasl_offer_allows(const struct sasl_mechanism *mechanism,
                       const struct sasl_offer_connection *connection);

/* sasl_offer_list - the names of all that may be used, each behind `prefix`, in the order of the parameter */
void sasl_offer_list(const struct config *config, const struct sasl_offer_connection *connection,
                     const char *prefix, struct buf *out);

#endif
