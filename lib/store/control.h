/*
 * Files that hold what is known of a mailbox: dovecot-uidlist, dovecot-keywords, subscriptions and the like. Whatever
 * is found in the place of one, its mailbox stays usable.
 */
#ifndef BUZON_LIB_STORE_CONTROL_H
#define BUZON_LIB_STORE_CONTROL_H

#include "lib/base/buf.h"

/*
 * control_read - append the content of such a file, up to the limit of `text`
 *
 * What can be none (a directory, a FIFO, links in a circle, more octets than the limit) is renamed to another name,
 * with a warning, and is as good as absent from then on; so is a link that leads nowhere, which stays until the file is
 * written.
 *
 *  found_r  the file is there and was read
 *  err      TEMPORARY: the system did not let us read it
 */
bool control_read(int directory, const char *name, struct buf *text, bool *found_r,
                  struct error *err) MUST_CHECK;
/* control_set_aside - rename it to NAME.damaged.NUMBER; `reason` is logged, with what became of it */
bool control_set_aside(int directory, const char *name, const char *reason);

#endif
