/* The steps of rewriting that resolving needs as well. */
#ifndef BUZON_LIB_ROUTE_REWRITE_H
#define BUZON_LIB_ROUTE_REWRITE_H

#include "lib/config/config.h"

/*
 * rewrite_complete - operators, the missing @origin, the missing .domain, the superfluous dot
 *
 *  with_operators  source route, bang path and percent hack, as configured
 */
const char *rewrite_complete(const struct config *config, struct arena *arena, const char *address,
                             bool with_operators, const char *origin, const char *domain);

/* rewrite_drop_dot - without one dot at the end of the domain; "..", "@." stay */
const char *rewrite_drop_dot(struct arena *arena, const char *address);

#endif
