/* The queue as buzonqueue shows it: as mailq(1) always has, or as JSON. Scripts read both. */
#ifndef BUZON_TOOLS_QUEUE_TEXT_H
#define BUZON_TOOLS_QUEUE_TEXT_H

#include "lib/base/buf.h"
#include "lib/delivery/listing.h"

struct queue_text {
    bool json;
    bool long_ids; /* wider columns, for enable_long_queue_ids */
    size_t messages;
    uint64_t octets;
    bool continued;    /* the next entry goes on with this message */
    char *last_reason; /* of the recipient before; owned */
};

/* queue_text_entry - append an entry as it is shown */
void queue_text_entry(struct queue_text *state, struct buf *text,
                      const struct listing_entry *entry);
/* queue_text_end - append what follows the last one */
void queue_text_end(struct queue_text *state, struct buf *text);

#endif
