/* What agents must know about content before they send it, found while it passes by in blocks. */
#ifndef BUZON_LIB_QUEUE_CONTENT_FLAGS_H
#define BUZON_LIB_QUEUE_CONTENT_FLAGS_H

#include "lib/queue/queue_file.h"

struct content_flags {
    unsigned flags; /* QUEUE_EIGHT_BIT, QUEUE_NEEDS_STUFFING, QUEUE_LONG_LINE */
    size_t line;    /* octets of the last line so far; 0 at the start of a line */
};

/* content_flags_add - the next block; lines may go across blocks */
void content_flags_add(struct content_flags *content, struct span block);

#endif
