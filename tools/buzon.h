/* What the files of the command `buzon` share: one call of it, and its commands. */
#ifndef BUZON_TOOLS_BUZON_H
#define BUZON_TOOLS_BUZON_H

#include "lib/config/config.h"

#include <sys/types.h>

struct call {
    const char *program; /* the name that it was called by */
    const char
        *product; /* what messages call the mail system: "buzon", or "Postfix" for that name */
    const struct config *config;
    pid_t master;           /* 0: it is not running */
    char *const *arguments; /* behind the command; ended by NULL */
    bool debugger;
    int verbose;
};

/* buzon_refuse - a fatal error in the log; the value is the command's exit status */
int buzon_refuse(const char *format, ...) PRINTF(1, 2);
/* buzon_refuse_when_down - the mail system is not running */
int buzon_refuse_when_down(const struct call *call);
/* buzon_find_master - its process id, 0: it is not running; ends the program when that cannot be told */
pid_t buzon_find_master(const struct config *config);

/* The commands; the value is the exit status. */
int buzon_start(const struct call *call);
int buzon_start_fg(const struct call *call);
int buzon_stop(const struct call *call);
int buzon_abort(const struct call *call);
int buzon_drain(const struct call *call);
int buzon_set_permissions(const struct call *call);
int buzon_upgrade_configuration(const struct call *call);
int buzon_logrotate(const struct call *call);
int buzon_tls(const struct call *call);
int buzon_non_bdb(const struct call *call);

#endif
