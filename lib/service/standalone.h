/*
 * A session that a user starts himself, from a shell or through ssh ("tunnel" of mutt and mbsync):
 * no master, no login; who could start it is who may use it.
 */
#ifndef BUZON_LIB_SERVICE_STANDALONE_H
#define BUZON_LIB_SERVICE_STANDALONE_H

#include "lib/config/config.h"
#include "lib/delivery/mailbox.h"

struct standalone {
    struct config *config;
    struct arena *arena;
    const char *user;
    struct mailbox_place place;
    int client; /* one descriptor for both directions */
};

/*
 * standalone_begin - "PROGRAM -s [-c config_directory] [-m maildir]" was called; `program` as readers are named
 *
 * The mailbox is that of the calling user, by the configuration, unless -m names one. Does not return
 * when that cannot be: it says why on standard error.
 */
void standalone_begin(struct standalone *standalone, const char *program, int argc, char *argv[]);
/* standalone_is_wanted - is that how the program was called? */
bool standalone_is_wanted(int argc, char *argv[]);
void standalone_end(struct standalone *standalone);

#endif
