/*
 * The supervisor's state: services, their listening sockets and their processes. One process, one
 * loop; everything is reached from struct master.
 */
#ifndef BUZON_MASTER_MASTER_H
#define BUZON_MASTER_MASTER_H

#include "lib/base/hash.h"
#include "lib/config/master_cf.h"
#include "lib/io/loop.h"
#include "lib/service/scoreboard.h"

#include "master/endpoint.h"

#include <sys/types.h>

enum phase {
    PHASE_RUNNING,
    PHASE_FRONT_ENDS, /* stopping: nobody gets in any more, sessions go on, and what they need */
    PHASE_REST_ENDS,  /* stopping: everything ends */
};

struct master {
    const char *directory; /* of main.cf and master.cf */
    bool privileged;
    struct config *config;
    struct loop *loop;
    struct supply *supplies; /* one for each service */
    struct hash *children;   /* by process id */
    enum phase phase;
    bool killed; /* stopping: what is left has been sent SIGKILL */
    struct watch *stop_timer;
};

/* A service of master.cf: its sockets and its processes. */
struct supply {
    struct supply *next;
    struct master *master;
    struct master_service entry; /* a copy: processes outlive the file */
    char *path;                  /* of the program, whose name is entry.command */
    struct endpoint_list endpoints;

    struct scoreboard *board;
    int board_fd;
    struct child **slots; /* NULL: no process there */
    unsigned slot_count;
    unsigned processes;
    unsigned left; /* of these: they drain and do not count against the limit */

    bool retired;   /* no new process: it left master.cf, or master stops */
    bool throttled; /* no new process for a while: they fail */
    bool used;      /* it had a process once: lazy wake-ups begin */
    bool wakeup_due;
    struct watch *throttle_timer;
    struct watch *wakeup_timer;
    int64_t busy_ms;           /* when the last free process was taken, the last time */
    int64_t stressed_until_ms; /* overload: processes are told so (stress=yes); 0: never was */
};

struct child {
    struct supply *supply;
    pid_t pid;
    unsigned slot;
    int channel;
    struct watch *watch;
    bool draining;
    bool left; /* see MASTER_LEFT */
};

/* --- services.c: from master.cf to supplies ------------------------------------------------------ */

struct plan_list;

/* services_plan - what a configuration asks for, checked; nothing is changed. Both arguments are
 * borrowed until services_apply. NULL and *err: it asks for something impossible. */
struct plan_list *services_plan(const struct config *config, const struct master_cf *master_cf,
                                struct error *err) MUST_CHECK;
/*
 * services_apply - make what runs agree with it; takes the plan
 *
 * Sockets that are still named stay open; processes of the old configuration end when they are free.
 * False: some socket could not be opened, the first reason is in *err, the others are logged.
 */
bool services_apply(struct master *master, struct plan_list *plans, struct error *err) MUST_CHECK;
/* services_discard_retired - forget services that are no more and have no process left */
void services_discard_retired(struct master *master);

/* --- supply.c: when a service gets another process ----------------------------------------------- */

/* supply_review - something changed: wake up, watch the sockets, or stop watching them */
void supply_review(struct supply *supply);
/* supply_note_busy - a process says that it was the last free one */
void supply_note_busy(struct supply *supply);
/* supply_throttle - no new process for service_throttle_time */
void supply_throttle(struct supply *supply);
/* supply_release_throttle - whoever reloads may have mended it */
void supply_release_throttle(struct supply *supply);
/* supply_schedule - the wakeup column: at once, and then again and again */
void supply_schedule(struct supply *supply);
/* supply_drain - the processes that are there end when they are free */
void supply_drain(struct supply *supply);
/* supply_retire - sockets are closed for everybody, and there is no new process */
void supply_retire(struct supply *supply);
/* supply_watch - begin to watch a socket that was opened */
void supply_watch(struct supply *supply, struct endpoint *endpoint);
/* supply_is_stressed - processes started now are told of overload */
bool supply_is_stressed(const struct supply *supply);

/* --- child.c ------------------------------------------------------------------------------------- */

/* child_start - another process; NULL: *err, and the supply is throttled */
struct child *child_start(struct supply *supply);
void child_wake(const struct child *child);
void child_drain(struct child *child);
/* children_reap - after SIGCHLD */
void children_reap(struct master *master);
void children_signal(const struct master *master, int number);

/* --- broker.c ------------------------------------------------------------------------------------ */

/* broker_answer - a process asks for a connection to the service `name`, or, when it is a path, to a
 * UNIX socket of another program */
void broker_answer(const struct child *child, const char *name, bool is_path);

/* --- surroundings.c ------------------------------------------------------------------------------ */

/* surroundings_watch - renew processes when resolv.conf, hosts or nsswitch.conf change */
void surroundings_watch(struct master *master);

/* --- stop.c -------------------------------------------------------------------------------------- */

/* master_stop - sessions may end, for at most service_stop_time; called again, or at_once: now */
void master_stop(struct master *master, int number, bool at_once);
/* master_note_throttle - a service has no process and gets none for a while: while we stop, whoever waits for one
 * learns that there is none */
void master_note_throttle(struct supply *supply);
/* master_note_end - a process has ended: the next phase may begin */
void master_note_end(struct master *master);

#endif
