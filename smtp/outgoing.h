/* What a server gets of a message: addresses and content may be others than those in the queue. */
#ifndef BUZON_SMTP_OUTGOING_H
#define BUZON_SMTP_OUTGOING_H

#include "lib/delivery/request.h"

struct outgoing {
    struct delivery_request request; /* the addresses, the flags and the size that it is told */
    struct span header;              /* in the place of the content's first... */
    uint64_t replaced;               /* ...octets; 0, and no header: content goes as it is */
};

/* outgoing_read - octets of the content as it leaves; false with errno, 0 when the file is too short */
bool outgoing_read(const struct outgoing *outgoing, char *octets, size_t len,
                   uint64_t offset) MUST_CHECK;

/* outgoing_replace - other octets in the place of the content's first `replaced`, as it is so far; copied to the
 * request's arena */
void outgoing_replace(struct outgoing *outgoing, uint64_t replaced, struct span octets);

#endif
