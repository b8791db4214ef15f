/*
 * Variable envelope return paths: the sender of a message names in its extension the recipient that this
 * copy goes to, so that whatever comes back says whom it is about. Source: Postfix's VERP_README.
 */
#ifndef BUZON_LIB_MESSAGE_VERP_H
#define BUZON_LIB_MESSAGE_VERP_H

#include "lib/base/base.h"

/* verp_is_pair - two octets, each of which `filter` (verp_delimiter_filter) allows */
bool verp_is_pair(struct span delimiters, const char *filter);
/*
 * verp_sender - "list@example.org" and "bob@example.com" are "list+bob=example.com@example.org"
 *
 *  delimiters  two octets: between sender and recipient, and in the place of the recipient's @
 *  sender      not the null sender; addresses are in internal form
 *
 * The arena's. NULL: no address may be that long.
 */
const char *verp_sender(struct arena *arena, const char *delimiters, const char *sender,
                        const char *recipient);

#endif
