/* Rewriting of addresses: completion, canonical maps, masquerading. */
#ifndef BUZON_CLEANUP_ADDRESS_H
#define BUZON_CLEANUP_ADDRESS_H

#include "cleanup/message.h"

/*
 * rewrite_... - internal form in, internal form out; of the envelope the message's arena's, of a
 * header its scratch arena's
 *
 * NULL when a table could not be asked: the message is refused then, for now.
 */
const char *rewrite_envelope_sender(struct message *message, const char *address);
const char *rewrite_envelope_recipient(struct message *message, const char *address);
const char *rewrite_header_address(struct message *message, const char *address, bool is_sender);

#endif
