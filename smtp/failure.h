/* Why a message, or one recipient of it, could not be handed on: what log and notice will say. */
#ifndef BUZON_SMTP_FAILURE_H
#define BUZON_SMTP_FAILURE_H

#include "lib/base/base.h"

struct failure {
    const char *status;     /* "4.4.1", "5.1.1": its class decides between deferral and bounce */
    const char *text;       /* "host mx.test[192.0.2.1] said: ..." */
    const char *remote_mta; /* "dns; mx.test" when the server said it, else NULL */
    const char *diagnostic; /* "smtp; 550 5.1.1 ...", likewise */
    const char *relay;      /* who was connected to, when it would not begin a session; else NULL */
    bool is_unreachable;    /* it is about the destination, not about this message */
    bool is_loop;           /* this host is the best server for it, as the DNS has it */
};

static inline bool failure_is_permanent(const struct failure *failure)
{
    return failure->status[0] == '5';
}

#endif
