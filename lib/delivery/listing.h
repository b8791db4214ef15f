/*
 * What is in the queue, for people: who waits for what and why. showq walks over the queues and sends
 * an entry for each message; buzonqueue receives them, or walks by itself when the mail system is down.
 */
#ifndef BUZON_LIB_DELIVERY_LISTING_H
#define BUZON_LIB_DELIVERY_LISTING_H

#include "lib/config/config.h"
#include "lib/io/ipc.h"
#include "lib/queue/queue_file.h"

#define LISTING_RECIPIENTS_MAX 1000 /* in one entry */

struct listing_recipient {
    const char *address;  /* internal form */
    const char *reason;   /* "" when there is none */
    const char *original; /* as the sender said it; "" when that is not known, or the same */
};

/* A message; one with many recipients comes in several entries. */
struct listing_entry {
    const char *queue; /* "maildrop", "active", "incoming", "deferred", "hold" */
    const char *queue_id;
    uint64_t arrival_s;
    uint64_t size; /* octets of content */
    bool forced_expire;
    bool continued; /* another entry of this message follows */
    const char *sender;
    struct listing_recipient *recipients; /* that are not done; those with a reason come first */
    size_t recipient_count;
};

/* listing_walk - hand all messages of all queues to `take`, until it answers false (then err is its).
 * Files that vanish or cannot be read are left out. */
typedef bool listing_take(void *context, const struct listing_entry *entry, struct error *err);
bool listing_walk(int queue_directory, const struct config *config, listing_take *take,
                  void *context, struct error *err) MUST_CHECK;

/* listing_message - likewise the message of that queue id, if it is in that queue */
bool listing_message(int queue_directory, const struct config *config, const char *queue,
                     const char *queue_id, listing_take *take, void *context,
                     struct error *err) MUST_CHECK;

/* listing_send - one entry; NULL ends the list */
bool listing_send(struct connection *client, const struct listing_entry *entry,
                  struct error *err) MUST_CHECK;
/* listing_receive - texts are the arena's; an empty queue id is the end of the list */
bool listing_receive(struct connection *showq, struct arena *arena, struct listing_entry *entry_r,
                     struct error *err) MUST_CHECK;

#endif
