/* Ends a process that is stuck: daemon_timeout. Used by the loops of lib/service alone. */
#ifndef BUZON_LIB_SERVICE_WATCHDOG_H
#define BUZON_LIB_SERVICE_WATCHDOG_H

/* watchdog_start - from now on; 0 s: never */
void watchdog_start(int limit_s);
/* watchdog_feed - a request begins, or the loop has come round: the time counts from here. Cheap. */
void watchdog_feed(void);

#endif
