/* Texts that may begin with an enhanced status code (RFC 3463), as tables and next hops hold them. */
#ifndef BUZON_LIB_DELIVERY_STATUS_H
#define BUZON_LIB_DELIVERY_STATUS_H

#include "lib/base/base.h"

struct delivery_status {
    const char *code; /* "5.1.1" */
    const char *text; /* what follows it */
};

/* delivery_status_take - step over "c.n.n" (class 2, 4 or 5) with what white space follows, if `text`
 * begins so; the code, else empty */
struct span delivery_status_take(struct span *text);

/* delivery_status_split - code and text; without a code in it, default_code and the whole text */
struct delivery_status delivery_status_split(struct arena *arena, const char *text,
                                             const char *default_code);

#endif
