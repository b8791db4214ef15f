/*
 * Which message becomes active, and when: what cleanup brings, what lies in incoming/, what is due in
 * deferred/. Directories are walked in small steps between other events: incoming/ at the start, when
 * master wakes us up and after there was no room; deferred/ at the start, to learn what is due when.
 */
#ifndef BUZON_QMGR_FEED_H
#define BUZON_QMGR_FEED_H

#include "qmgr/qmgr.h"

struct feed *feed_create(struct qmgr *qmgr) __attribute__((returns_nonnull));

/* feed_arrived - a message of cleanup's; the file (may be -1) is taken. Without room it stays where it is
 * until there is some. */
void feed_arrived(struct feed *feed, const char *queue_id, int file);
/* feed_is_behind - messages come faster than they leave: the active queue is full */
bool feed_is_behind(const struct feed *feed);
/* feed_scan - look at incoming/ */
void feed_scan(struct feed *feed);
/* feed_load_deferred - learn what is due when from deferred/: once, at the start */
void feed_load_deferred(struct feed *feed);
/* feed_room - a message has left, or something may be due */
void feed_room(struct feed *feed);
/* feed_flush - all deferred mail now; feed_flush_message: one */
void feed_flush(struct feed *feed);
void feed_flush_message(struct feed *feed, const char *queue_id);
/* feed_hand_over - what was to be flushed and is not yet, to the queue manager that follows us */
void feed_hand_over(struct feed *feed, struct connection *successor);

#endif
