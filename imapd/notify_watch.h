/* What the files of NOTIFY share: the mailboxes that are watched, what a client knows of them, and the kernel's
 * word of changes. */
#ifndef BUZON_IMAPD_NOTIFY_WATCH_H
#define BUZON_IMAPD_NOTIFY_WATCH_H

#include "imapd/fetch.h"
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
    bool is_torn;       /* a mailbox went after it was listed: not of one moment */
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

struct notify {
    struct arena *arena;
    struct notify_request request;
    const struct notify_group *selected; /* NULL: nothing of the selected mailbox */
    bool has_items;
    struct fetch items; /* of new messages in the selected mailbox */
    struct notify_watch *watch;
    struct notify_metadata *metadata; /* of the mailboxes of `watch` */
    char *left; /* the mailbox that was selected when there was last anything to tell */
};

/* notify_is_selected - is that the selected mailbox? */
bool notify_is_selected(const struct imapd_session *session, const char *name);
/* notify_wants_messages - are message events of it wanted? */
bool notify_wants_messages(const struct notify_mailbox *mailbox);
/* notify_put_status - what of it changed: `messages`, `flags` */
void notify_put_status(struct imapd_session *session, const struct notify_mailbox *mailbox,
                       bool messages, bool flags);
/* notify_set_selected - find the group of the selected mailbox, and take its items; false: they make no sense */
bool notify_set_selected(struct notify *notify) MUST_CHECK;
/* notify_give_up - it is too much: the client is told so, and NOTIFY is off */
void notify_give_up(struct imapd_session *session);

#endif
