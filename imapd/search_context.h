/*
 * Searches that go on: RETURN (UPDATE) of RFC 5267. The client hears which messages came to match and
 * which match no longer, until it cancels that or leaves the mailbox.
 */
#ifndef BUZON_IMAPD_SEARCH_CONTEXT_H
#define BUZON_IMAPD_SEARCH_CONTEXT_H

#include "imapd/search_return.h"

/* search_contexts_has - does a search with that tag go on? */
bool search_contexts_has(const struct imapd_session *session, struct span tag);
/* search_contexts_add - the search that just found these goes on
 *
 *  program  what stood behind RETURN: [CHARSET x] and keys, which are understood once more
 *
 * Where there are too many the client is told that nothing comes (RFC 5267 section 4.3.1).
 */
void search_contexts_add(struct imapd_session *session, struct span program,
                         const struct found *found);
void search_contexts_clear(struct search_contexts *contexts);

/* search_contexts_tell_gone - before the client's numbers change: what is gone is in no result */
void search_contexts_tell_gone(struct imapd_session *session);
/* search_contexts_tell - after the client was told of all messages and flags */
void search_contexts_tell(struct imapd_session *session);

#endif
