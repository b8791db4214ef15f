/*
 * Lock files as Dovecot makes them ("dovecot-uidlist.lock"), so that both can run on one Maildir. A
 * lock file of ours says "pid:host", so that one whose process was killed is told from one in use.
 */
#ifndef BUZON_LIB_STORE_DOTLOCK_H
#define BUZON_LIB_STORE_DOTLOCK_H

#include "lib/base/base.h"

struct dotlock {
    int directory; /* borrowed */
    char *name;    /* of the lock file; NULL when it is not held */
};

#define DOTLOCK_NONE ((struct dotlock){.directory = -1})

/*
 * dotlock_take - make TARGET.lock in a directory, waiting for another holder
 *
 * A lock file is nobody's when its process on this host is dead, or when it is two minutes old.
 *
 *  err  TEMPORARY: still held after a minute, or the system's reason
 */
bool dotlock_take(int directory, const char *target, struct dotlock *lock_r,
                  struct error *err) MUST_CHECK;
/* dotlock_release - nothing happens when it is not held */
void dotlock_release(struct dotlock *lock);

#endif
