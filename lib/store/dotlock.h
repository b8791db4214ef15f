/*
 * Lock files as Dovecot makes them ("dovecot-uidlist.lock"), so that both can run on one Maildir. The
 * lock file may hold the new content of what it protects and take its place.
 */
#ifndef BUZON_LIB_STORE_DOTLOCK_H
#define BUZON_LIB_STORE_DOTLOCK_H

#include "lib/base/base.h"

struct dotlock {
    int directory; /* borrowed */
    char *name;    /* of the lock file; NULL when it is not held */
    int fd;        /* of the lock file, empty, for new content */
};

#define DOTLOCK_NONE ((struct dotlock){.directory = -1, .fd = -1})

/*
 * dotlock_take - make TARGET.lock in a directory, waiting for another holder
 *
 * A lock file that did not change for two minutes has lost its holder and is removed.
 *
 *  err  TEMPORARY: still held after a minute, or the system's reason
 */
bool dotlock_take(int directory, const char *target, struct dotlock *lock_r,
                  struct error *err) MUST_CHECK;
/* dotlock_replace - sync what was written to lock->fd and put it in the target's place; the lock is
 * gone afterwards in any case */
bool dotlock_replace(struct dotlock *lock, const char *target, struct error *err) MUST_CHECK;
/* dotlock_release - nothing happens when it is not held */
void dotlock_release(struct dotlock *lock);

#endif
