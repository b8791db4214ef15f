/* One file of maildrop/ on its way to cleanup. */
#ifndef BUZON_PICKUP_DROP_H
#define BUZON_PICKUP_DROP_H

#include "lib/base/buf.h"
#include "lib/config/config.h"
#include "lib/io/ipc.h"

struct pickup {
    const struct config *config;
    int maildrop; /* the directory */
    struct arena *arena;
    struct buf input;
    struct connection *cleanup; /* kept between messages */
};

enum drop_result {
    DROP_DONE,  /* it is in the queue: the file may go */
    DROP_BAD,   /* it will never be a message: the file must go */
    DROP_LATER, /* nothing is wrong with it that could not be right the next time */
    DROP_STOP,  /* and no other file would fare better now */
};

/* drop_hand_in - the message of a file; all trouble has been logged */
enum drop_result drop_hand_in(struct pickup *pickup, const char *name);

#endif
