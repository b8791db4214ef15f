/*
 * What POP3 wants to know of messages and nobody else: names of files, of which unique ids can be made, and the
 * keeping of such ids (the extension P of dovecot-uidlist; mailbox_pop3_uidls tells which are kept).
 */
#ifndef BUZON_LIB_STORE_POP3_H
#define BUZON_LIB_STORE_POP3_H

#include "lib/store/store.h"

struct pop3_names {
    const char *file; /* name of its file without flags; "" where messages have none */
    const char *guid; /* what Dovecot calls its GUID; "" likewise */
};

/* mailbox_pop3_names - of each message of the view; the arena's */
bool mailbox_pop3_names(struct mailbox *mailbox, struct arena *arena, struct pop3_names **names_r,
                        struct error *err) MUST_CHECK;

/*
 * mailbox_pop3_keep - keep unique ids from now on
 *
 *  ids  of each message of the view; NULL: not of this one. Those that have one already keep it.
 */
bool mailbox_pop3_keep(struct mailbox *mailbox, const char *const *ids,
                       struct error *err) MUST_CHECK;

#endif
