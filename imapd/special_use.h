/*
 * What mailboxes are for (RFC 6154): what a client said, kept as the annotation /private/specialuse, or
 * else what mailbox_special_use says of the name.
 */
#ifndef BUZON_IMAPD_SPECIAL_USE_H
#define BUZON_IMAPD_SPECIAL_USE_H

#include "imapd/session.h"

#define SPECIAL_USE_ENTRY "/private/specialuse"

/* special_use_find - *use_r "\Sent" or several with spaces between (the arena's), or NULL */
bool special_use_find(struct imapd_session *session, const char *name, const char **use_r,
                      struct error *err) MUST_CHECK;

/* special_use_is_valid - attributes that a mailbox of ours can have, with a space between them; or
 * nothing at all */
bool special_use_is_valid(struct span uses) MUST_CHECK;

/* special_use_set - durable when it returns true; `uses` is valid */
bool special_use_set(struct imapd_session *session, const char *name, struct span uses,
                     struct error *err) MUST_CHECK;

/* special_use_make_mailboxes - those of mailbox_autocreate and mailbox_autosubscribe that are missing;
 * trouble is logged */
void special_use_make_mailboxes(struct imapd_session *session);

#endif
