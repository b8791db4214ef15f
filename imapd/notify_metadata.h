/* NOTIFY's metadata events (RFC 5465 sections 5.7 and 5.8): annotations of mailboxes and of the account. */
#ifndef BUZON_IMAPD_NOTIFY_METADATA_H
#define BUZON_IMAPD_NOTIFY_METADATA_H

#include "imapd/notify_watch.h"

/* What is watched, and which annotations there are. */
struct notify_metadata;

/* notify_metadata_create - of the mailboxes of a watch whose groups want it. OVERFLOW as there. */
enum notify_result notify_metadata_create(struct imapd_session *session,
                                          const struct notify_watch *watch,
                                          struct notify_metadata **metadata_r,
                                          struct error *err) MUST_CHECK;
void notify_metadata_free(struct notify_metadata **metadata);
/* notify_metadata_descriptor - readable when there may be something to tell */
int notify_metadata_descriptor(const struct notify_metadata *metadata);
/* notify_metadata_tell - METADATA responses with the entries that changed */
void notify_metadata_tell(struct imapd_session *session, struct notify_metadata *metadata);
/* notify_metadata_tell_since - likewise, of mailboxes that both know, by how `old` saw them */
void notify_metadata_tell_since(struct imapd_session *session, const struct notify_metadata *old,
                                const struct notify_metadata *metadata);

#endif
