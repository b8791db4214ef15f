/*
 * Recipients with what there is to tell about them. They come one by one, are told in batches, and are then
 * forgotten, so that a message with very many recipients does not gather them all.
 */
#ifndef BUZON_QMGR_FINDINGS_H
#define BUZON_QMGR_FINDINGS_H

#include "lib/delivery/notice.h"

#define BATCH_MAX NOTICE_RECIPIENTS_MAX

#define NO_RECIPIENT SIZE_MAX /* notice_recipient.number of what belongs to the next one */

struct batch {
    struct arena *arena;                 /* of the batch itself and all in it */
    struct notice_recipient *recipients; /* number: place in the envelope */
    size_t count, capacity;
    size_t told; /* the first so many are done with */
    struct batch *next;
};

struct findings {
    struct batch *first, *last;
    size_t count;       /* that are not done with */
    bool is_being_told; /* of the first batch */
};

/* findings_add - texts are copied, as much of them as a notice may have */
void findings_add(struct findings *findings, const struct notice_recipient *recipient);
/* findings_is_full - the first batch can take no more */
bool findings_is_full(const struct findings *findings);
/* findings_told - the next `count` of the first batch are done with; at its end it is forgotten */
void findings_told(struct findings *findings, size_t count);
/* findings_release - forget all */
void findings_release(struct findings *findings);

#endif
