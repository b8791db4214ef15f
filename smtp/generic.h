/*
 * smtp_generic_maps, lmtp_generic_maps: addresses that mean something only here are replaced by ones
 * that are valid outside, in envelope and header, when a message leaves. Source: generic(5).
 */
#ifndef BUZON_SMTP_GENERIC_H
#define BUZON_SMTP_GENERIC_H

#include "lib/delivery/request.h"
#include "smtp/failure.h"

struct generic;

/* generic_create - NULL: no table is configured; in a process that has not given up its rights yet */
struct generic *generic_create(const struct config *config, bool lmtp);
void generic_free(struct generic **generic);

/* What a server gets of a message. */
struct outgoing {
    struct delivery_request request; /* the addresses, the flags and the size that it is told */
    struct span header;              /* in the place of the content's first... */
    uint64_t replaced;               /* ...octets; 0, and no header: content goes as it is */
};

/*
 * generic_map - replace the addresses of a message
 *
 *  generic     NULL: the message goes as it is
 *  outgoing_r  lives in the arena of the request
 *
 * The content is read only as far as its header goes, and only when there are tables. False: a table
 * or the file failed, *failure_r says so; the message must wait.
 */
bool generic_map(const struct generic *generic, const struct delivery_request *request,
                 struct outgoing *outgoing_r, struct failure *failure_r) MUST_CHECK;

#endif
