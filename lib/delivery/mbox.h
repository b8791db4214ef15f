/*
 * The mbox writer of the delivery agents, and the locks of mboxes, which lib/store takes too: fcntl
 * first, then a dotlock, as Debian's policy (section 11.6) asks.
 */
#ifndef BUZON_LIB_DELIVERY_MBOX_H
#define BUZON_LIB_DELIVERY_MBOX_H

#include "lib/delivery/content.h"

#include <sys/types.h>
#include <time.h>

struct mbox_settings {
    const char
        *locks; /* mailbox_delivery_lock, virtual_mailbox_lock: "fcntl, dotlock", also flock */
    int lock_attempts;   /* deliver_lock_attempts */
    int lock_delay_s;    /* deliver_lock_delay */
    int stale_lock_s;    /* stale_lock_time: an older dotlock is removed */
    uint64_t size_limit; /* mailbox_size_limit: octets of the mbox afterwards; 0 for none */
    bool strict_owner;   /* strict_mailbox_ownership: the file must be the effective uid's */
    bool is_target;      /* a file that an alias or .forward names: no program is written to */
};

struct mbox_lock {
    char *dotlock; /* NULL: none is held */
};

/*
 * mbox_lock - take the locks that settings->locks names, in that order
 *
 *  fd    the open mbox, for fcntl and flock; they end when it is closed
 *  err   TEMPORARY with errno EAGAIN: another program holds it
 */
bool mbox_lock(const char *path, int fd, const struct mbox_settings *settings,
               struct mbox_lock *lock_r, struct error *err) MUST_CHECK;
void mbox_unlock(struct mbox_lock *lock);

/* mbox_append - the same as mbox_deliver, to an open mbox that is locked and of a regular file; without
 * size_limit, and what was written of it in vain stays for the caller to cut off */
bool mbox_append(int fd, const char *sender, time_t now, const struct delivery_content *content,
                 struct error *err) MUST_CHECK;

/* mbox_end_last - before something is appended: what a power failure cut off, or another program left so, ends with an
 * empty line; else the next message would be a part of it. *added_r, which may be NULL: octets that were written. */
bool mbox_end_last(int fd, uint64_t size, uint64_t *added_r, struct error *err) MUST_CHECK;
/* mbox_sync_entry - a new file counts only when its entry in the directory is durable too */
bool mbox_sync_entry(const char *path, struct error *err) MUST_CHECK;

/*
 * mbox_deliver - append one message
 *
 * When it returns true the message is on stable storage. "From sender date" stands before it, an
 * empty line behind it, and a '>' before each of its lines that begins with "From ". A missing file is
 * made with mode 0600. A path that is no regular file (/dev/null) is written without lock and sync.
 * Runs with the rights that the caller took on: in a spool of group mail those of user and group mail.
 *
 *  path      never followed when it is a symbolic link; a file with several names is refused
 *  sender    envelope sender, "" is written as MAILER-DAEMON
 *  now       date of the "From " line
 *  start_r   may be NULL; else where in the file the message begins
 *  err       why not, as a user shall read it; err->number EFBIG: size_limit, ENOEXEC: it is executable. PERMANENT
 *            when the file is there and cannot be written to (lib/delivery/blame.h)
 *
 * After false the mbox is as it was (cut back to its old length).
 */
bool mbox_deliver(const char *path, const char *sender, time_t now,
                  const struct delivery_content *content, const struct mbox_settings *settings,
                  int64_t *start_r, struct error *err) MUST_CHECK;

#endif
