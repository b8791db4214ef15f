/*
 * The log. One line an event, Postfix's format: "name/service[pid]: text". Goes to syslog
 * (facility mail) or, where maillog_file is set, to that file, one write(2) a line in append mode;
 * before log_open and in tools it goes to standard error. The logger escapes unprintable octets as
 * Postfix does ('?'), and bounds a line, so that no caller can forget to.
 */
#ifndef BUZON_LIB_BASE_LOG_H
#define BUZON_LIB_BASE_LOG_H

#include "lib/base/base.h"

struct log_target {
    const char *syslog_name;     /* "buzon/smtpd"; borrowed for the call */
    const char *syslog_facility; /* "mail"; borrowed for the call */
    const char *file;            /* NULL or "": syslog */
    bool to_stderr;              /* a copy to standard error too */
};

/* log_open - descriptors are opened now, so that lines still arrive after a chroot */
bool log_open(const struct log_target *target, struct error *err) MUST_CHECK;

/* log_name - the "name[pid]" part for tools that log to standard error only */
void log_name(const char *name);

void log_info(const char *format, ...) PRINTF(1, 2);
void log_warning(const char *format, ...) PRINTF(1, 2); /* "warning: " */
void log_error(const char *format, ...) PRINTF(1, 2);   /* "error: " */
/* log_fatal - "fatal: ", then exit status 1 after a second's pause in a daemon (master throttles) */
void log_fatal(const char *format, ...) PRINTF(1, 2) NORETURN;
/* log_panic - "panic: ", then abort() */
void log_panic(const char *format, ...) PRINTF(1, 2) NORETURN;
/* log_debug - only when log_verbose > 0 (-v) */
void log_debug(const char *format, ...) PRINTF(1, 2);

extern int log_verbose;

#endif
