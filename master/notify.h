/* What master tells systemd (sd_notify(3)); without $NOTIFY_SOCKET it tells nobody. */
#ifndef BUZON_MASTER_NOTIFY_H
#define BUZON_MASTER_NOTIFY_H

/* notify_open - take the address from the environment, which is cleaned afterwards */
void notify_open(void);
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

#endif
