/* The log as the configuration wants it: for daemons, master and tools. */
#ifndef BUZON_LIB_SERVICE_LOGGING_H
#define BUZON_LIB_SERVICE_LOGGING_H

#include "lib/config/config.h"

/*
 * logging_open - syslog_name, syslog_facility, maillog_file
 *
 *  program    behind syslog_name: "buzon/smtpd"; NULL: the name is login_syslog_name alone
 *  to_stderr  a copy to standard error too
 *  err        PERMANENT: maillog_file is not below maillog_file_prefixes, or cannot be opened
 */
bool logging_open(const struct config *config, const char *program, bool to_stderr,
                  struct error *err) MUST_CHECK;

#endif
