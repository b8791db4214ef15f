/*
 * What master and a process that it started share: the descriptors that the process inherits, and
 * the records on the channel between the two, a pair of sequenced-packet sockets for each process.
 * When master dies, the process reads the end of the channel.
 */
#ifndef BUZON_LIB_SERVICE_MASTER_PROTOCOL_H
#define BUZON_LIB_SERVICE_MASTER_PROTOCOL_H

#include "lib/base/base.h"

enum {
    MASTER_CHANNEL_FD = 3,    /* the process's end of the channel */
    MASTER_SCOREBOARD_FD = 4, /* the service's scoreboard (lib/service/scoreboard.h) */
    MASTER_LISTEN_FD = 5,     /* the first of the service's listening sockets */
};

#define SERVICE_SOCKETS_MAX 64 /* listening sockets of one service */

#define MASTER_NAME_MAX 100 /* octets of a service name with its NUL; fits a UNIX socket's path */

enum master_verb {
    MASTER_BUSY = 1, /* process: the last free process of this service is taken now */
    MASTER_STALE,    /* process: it ends, and others of its service should, for tables changed */
    MASTER_LEFT,     /* process: it drains; another one may do its work, whatever the limit */
    MASTER_CONNECT,  /* process: asks for a connection to the service `name` */
    MASTER_REACH,    /* process: likewise to the UNIX socket `name`, which is none of ours */
    MASTER_ANSWER,   /* master: the answer; with a descriptor, or `number` says why not */
    MASTER_DRAIN,    /* master: end after the connections that are there */
    MASTER_WAKEUP,   /* master: the time of the wakeup column has come */
};

/* A record. Both sides run the same version of the suite: it is no wire format. */
struct master_record {
    uint32_t verb;
    int32_t number; /* errno */
    char name[MASTER_NAME_MAX];
};

enum channel_result { CHANNEL_RECORD, CHANNEL_NOTHING, CHANNEL_CLOSED };

/* channel_send - without blocking; fd travels along when it is not negative; false: errno tells */
bool channel_send(int channel, const struct master_record *record, int fd) MUST_CHECK;
/*
 * channel_receive - the next record, without blocking
 *
 * A record of another size, or with a name without end, comes from a process that is not in order:
 * that is CHANNEL_CLOSED too. fd_r may be NULL: descriptors that come are then closed; else it is -1
 * or the receiver's to close.
 */
enum channel_result channel_receive(int channel, struct master_record *record_r,
                                    int *fd_r) MUST_CHECK;

#endif
