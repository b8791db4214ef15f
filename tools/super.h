/*
 * What an administrator may do with messages in the queue, whatever qmgr is doing with them: a delivery in
 * flight goes on, and what comes of it is written into the file wherever that lies by then.
 */
#ifndef BUZON_TOOLS_SUPER_H
#define BUZON_TOOLS_SUPER_H

#include "lib/base/hash.h"
#include "lib/config/config.h"
#include "lib/io/ipc.h"
#include "lib/queue/queue_file.h"

struct super {
    const struct config *config;
    int queue_directory;
    struct connection *qmgr;    /* NULL: not connected */
    struct connection *cleanup; /* likewise */
    bool qmgr_is_down;
    struct hash *requeued; /* queue ids of what we have made of messages: nobody means these */
};

/*
 * An action on one whole message; false with err->number ENOENT: it is not in this queue. `done` tells
 * what was done to it, in counters of the table below.
 */
enum super_deed { DEED_REQUEUED, DEED_DELETED, DEED_EXPIRED, DEED_HELD, DEED_RELEASED, DEEDS };

typedef bool super_run(struct super *super, const char *queue, const char *queue_id,
                       bool done_r[DEEDS], struct error *err);

struct super_action {
    char option;
    super_run *run;
    const char *queues[5]; /* where it looks if none is named; ended by NULL */
    bool anywhere;         /* it may be used on all others, too */
};

/* super_action_find - NULL: no such option */
const struct super_action *super_action_find(char option);
/* super_action_has - it may be used on messages in this queue */
bool super_action_has(const struct super_action *action, const char *queue);

/* What the log says of a message, and of their number: "removed", "Deleted". */
struct super_words {
    const char *message, *total;
};

extern const struct super_words super_words[DEEDS];

/* super_purge - files of messages that were never finished, reasons for the delay of messages that are
 * gone; how many were removed */
size_t super_purge(struct super *super);

/* super_disconnect - close what is open */
void super_disconnect(struct super *super);

#endif
