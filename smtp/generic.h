/*
 * smtp_generic_maps, lmtp_generic_maps: addresses that mean something only here are replaced by ones
 * that are valid outside, in envelope and header, when a message leaves. Source: generic(5).
 */
#ifndef BUZON_SMTP_GENERIC_H
#define BUZON_SMTP_GENERIC_H

#include "smtp/failure.h"
#include "smtp/outgoing.h"

struct generic;

/* generic_create - NULL: no table is configured; in a process that has not given up its rights yet */
struct generic *generic_create(const struct config *config, bool lmtp);
void generic_free(struct generic **generic);

/*
 * generic_map - replace the addresses of a message
 *
 *  generic   NULL: the message goes as it is
 *  outgoing  the message so far; what replaces it lives in the arena of the request
 *
 * The content is read only as far as its header goes, and only when there are tables. False: a table
 * or the file failed, *failure_r says so; the message must wait.
 */
bool generic_map(const struct generic *generic, const struct delivery_request *request,
                 struct outgoing *outgoing, struct failure *failure_r) MUST_CHECK;

#endif
