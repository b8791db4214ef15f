/*
 * Keys: octets by which messages are compared or put together (SORT, THREAD), made from what never changes in a
 * message, and kept in the index: mailbox_find_key and mailbox_keep_key of store.h. A record tells those of up to
 * INDEX_KEYS_BLOCK messages:
 *
 *   struct keys_header
 *   struct keys_entry[count]   in the order of UIDs
 *   the octets of each
 *
 * One that makes no sense, or is of other times, is not there: what it told is made anew.
 */
#ifndef BUZON_LIB_STORE_KEYS_H
#define BUZON_LIB_STORE_KEYS_H

#include "lib/store/driver.h"

/* How keys are made (imapd/sort_order.c, imapd/thread.c) and written: another way is another number. */
#define KEYS_FORMAT 0x6b790001U

struct keys_header {
    uint32_t format;
    uint32_t characters;  /* casemap_version: texts among the keys are mapped by it */
    uint32_t uidvalidity; /* that the UIDs are of */
    uint32_t count;
};

struct keys_entry {
    uint16_t place; /* of the UID in its block */
    uint16_t len;   /* KEY_MAX at most */
};

_Static_assert(sizeof(struct keys_header) == 16 && sizeof(struct keys_entry) == 4,
               "layout of the index");

/* A record taken apart: keys by place; data NULL: there is none. */
struct keys_block {
    struct span keys[INDEX_KEYS_BLOCK];
};

/* keys_decode - keys are borrowed from the octets; false: it makes no sense, and block_r has none */
bool keys_decode(struct span octets, uint32_t uidvalidity, struct keys_block *block_r) MUST_CHECK;
void keys_encode(struct buf *out, uint32_t uidvalidity, const struct keys_block *block);

/* What a mailbox has read of its keys, and what it will write. */
struct keys;

void keys_free(struct keys **keys);
/* keys_pending - octets that wait to be written */
size_t keys_pending(const struct keys *keys);
/* keys_forget_pending - also what could not be written */
void keys_forget_pending(struct keys *keys);
/* keys_write - into the index; its write transaction is open, and none of the messages has changed its UID */
bool keys_write(struct mailbox *mailbox, struct keys *keys, struct error *err) MUST_CHECK;

#endif
