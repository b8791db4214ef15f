/* Commands that may take long: the client hears of it (RFC 9585), and they end some day. */
#ifndef BUZON_IMAPD_PROGRESS_H
#define BUZON_IMAPD_PROGRESS_H

#include "imapd/session.h"

struct progress {
    struct imapd_session *session;
    struct mailbox *mailbox; /* whose reading is interrupted while the client is told */
    size_t done, total;      /* messages */
    int64_t next_ms, ends_ms;
    unsigned skipped; /* steps since the clock was looked at */
};

/* progress_begin - of work on `total` messages of all mailboxes together; the mailbox is that which is
 * being read, and may be set anew */
void progress_begin(struct progress *progress, struct imapd_session *session,
                    struct mailbox *mailbox, size_t total);
/* progress_step - one more message is done. false: the time is up (PERMANENT, for NO [LIMIT]), or the
 * client is gone (session->ended). */
bool progress_step(struct progress *progress, struct error *err) MUST_CHECK;
/* progress_reach - likewise: so many are done now */
bool progress_reach(struct progress *progress, size_t done, struct error *err) MUST_CHECK;

#endif
