/*
 * service_main: the order of a daemon's start, which must never vary. Configuration, log; what needs
 * privilege; chroot and user; sandbox; the loop.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/service/debugger.h"
#include "lib/service/logging.h"
#include "lib/service/process.h"
#include "lib/service/watchdog.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct service_process service_process = {
    .instance = {.queue_directory = -1},
    .channel = -1,
    .directory = AT_FDCWD,
};

static void fail(const struct error *err)
{
    log_fatal("%s", err->text);
}

/* --- signals --------------------------------------------------------------------------------- */

static void end_soon(void)
{
    service_process.draining = 1;
    service_process.stopping = 1;
    if (service_process.quiet != 0)
        _exit(0);
}

static void on_terminate(int number UNUSED)
{
    end_soon();
}

/* A new master must be able to bind the ports although we still serve a client. */
static void on_orphaned(int number UNUSED)
{
    service_unlisten();
    end_soon();
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    (void)sigemptyset(&action.sa_mask);
    if (sigaction(number, &action, NULL) != 0)
        log_fatal("sigaction: %m");
}

/* Event-driven services hear SIGTERM and SIGUSR1 in their loop (events.c). */
static void handle_signals(const struct service_process *process)
{
    handle(SIGPIPE, SIG_IGN);
    handle(SIGXFSZ, SIG_IGN); /* the write that is too much fails, as on a full disk */
    if (process->options.standalone)
        return;
    handle(SIGINT, SIG_IGN); /* of a terminal: master decides what it means */
    handle(SIGHUP, SIG_IGN);
    if (process->service->on_connection == NULL) {
        handle(SIGTERM, on_terminate);
        handle(SIGUSR1, on_orphaned);
    }
}

/* After the last change of user, which cancels it. */
static void notice_orphanage(const struct service_process *process)
{
    if (process->options.standalone)
        return;
    if (prctl(PR_SET_PDEATHSIG, (unsigned long)SIGUSR1, 0, 0, 0) != 0)
        log_warning("master's death will be noticed late: %m");
}

void service_quiet(bool quiet)
{
    service_process.quiet = quiet ? 1 : 0;
    service_rest(quiet);
    if (quiet && service_process.stopping != 0)
        _exit(0);
}

void service_rest(bool resting)
{
    if (!resting)
        watchdog_feed(); /* first: the alarm may be just before us, and forgives who rests */
    service_process.resting = resting ? 1 : 0;
}

/* --- what was inherited ----------------------------------------------------------------------- */

static void keep_from_children(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) != 0)
        log_fatal("descriptor %d is missing: this program is started by buzon's master", fd);
}

static void inherit(struct service_process *process)
{
    int scoreboard = MASTER_SCOREBOARD_FD;
    struct error err = {0};

    if (process->options.standalone)
        return;
    if (process->options.sockets == 0)
        log_fatal("this program is started by buzon's master; option -S serves one client alone");
    keep_from_children(MASTER_CHANNEL_FD);
    keep_from_children(scoreboard);
    for (unsigned i = 0; i < process->options.sockets; i++)
        keep_from_children(service_listen_fd(i));
    process->channel = MASTER_CHANNEL_FD;
    process->board = scoreboard_attach(scoreboard, &err);
    if (process->board == NULL)
        fail(&err);
    fd_close(&scoreboard);
}

/* --- configuration and log ---------------------------------------------------------------------- */

/* A configuration that is wrong for us still says where that is to be logged. */
static void configure(struct service_process *process)
{
    const struct service *service = process->service;
    struct error err = {0};
    const struct config *config =
        config_read(NULL, &process->options.overrides, process->options.name, &err);

    if (config == NULL ||
        !logging_open(config, service->mailbox_side ? NULL : service->program,
                      process->options.standalone, &err) ||
        !config_check(config, service->program, &err))
        fail(&err);
    process->instance.config = config;
    socket_window_size(config->tcp_windowsize);
    service_insist_on_tables(!service->opens_for_others &&
                             config->daemon_table_open_error_is_fatal);
    if (process->service->single_process && !process->options.alone && !process->options.standalone)
        log_fatal("service %s: its process limit in master.cf must be 1", process->instance.name);
}

/* --- the order --------------------------------------------------------------------------------- */

static void prepare(struct service_process *process)
{
    const struct service *service = process->service;
    const struct service_instance *instance = &process->instance;
    struct error err = {0};

    if (!identity_directories(process, &err) ||
        (service->prepare != NULL && !service->prepare(instance, &err)) ||
        (instance->privileged && !sandbox_capabilities(service, &err)) ||
        !identity_drop(process, &err) || !sandbox_apply(service, process->options.debugger, &err) ||
        (service->start != NULL && !service->start(instance, &err)))
        fail(&err);
}

static void run(const struct service_process *process)
{
    bool event_driven = process->service->on_connection != NULL;

    if (process->options.standalone)
        (event_driven ? service_serve_events_alone : service_serve_blocking_alone)();
    else
        (event_driven ? service_serve_events : service_serve_blocking)();
}

int service_main(const struct service *service, int argc, char *argv[])
{
    struct service_process *process = &service_process;
    struct error err = {0};

    process->service = service;
    process->instance.program = service->program;
    process->instance.privileged = geteuid() == 0;
    log_name(service->program);
    (void)umask(077);
    if (!service_options_parse(argc, argv, &process->options, &err))
        fail(&err);
    process->instance.name =
        process->options.name == NULL ? service->program : process->options.name;
    process->instance.arguments = process->options.arguments;
    log_verbose = process->options.verbose;
    handle_signals(process);
    inherit(process);
    configure(process);
    if (process->options.debugger)
        debugger_attach(process->instance.config, service->program);
    if (service->on_connection != NULL)
        process->instance.loop = loop_create();
    prepare(process);
    notice_orphanage(process);
    run(process);
    return 0;
}
