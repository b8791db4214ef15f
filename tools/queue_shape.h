/* How old the mail of each domain is: the table that qshape(1) prints, buzonqueue --shape. */
#ifndef BUZON_TOOLS_QUEUE_SHAPE_H
#define BUZON_TOOLS_QUEUE_SHAPE_H

#include "lib/base/buf.h"
#include "lib/delivery/listing.h"

#define SHAPE_DOMAINS_MAX 100000 /* with a row of their own; more of them share one */

struct queue_shape;

/* queue_shape_create - by_sender: messages by the domain of their sender, else recipients by theirs */
struct queue_shape *queue_shape_create(bool by_sender, int64_t now_s)
    __attribute__((returns_nonnull));
void queue_shape_free(struct queue_shape **shape);

/* queue_shape_take - count a piece of a message; a listing_take, its context is the shape */
bool queue_shape_take(void *context, const struct listing_entry *piece, struct error *err);

/* queue_shape_put - append the table, the domain with the most first */
void queue_shape_put(struct queue_shape *shape, struct buf *text);

#endif
