/* The mailboxes that NOTIFY watches, what a client knows of them, and the kernel's word of changes. */
#ifndef BUZON_IMAPD_NOTIFY_WATCH_H
#define BUZON_IMAPD_NOTIFY_WATCH_H

#include "imapd/notify.h"
#include "lib/base/hash.h"

#define NOTIFY_MAILBOXES_MAX 1000 /* that are watched: two directories each */

struct notify_mailbox {
    const char *name;
    struct store_status told; /* as the client knows it; of one that can be selected */
    unsigned events;          /* enum notify_event */
    bool selectable, subscribed;
    bool changed; /* something happened in it */
};

/* All of one moment. When mailboxes are made, renamed or removed, another one takes its place. */
struct notify_watch {
    struct arena *arena;
    struct notify_mailbox *mailboxes; /* by name */
    size_t count;
    struct hash *by_name;
    struct hash *by_directory; /* inotify's descriptors */
    int notifier;
    struct hash *names;          /* of directories whose changes are those of names */
    struct store_entry *entries; /* all that there were */
    size_t entry_count;
    bool names_changed; /* perhaps */
    bool is_stale;      /* a directory that was watched went */
};

enum notify_result { NOTIFY_DONE, NOTIFY_OVERFLOW, NOTIFY_FAILED };

/*
 * notify_watch_create - watch what the groups name, and see how it is now
 *
 *  OVERFLOW  too many mailboxes, or the kernel does not watch so many directories
 *  FAILED    *err
 */
enum notify_result notify_watch_create(struct imapd_session *session,
                                       const struct notify_request *request,
                                       struct notify_watch **watch_r, struct error *err) MUST_CHECK;
void notify_watch_free(struct notify_watch **watch);

/* notify_watch_is_current - are mailboxes and subscriptions still those? Else another watch is due. */
bool notify_watch_is_current(struct imapd_session *session, struct notify_watch *watch);

struct notify_mailbox *notify_watch_find(const struct notify_watch *watch, const char *name);
/* notify_watch_read - take what the kernel says, without waiting; marks are set */
void notify_watch_read(struct notify_watch *watch);

#endif
