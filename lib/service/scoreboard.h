/*
 * Who of a service's processes is free, and whom it serves: memory that master and these processes share,
 * a bit and an address for each. Taking a connection and being free again cost a process an atomic operation and
 * no system call; only the process that finds itself the last free one says so to master, which
 * then watches the service's sockets and starts another process when a connection waits there.
 *
 * A process that has been broken into can flip bits: master keeps its own note of which processes
 * there are, and all that is at stake is how soon this one service gets its next process, and whom
 * it turns away.
 */
#ifndef BUZON_LIB_SERVICE_SCOREBOARD_H
#define BUZON_LIB_SERVICE_SCOREBOARD_H

#include "lib/base/base.h"

#define SCOREBOARD_SLOTS 8192 /* processes of one service at the most */

struct scoreboard;

/* scoreboard_create - for a service; *fd_r is to be inherited by its processes, the caller's to close */
struct scoreboard *scoreboard_create(int *fd_r, struct error *err) MUST_CHECK;
/* scoreboard_attach - in a process of the service; fd is borrowed */
struct scoreboard *scoreboard_attach(int fd, struct error *err) MUST_CHECK;
void scoreboard_detach(struct scoreboard **board);

/* scoreboard_enter - master: the process in this slot starts, free and without having served */
void scoreboard_enter(struct scoreboard *board, unsigned slot);
/* scoreboard_leave - master: the process in this slot is gone, or is to end */
void scoreboard_leave(struct scoreboard *board, unsigned slot);

/* scoreboard_serve - the process in this slot serves, without being taken: it has room for more */
void scoreboard_serve(struct scoreboard *board, unsigned slot);
/* scoreboard_take - the process in this slot is taken; true: no process is free any more */
bool scoreboard_take(struct scoreboard *board, unsigned slot);
/* scoreboard_free - the process in this slot is free again */
void scoreboard_free(struct scoreboard *board, unsigned slot);

/* scoreboard_has_many - processes of this service have many clients each, as one of them said by
 * scoreboard_say_many: to end one when it has no client may take for ever */
void scoreboard_say_many(struct scoreboard *board);
bool scoreboard_has_many(const struct scoreboard *board);

/* scoreboard_meet - the process in this slot serves a client of this address, an IPv6 one, or IPv4 mapped to such; how
 * many of the service do so now, this one with it */
unsigned scoreboard_meet(struct scoreboard *board, unsigned slot, const unsigned char address[16]);
/* scoreboard_part - it does no more, or (master) is gone */
void scoreboard_part(struct scoreboard *board, unsigned slot);

bool scoreboard_is_free(const struct scoreboard *board, unsigned slot);
/* scoreboard_has_served - the process in this slot was taken at least once */
bool scoreboard_has_served(const struct scoreboard *board, unsigned slot);

#endif
