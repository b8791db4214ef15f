/*
 * The command of whoever runs the mail system: start, stop, reload, status and their kin, as
 * postfix(1) has them. It finds the running master by the lock that master holds, never by a name.
 */
#include "lib/base/base.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/master_cf.h"
#include "lib/queue/qmgr_client.h"
#include "lib/service/instance.h"
#include "lib/service/logging.h"
#include "lib/service/service.h"

#include "tools/check.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ABORT_S       5 /* for master to end its processes by force */
#define STOP_MARGIN_S 5 /* beyond service_stop_time */

struct call {
    const struct config *config;
    pid_t master; /* 0: it is not running */
    bool debugger;
    int verbose;
};

/* --- what the commands share ----------------------------------------------------------------------- */

/* The value is the command's exit status. */
static int refuse(const char *text)
{
    log_info("fatal: %s", text);
    return 1;
}

static int refuse_when_down(void)
{
    return refuse("the buzon mail system is not running");
}

static pid_t find_master(const struct config *config)
{
    struct error err = {0};
    pid_t pid;

    if (!instance_pid(config, &pid, &err)) {
        log_info("fatal: %s", err.text);
        exit(1);
    }
    return pid;
}

/* A handle on master that cannot come to mean another process; -1: it is gone already. */
static int open_master(const struct call *call)
{
    int handle = pidfd_open(call->master, 0);

    if (handle >= 0 && find_master(call->config) != call->master)
        fd_close(&handle);
    return handle;
}

/* Until master is gone, or for so many seconds; says so once a second. */
static bool await_end(int handle, int seconds)
{
    for (int waited = 0; waited < seconds; waited++) {
        struct pollfd end = {.fd = handle, .events = POLLIN};

        if (poll(&end, 1, 1000) > 0)
            return true;
        log_info("waiting for the buzon mail system to terminate");
    }
    return false;
}

/* Master leads a process group unless it was started in the foreground. */
static void kill_instance(const struct call *call, int handle)
{
    log_warning("stopping the buzon mail system with force");
    if (getpgid(call->master) == call->master)
        (void)kill(-call->master, SIGKILL);
    (void)pidfd_send_signal(handle, SIGKILL, NULL, 0);
    (void)await_end(handle, 1);
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
    if (!await_end(handle, seconds))
        kill_instance(call, handle);
    fd_close(&handle);
    return 0;
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
        *status_r = refuse("the buzon mail system is already running");
    else if (!check_fatal(call->config))
        *status_r = refuse("buzon integrity check failed!");
    else
        return true;
    return false;
}

static int run_start(const struct call *call)
{
    int status;
    pid_t pid;

    if (!is_startable(call, &status))
        return status;
    check_warn(call->config);
    log_info("starting the buzon mail system");
    pid = fork();
    if (pid == 0)
        execute_master(call, "-w");
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return refuse("mail system startup failed");
    return 0;
}

static int run_start_fg(const struct call *call)
{
    int status;

    if (!is_startable(call, &status))
        return status;
    check_warn(call->config);
    log_info("starting the buzon mail system");
    execute_master(call, "-d");
}

/* --- the others ---------------------------------------------------------------------------------------- */

static int run_stop(const struct call *call)
{
    if (call->master == 0)
        return refuse_when_down();
    log_info("stopping the buzon mail system");
    return end_master(call, SIGTERM, call->config->service_stop_time + STOP_MARGIN_S);
}

static int run_abort(const struct call *call)
{
    if (call->master == 0)
        return refuse_when_down();
    log_info("aborting the buzon mail system");
    return end_master(call, SIGQUIT, ABORT_S);
}

/* Master would refuse a master.cf that it cannot read too, but in the log only. */
static int run_reload(const struct call *call)
{
    if (call->master == 0)
        return refuse_when_down();
    if (!check_master_cf(call->config))
        return 1;
    log_info("refreshing the buzon mail system");
    if (kill(call->master, SIGHUP) != 0)
        return refuse("cannot signal the master process");
    return 0;
}

static int run_flush(const struct call *call)
{
    static const struct qmgr_request request = {.verb = QMGR_FLUSH, .file = -1};
    struct connection *qmgr = NULL;
    struct error err = {0};
    bool done = service_tool_open(call->config, &err);

    if (done) {
        qmgr = service_connect("qmgr", &err);
        done = qmgr != NULL && qmgr_request_send(qmgr, &request, &err);
    }
    connection_free(&qmgr);
    if (done)
        return 0;
    log_warning("%s", err.text);
    return refuse("cannot flush the mail queue: mail system is down?");
}

static int run_status(const struct call *call)
{
    if (call->master == 0) {
        log_info("the buzon mail system is not running");
        return 1;
    }
    log_info("the buzon mail system is running: PID: %d", (int)call->master);
    return 0;
}

static int run_check(const struct call *call)
{
    if (!check_fatal(call->config))
        return 1;
    check_warn(call->config);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(const struct call *call);
} commands[] = {
    {"start",    run_start   },
    {"start-fg", run_start_fg},
    {"stop",     run_stop    },
    {"abort",    run_abort   },
    {"reload",   run_reload  },
    {"flush",    run_flush   },
    {"status",   run_status  },
    {"check",    run_check   },
};

/* --- main ------------------------------------------------------------------------------------------------ */

static NORETURN void usage(void)
{
    log_fatal("usage: buzon [-c config_dir] [-Dv] command "
              "(start, start-fg, stop, abort, reload, flush, status, check)");
}

/* Root, or he whose private instance it is. */
static void check_caller(const struct config *config)
{
    struct stat status;

    if (geteuid() != 0 && stat(config->queue_directory, &status) == 0 && status.st_uid != geteuid())
        log_fatal("the buzon command is reserved for the superuser, or for the owner of %s",
                  config->queue_directory);
}

static const char *parse_options(int argc, char *argv[], struct call *call)
{
    const char *directory = NULL;
    int option;

    while ((option = getopt(argc, argv, "c:Dv")) != -1) {
        if (option == 'c')
            directory = optarg;
        else if (option == 'D')
            call->debugger = true;
        else if (option == 'v')
            call->verbose++;
        else
            usage();
    }
    if (optind != argc - 1)
        usage();
    return directory;
}

static int run(const char *name, struct call *call)
{
    struct error err = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        if (!logging_open(call->config, "buzon", true, &err))
            log_fatal("%s", err.text);
        return commands[i].run(call);
    }
    log_fatal("unknown command: '%s'. Usage: buzon start (or start-fg, stop, abort, reload, flush, "
              "status, check)",
              name);
}

int main(int argc, char *argv[])
{
    struct call call = {.config = NULL};
    struct error err = {0};
    struct config *config;
    int status;

    log_name("buzon");
    config = config_read(parse_options(argc, argv, &call), NULL, NULL, &err);
    if (config == NULL)
        log_fatal("%s", err.text);
    log_verbose = call.verbose;
    check_caller(config);
    call.config = config;
    call.master = find_master(config);
    status = run(argv[optind], &call);
    config_free(&config);
    return status;
}
