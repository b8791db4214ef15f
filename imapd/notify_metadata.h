/* NOTIFY's metadata events (RFC 5465 sections 5.7 and 5.8): annotations of mailboxes and of the account. */
#ifndef BUZON_IMAPD_NOTIFY_METADATA_H
#define BUZON_IMAPD_NOTIFY_METADATA_H

#include "imapd/notify_state.h"
#include "imapd/park.h"

/* What is watched, and which annotations there are. */
struct notify_metadata;

/* notify_metadata_create - of the mailboxes of a watch whose groups want it. OVERFLOW as there. */
enum notify_result notify_metadata_create(struct imapd_session *session,
                                          const struct notify_watch *watch,
                                          struct notify_metadata **metadata_r,
                                          struct error *err) MUST_CHECK;
void notify_metadata_free(struct notify_metadata **metadata);
/* notify_metadata_remember - what it knows, for `state`; borrowed but for the arrays, which are the arena's */
void notify_metadata_remember(const struct notify_metadata *metadata, struct arena *arena,
                              struct notify_state *state);
/* notify_metadata_recall - that again, for notify_metadata_tell_since; it watches nothing */
struct notify_metadata *notify_metadata_recall(const struct notify_state *state)
    __attribute__((returns_nonnull));
/* notify_metadata_add_watches - watch it elsewhere too; false: it cannot be watched, or is too much */
bool notify_metadata_add_watches(struct imapd_session *session,
                                 const struct notify_metadata *metadata,
                                 struct imapd_leaving *leaving) MUST_CHECK;
/* notify_metadata_descriptor - readable when there may be something to tell */
int notify_metadata_descriptor(const struct notify_metadata *metadata);
/* notify_metadata_tell - METADATA responses with the entries that changed */
void notify_metadata_tell(struct imapd_session *session, struct notify_metadata *metadata);
/* notify_metadata_tell_since - likewise, of mailboxes that both know, by how `old` saw them */
void notify_metadata_tell_since(struct imapd_session *session, const struct notify_metadata *old,
                                const struct notify_metadata *metadata);

#endif
