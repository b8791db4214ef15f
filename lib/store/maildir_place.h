/*
 * New messages of a Maildir: appended ones are written to tmp/ first; copies are links to the same file, moved ones
 * the file itself. All get their places in cur/; when one of them fails, none of them stays. What appending
 * (maildir_save.c) and copying (maildir_copy.c) share; nobody else includes this.
 */
#ifndef BUZON_LIB_STORE_MAILDIR_PLACE_H
#define BUZON_LIB_STORE_MAILDIR_PLACE_H

#include "lib/store/maildir.h"

/* A message on its way into cur/ of the target. */
struct maildir_incoming {
    struct index_message message; /* as it will be; name and uid come on the way */
    char *placed;                 /* "cur/NAME" once it is there; the arena's */
    const char *origin;           /* path in `from` */
    struct index_message source;  /* of a copied one; its name is the arena's */
    uint32_t shown;               /* index in the view it was copied from */
};

struct maildir_placing {
    struct mailbox *target;
    struct index_mailbox *state;
    struct arena *arena;
    int from;        /* directory that origins are seen from */
    bool link;       /* the origin stays */
    bool renumbered; /* the target's UIDs had come to their end: all are new */
    struct maildir_incoming *incoming;
    size_t count;
};

/* maildir_name_incoming - the name that the message will have in cur/; `unique` is without sizes and flags */
bool maildir_name_incoming(struct maildir_placing *placing, struct maildir_incoming *incoming,
                           const char *unique, struct error *err) MUST_CHECK;
/* maildir_place - files, durability, UIDs, records; the lock is held and the target's state up to date. After false
 * none is there. */
bool maildir_place(struct maildir_placing *placing, struct error *err) MUST_CHECK;

#endif
