/*
 * The one process that this is, as the files of lib/service share it. Daemons see service.h.
 */
#ifndef BUZON_LIB_SERVICE_PROCESS_H
#define BUZON_LIB_SERVICE_PROCESS_H

#include "lib/service/master_protocol.h"
#include "lib/service/options.h"
#include "lib/service/scoreboard.h"
#include "lib/service/service.h"

#include <signal.h>

struct service_process {
    const struct service *service;
    struct service_options options;
    struct service_instance instance;
    int channel;         /* to master; -1: there is none (stand-alone, tools) */
    int directory;       /* from which "private/NAME" is seen; AT_FDCWD: the working directory */
    bool through_master; /* connections are asked for at master: the chroot has no sockets */
    struct scoreboard *board; /* NULL without master */
    unsigned wakeups;         /* heard from master and not yet acted on */
    bool has_no_groups;       /* no supplementary ones (become.c) */

    /* Read and written by the signal handler too. */
    volatile sig_atomic_t draining; /* end when what is going on has ended */
    volatile sig_atomic_t stopping; /* master stops or is gone: also end what is only quiet */
    volatile sig_atomic_t quiet;    /* nothing is going on */
    volatile sig_atomic_t resting; /* nothing is being done, but might be asked for at any moment */

    struct {                  /* event-driven services */
        unsigned connections; /* and other reasons to stay */
        bool drained;         /* on_drain has been called */
        struct watch *channel;
        struct watch *sockets[SERVICE_SOCKETS_MAX];
        struct watch *noted; /* something was heard outside the loop */
        struct watch *idle;
        struct watch *room; /* there may be descriptors again */
        struct watch *beat; /* of the watchdog */
    } events;
};

extern struct service_process service_process;

/* service_ipc_timeout_ms - ipc_timeout as connections take it */
int service_ipc_timeout_ms(void);
/* service_took, service_freed - tell the scoreboard, and master where it has to know */
void service_took(void);
void service_freed(void);
/* service_left - what is left for this process to do may take hours: it takes nobody more, which is no
 * overload, and nobody shall wait for a process limit so long */
void service_left(void);
/* service_hear_master - take what is on the channel: notes drain, wake-ups and master's end */
void service_hear_master(void);
/* service_note_record - a record that is no answer */
void service_note_record(const struct master_record *record);
/* service_unlisten - the sockets are refused to everybody from now on: master is gone */
void service_unlisten(void);
/* service_accept - from listening socket number i; -1: nothing there after all, or one line in the log */
int service_accept(unsigned i, int flags);
/* service_lacks_room - it was that, by its errno: who waits stays there, so that it is of no use to try again
 * before SERVICE_ROOM_MS have passed */
bool service_lacks_room(int number);
#define SERVICE_ROOM_MS 1000
/* service_swallow - take pokes from a FIFO, a datagram socket, or as connections; false: none was there */
bool service_swallow(unsigned i);

static inline int service_listen_fd(unsigned i)
{
    return MASTER_LISTEN_FD + (int)i;
}

/* service_serve_... - until there is reason to end; alone: until the client on standard input ends */
void service_serve_blocking(void);
void service_serve_blocking_alone(void);
void service_serve_events(void);
void service_serve_events_alone(void);

/* identity_drop - chroot and give root up, as the service's user says, for good, checked */
bool identity_drop(struct service_process *process, struct error *err) MUST_CHECK;
/* identity_directories - before the chroot: working directory and open queue directory */
bool identity_directories(struct service_process *process, struct error *err) MUST_CHECK;

/* service_confine - service_is_confined is true from now on */
void service_confine(void);
/* service_insist_on_tables - what service_needs_tables says */
void service_insist_on_tables(bool insists);

/* identity_become - all ids and gids for good; checked, root cannot come back */
bool identity_become(uid_t uid, gid_t gid, struct error *err) MUST_CHECK;

/* sandbox_capabilities - while still root: give up what the service never needs */
bool sandbox_capabilities(const struct service *service, struct error *err) MUST_CHECK;
/* sandbox_apply - after the user is changed: what the process may not ask of the kernel any more */
bool sandbox_apply(const struct service *service, bool debugging, struct error *err) MUST_CHECK;

#endif
