/* Starting and ending master. It is found by the lock that it holds, never by a name. */
#include "lib/base/base.h"

#include "tools/buzon.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "tools/check.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define ABORT_S       5 /* for master to end its processes by force */
#define STOP_MARGIN_S 5 /* beyond service_stop_time */

/* --- ending ------------------------------------------------------------------------------------------ */

/* A handle on master that cannot come to mean another process; -1: it is gone already. */
static int open_master(const struct call *call)
{
    int handle = pidfd_open(call->master, 0);

    if (handle >= 0 && buzon_find_master(call->config) != call->master)
        fd_close(&handle);
    return handle;
}

/* Until master is gone, or for so many seconds; says so once a second. */
static bool await_end(const struct call *call, int handle, int seconds)
{
    for (int waited = 0; waited < seconds; waited++) {
        struct pollfd end = {.fd = handle, .events = POLLIN};

        if (poll(&end, 1, 1000) > 0)
            return true;
        log_info("waiting for the %s mail system to terminate", call->product);
    }
    return false;
}

/* Master leads a process group unless it was started in the foreground. */
static void kill_instance(const struct call *call, int handle)
{
    log_warning("stopping the %s mail system with force", call->product);
    if (getpgid(call->master) == call->master)
        (void)kill(-call->master, SIGKILL);
    (void)pidfd_send_signal(handle, SIGKILL, NULL, 0);
    (void)await_end(call, handle, 1);
}

static int end_master(const struct call *call, int number, int seconds)
{
    int handle = open_master(call);

    if (handle < 0)
        return 0;
    if (pidfd_send_signal(handle, number, NULL, 0) != 0 && errno != ESRCH) {
        log_info("fatal: signal process %d: %s", (int)call->master, strerror(errno));
        fd_close(&handle);
        return 1;
    }
    if (!await_end(call, handle, seconds))
        kill_instance(call, handle);
    fd_close(&handle);
    return 0;
}

int buzon_stop(const struct call *call)
{
    if (call->master == 0)
        return buzon_refuse_when_down(call);
    log_info("stopping the %s mail system", call->product);
    return end_master(call, SIGTERM, call->config->service_stop_time + STOP_MARGIN_S);
}

int buzon_abort(const struct call *call)
{
    if (call->master == 0)
        return buzon_refuse_when_down(call);
    log_info("aborting the %s mail system", call->product);
    return end_master(call, SIGQUIT, ABORT_S);
}

/* Master goes at once; its daemons notice, finish what they do, and go too. */
int buzon_drain(const struct call *call)
{
    if (call->master == 0)
        return buzon_refuse_when_down(call);
    log_info("stopping the %s mail system", call->product);
    return end_master(call, SIGKILL, ABORT_S);
}

/* --- starting ---------------------------------------------------------------------------------------- */

static NORETURN void execute_master(const struct call *call, const char *mode)
{
    char *path = mem_printf("%s/master", call->config->daemon_directory);
    const char *arguments[8] = {"master", mode, "-c", config_directory(call->config)};
    int count = 4;

    if (call->debugger)
        arguments[count++] = "-D";
    for (int i = 0; i < call->verbose && i < 2; i++)
        arguments[count++] = "-v";
    (void)execv(path, (char *const *)(uintptr_t)arguments); /* execv(3) changes none of them */
    log_info("fatal: execute %s: %s", path, strerror(errno));
    _exit(1);
}

static bool is_startable(const struct call *call, int *status_r)
{
    if (call->master != 0)
        *status_r = buzon_refuse("the %s mail system is already running", call->product);
    else if (!check_fatal(call->config))
        *status_r = buzon_refuse("%s integrity check failed!", call->product);
    else
        return true;
    return false;
}

int buzon_start(const struct call *call)
{
    int status;
    pid_t pid;

    if (!is_startable(call, &status))
        return status;
    check_warn(call->config);
    log_info("starting the %s mail system", call->product);
    pid = fork();
    if (pid == 0)
        execute_master(call, "-w");
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return buzon_refuse("mail system startup failed");
    return 0;
}

int buzon_start_fg(const struct call *call)
{
    int status;

    if (!is_startable(call, &status))
        return status;
    check_warn(call->config);
    log_info("starting the %s mail system", call->product);
    execute_master(call, "-d");
}
