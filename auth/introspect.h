/*
 * Asking whether a token is good: RFC 7662, as HTTP over a UNIX socket, behind which stands a helper or a proxy
 * that speaks TLS with the identity provider and adds its own credentials.
 */
#ifndef BUZON_AUTH_INTROSPECT_H
#define BUZON_AUTH_INTROSPECT_H

#include "lib/config/config.h"

#include <jansson.h>

/* introspect - the answer's object, the caller's to json_decref; NULL and *err, TEMPORARY: nobody answers, or
 * not with 200 and JSON */
json_t *introspect(const struct config *config, struct span token, struct error *err) MUST_CHECK;

/* introspect_parse - the object of a whole HTTP response; NULL and *err: it is none */
json_t *introspect_parse(struct span response, struct error *err) MUST_CHECK;

#endif
