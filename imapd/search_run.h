/* A whole search of one mailbox, as SEARCH, SORT, THREAD and ESEARCH begin. */
#ifndef BUZON_IMAPD_SEARCH_RUN_H
#define BUZON_IMAPD_SEARCH_RUN_H

#include "imapd/progress.h"
#include "imapd/search.h"
#include "imapd/search_return.h"

/*
 * search_run - the messages that match, in the order of the mailbox
 *
 *  mailbox  is being read (mailbox_begin_reading); also afterwards, unless the session has ended
 *  err      MALFORMED: a sequence number is past the last message; PERMANENT: the limit of time, with
 *           the response code in front; TEMPORARY: what is in found_r is right, but may lack messages
 */
bool search_run(struct imapd_session *session, struct mailbox *mailbox, struct search *search,
                struct progress *progress, struct found *found_r, struct error *err) MUST_CHECK;

/* search_failed - the reply to that */
void search_failed(struct imapd_session *session, const struct error *err);

#endif
