/* Option -D. */
#include "lib/base/base.h"

#include "lib/base/log.h"
#include "lib/service/debugger.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void debugger_attach(const struct config *config, const char *program)
{
    char pid[16];

    if (config->debugger_command[0] == '\0') {
        log_warning("option -D without debugger_command");
        return;
    }
    (void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
    if (setenv("process_name", program, 1) != 0 || setenv("process_id", pid, 1) != 0 ||
        setenv("daemon_directory", config->daemon_directory, 1) != 0 ||
        system(config->debugger_command) != 0)
        log_warning("debugger_command failed");
}
