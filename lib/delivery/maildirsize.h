/* The file `maildirsize`: what of it is parsed. */
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

#endif
