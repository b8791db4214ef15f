/*
 * The event loop of master, qmgr and login: libevent's core with owned watchers and timers. One loop
 * a process. A callback may free its own watcher.
 */
#ifndef BUZON_LIB_IO_LOOP_H
#define BUZON_LIB_IO_LOOP_H

#include "lib/base/base.h"

struct loop;
struct watch; /* a descriptor, a timer or a signal */

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_TIMEOUT = 4 };

typedef void loop_callback(void *context, int fd, int events);

struct loop *loop_create(void) __attribute__((returns_nonnull));
/* loop_free - after its watches */
void loop_free(struct loop **loop);
/* loop_run - until loop_stop */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* watch_fd - call back while fd is readable / writable (level-triggered, persistent) */
struct watch *watch_fd(struct loop *loop, int fd, int events, loop_callback *callback,
                       void *context);
/* watch_events - change what is watched; 0 pauses, except for the deadline */
void watch_events(struct watch *watch, int events);
/* watch_deadline - also call back with LOOP_TIMEOUT after so many ms without any event, counted from
 * now, from the last event or from the last change of what is watched; -1: never */
void watch_deadline(struct watch *watch, int timeout_ms);
/* watch_timer - not armed until timer_arm; fires once for each arming */
struct watch *watch_timer(struct loop *loop, loop_callback *callback, void *context);
void timer_arm(struct watch *timer, int64_t delay_ms);
void timer_disarm(struct watch *timer);
/* watch_signal - the callback gets the signal as fd, and no events */
struct watch *watch_signal(struct loop *loop, int signal, loop_callback *callback, void *context);
/* watch_free - stop watching; the descriptor is not closed and must still be open; NULL is fine */
void watch_free(struct watch **watch);

#endif
