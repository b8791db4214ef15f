/*
 * Who holds a lock file, as Dovecot writes it: "pid:host" is what the file says. So one whose process was killed is told
 * from one in use, and nobody waits until it is old.
 */
#ifndef BUZON_LIB_DELIVERY_LOCK_HOLDER_H
#define BUZON_LIB_DELIVERY_LOCK_HOLDER_H

#include "lib/base/base.h"

#define LOCK_HOLDER_MAX 300 /* octets of a lock file */

/*
 * lock_holder_write - a file that names this process, to be linked to the lock's name
 *
 * Whoever is killed in between leaves no lock that names nobody. On a full disk it is empty, and locks as well.
 *
 *  directory  borrowed; or AT_FDCWD
 *  path       of the file in it, which is made anew
 *
 * False: errno
 */
bool lock_holder_write(int directory, const char *path) MUST_CHECK;
/* lock_holder_is_dead - does the lock file name a process of this host that is no more? */
bool lock_holder_is_dead(int directory, const char *path);

#endif
