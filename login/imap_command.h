/* What the files of IMAP before login share. */
#ifndef BUZON_LOGIN_IMAP_COMMAND_H
#define BUZON_LOGIN_IMAP_COMMAND_H

#include "login/client.h"

/* imap_refuse - the command is none, or none like this; that is counted, too */
void imap_refuse(struct client *client);
/* imap_refuse_plaintext - and tell the client why, where a password may not be sent; false: it may */
bool imap_refuse_plaintext(struct client *client);

/*
 * imap_run_with_literals - LOGIN and ID; false: it is another command
 *
 * The cursor is behind the verb. Unless *is_whole_r more of the command must come; else it is taken from the input.
 */
bool imap_run_with_literals(struct client *client, struct span verb, struct cursor arguments,
                            bool *is_whole_r);
/*
 * imap_skip_literals - the literals of any other command are its own, whatever is in them (RFC 9051 section 4.3)
 *
 * *end_r is the offset of what follows the command; the input stays. false: more of it must come. Where a literal is too
 * large, the client is CLIENT_CLOSING.
 */
bool imap_skip_literals(struct client *client, struct cursor arguments, size_t *end_r);

#endif
