/* Option -D: debugger_command looks at the process that runs it. */
#ifndef BUZON_LIB_SERVICE_DEBUGGER_H
#define BUZON_LIB_SERVICE_DEBUGGER_H

#include "lib/config/config.h"

/* debugger_attach - run debugger_command and wait for the shell's end (it has "& sleep 5", say);
 * it finds $process_name, $process_id and $daemon_directory in its environment */
void debugger_attach(const struct config *config, const char *program);

#endif
