/*
 * The Maildir writer of the delivery agents, and what lib/store shares with it: how message files are
 * named and how a Maildir is made. Sources: cr.yp.to/proto/maildir.html, Dovecot's and Courier's
 * ",S=" (octets of the file) and ",W=" (octets with CRLF line ends).
 */
#ifndef BUZON_LIB_DELIVERY_MAILDIR_H
#define BUZON_LIB_DELIVERY_MAILDIR_H

#include "lib/delivery/content.h"

#include <sys/time.h>

#define MAILDIR_NAME_MAX 255 /* octets of a file name, without NUL */

/*
 * maildir_open - the Maildir at `path` as an open directory, the caller's to close; made when it is missing.
 * -1 and *err as error_errno.
 */
int maildir_open(const char *path, struct error *err) MUST_CHECK;

/*
 * maildir_deliver - put one message into new/
 *
 * When it returns true, message and directory entry are on stable storage, and the name tells size
 * and size with CRLF. Missing tmp/, new/ and cur/ are made first, mode 0700. Runs with the rights that the
 * caller took on (service_become).
 *
 *  maildir   open directory; borrowed
 *  path      of it, absolute or seen from the working directory
 *  hostname  goes into the file name
 *  content   borrowed
 *  err       as error_errno; err->number is ENOSPC, EDQUOT, EFBIG, ... where the system gave one
 *
 * After false nothing is left in new/, unless the last sync failed: then the message may be seen.
 * Source: design, section 4, rule 3.
 */
bool maildir_deliver(int maildir, const char *path, const char *hostname,
                     const struct delivery_content *content, struct error *err) MUST_CHECK;

/* maildir_create - path with tmp/, new/ and cur/, mode 0700, the directories above it too, all synced.
 * What is there already stays. */
bool maildir_create(const char *path, struct error *err) MUST_CHECK;

/* maildir_unique_name - "1234567890.M123456P789.host": unique when no two calls of a process bring
 * the same `now` */
void maildir_unique_name(char name[MAILDIR_NAME_MAX + 1], struct timeval now, const char *hostname);

/* maildir_final_name - unique name with ",S=size,W=size with CRLF" */
void maildir_final_name(char name[MAILDIR_NAME_MAX + 1], const char *unique, uint64_t size,
                        uint64_t virtual_size);

/*
 * Line ends that lack their CR, counted over any number of blocks: virtual size = size + count.
 * previous is the last octet of the block before, 0 at the start.
 */
uint64_t maildir_count_bare_lf(struct span block, char *previous);

#endif
