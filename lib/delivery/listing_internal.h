/* What the files of the listing share. */
#ifndef BUZON_LIB_DELIVERY_LISTING_INTERNAL_H
#define BUZON_LIB_DELIVERY_LISTING_INTERNAL_H

#include "lib/delivery/listing.h"

struct listing_walk {
    int queue_directory;
    const struct config *config;
    struct arena *arena; /* of one message */
    listing_take *take;
    void *context;
};

/* listing_hand_out - the entry, in pieces that a message between daemons can hold */
bool listing_hand_out(const struct listing_walk *walk, struct listing_entry *entry,
                      struct error *err) MUST_CHECK;

/* listing_maildrop - all that waits in maildrop/ for pickup */
bool listing_maildrop(const struct listing_walk *walk, struct error *err) MUST_CHECK;
/* listing_maildrop_file - one of these */
bool listing_maildrop_file(const struct listing_walk *walk, const char *queue_id, const char *path,
                           struct error *err) MUST_CHECK;

#endif
