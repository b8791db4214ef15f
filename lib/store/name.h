/*
 * Mailbox names: checked once when they come from a client, from then on plain text that may become
 * part of a path. Inside buzon a name is as IMAP writes it (modified UTF-7); INBOX is upper case.
 */
#ifndef BUZON_LIB_STORE_NAME_H
#define BUZON_LIB_STORE_NAME_H

#include "lib/base/base.h"

#define MAILBOX_NAME_MAX 240 /* octets: with a dot before it, it is a file name */

/*
 * mailbox_name_check - is that a name that a mailbox of ours can have?
 *
 * One separator at the end is dropped (CREATE "a."). Refused: empty components, '/' where it is not the
 * separator, control characters, octets over 126, broken modified UTF-7, and what is too long.
 *
 *  name_r  the arena's, INBOX in upper case
 *  err     PERMANENT: what is wrong with it, for the client
 */
bool mailbox_name_check(struct arena *arena, struct span name, char separator, const char **name_r,
                        struct error *err) MUST_CHECK;

/* mailbox_name_parent - octets of the name above ("a.b" of "a.b.c"); 0 when there is none */
size_t mailbox_name_parent(const char *name, char separator);

/* mailbox_name_is_below - is name a child, at any depth, of parent? */
bool mailbox_name_is_below(const char *name, const char *parent, char separator);

#endif
