/* The sum of a Maildir: as the file `maildirsize` has it, and as it is counted. */
#ifndef BUZON_LIB_DELIVERY_MAILDIRSIZE_H
#define BUZON_LIB_DELIVERY_MAILDIRSIZE_H

#include "lib/delivery/quota.h"

#define MAILDIRSIZE_MAX 5120 /* octets; a longer one is made anew */

struct maildirsize {
    struct mailbox_quota limit;
    uint64_t storage, messages;
    size_t lines; /* of changes */
};

/* maildirsize_parse - false: damaged, or a sum below nothing */
bool maildirsize_parse(struct span text, struct maildirsize *size_r) MUST_CHECK;
/* maildirsize_count - add to `size` what is in the mailboxes of an open Maildir, which lie in each other when its limit
 * is_tree. A message that comes or goes meanwhile may count or not. false: a directory cannot be read. */
bool maildirsize_count(int directory, struct maildirsize *size, struct error *err) MUST_CHECK;

#endif
