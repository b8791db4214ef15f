/*
 * The log. One line an event, Postfix's format: "name/service[pid]: text". Goes to syslog
 * (facility mail) or, where maillog_file is set, to that file, one write(2) a line in append mode;
 * before log_open and in tools it goes to standard error as "name: text". The logger replaces what
 * cannot be printed by '?', as Postfix does, keeps UTF-8, and bounds a line at LOG_TEXT_MAX octets,
 * so that no caller can forget to.
 */
#ifndef BUZON_LIB_BASE_LOG_H
#define BUZON_LIB_BASE_LOG_H

#include "lib/base/base.h"

#define LOG_TEXT_MAX 2000

struct log_target {
    const char *syslog_name;     /* "buzon/smtpd"; borrowed for the call */
    const char *syslog_facility; /* "mail"; borrowed for the call */
    const char *file;            /* NULL or "": syslog; "/dev/stdout": our standard output */
    bool to_stderr;              /* a copy to standard error too, as "smtpd: text" */
};

/*
 * log_open - descriptors are opened now, so that lines still arrive after a chroot
 *
 * False when the file cannot be opened or the facility has no such name. A syslog that is not there
 * is no error: a later line tries again. May be called again; the old target is then closed.
 */
bool log_open(const struct log_target *target, struct error *err) MUST_CHECK;

/* log_name - the name of tools, which standard error gets whole; after log_open, a name of their own in the
 * log too; copied */
void log_name(const char *name);

/* One line each, with the word of its level before the text. */
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
