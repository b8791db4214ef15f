/*
 * What watches the mailboxes of a pool's parked sessions: an inotify instance that an imapd made, and
 * that imapds add watches to. login sees no path; it knows which sessions wait for which watch.
 */
#ifndef BUZON_LOGIN_NOTIFIER_H
#define BUZON_LOGIN_NOTIFIER_H

#include "login/worker.h"

#include "lib/sasl/parking.h"

struct notifier;
struct park;

/* One of a parked session's watches. */
struct notice {
    struct park *park;
    struct spot *spot;
    struct notice *next, *previous; /* of the same spot */
};

/* notifier_create - of a pool that has none; takes the instance. NULL: it is nothing that can be
 * waited for, and is closed: imapd may be in its user's hands. */
struct notifier *notifier_create(struct pool *pool, int instance) MUST_CHECK;
/* notifier_free - no session waits any more; NULL is fine */
void notifier_free(struct notifier **notifier);
/* notifier_descriptor - the instance, borrowed; -1 for NULL */
int notifier_descriptor(const struct notifier *notifier);

/*
 * notifier_add - a session waits for this watch
 *
 * False: something happened there between the moment when imapd set the watch and now, so the session
 * must not wait. It has the notice in either case.
 */
bool notifier_add(struct notifier *notifier, struct park *park, int descriptor,
                  struct notice *notice_r) MUST_CHECK;
/* notifier_remove - it waits no more */
void notifier_remove(struct notifier *notifier, struct notice *notice);
/* notifier_settle - no imapd is about to park just now: watches that nobody needs can go. NULL is
 * fine. */
void notifier_settle(struct notifier *notifier);

#endif
