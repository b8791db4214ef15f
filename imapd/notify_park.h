/* NOTIFY of sessions that are parked: what they remember, what is watched for them, and how they go on. */
#ifndef BUZON_IMAPD_NOTIFY_PARK_H
#define BUZON_IMAPD_NOTIFY_PARK_H

#include "imapd/notify.h"
#include "imapd/park.h"

/* notify_remember - what NOTIFY wants and was told (notify_state.h); false: past the limit of the buffer */
bool notify_remember(const struct imapd_session *session, struct buf *out) MUST_CHECK;
/* notify_add_watches - false: something cannot be watched, or is too much for a session that is parked */
bool notify_add_watches(struct imapd_session *session, struct imapd_leaving *leaving) MUST_CHECK;
/* notify_recall - goes on with what was remembered; what happened since is told by the next notify_tell_all. What
 * makes no sense is NOTIFY NONE, and the client is told. */
void notify_recall(struct imapd_session *session, struct span state);

/* notify_watch_of - what is watched now, NULL without NOTIFY: another one as soon as mailboxes have come or gone */
struct notify_watch;
const struct notify_watch *notify_watch_of(const struct imapd_session *session);

#endif
