/* transport_maps (transport(5)). */
#ifndef BUZON_LIB_ROUTE_TRANSPORT_H
#define BUZON_LIB_ROUTE_TRANSPORT_H

#include "lib/route/route.h"

/* transport_apply - what transport_maps say of target->recipient replaces transport and next hop */
enum map_result transport_apply(struct route *route, struct arena *arena,
                                struct route_target *target, struct error *err) MUST_CHECK;

#endif
