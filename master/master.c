/*
 * The supervisor. It reads master.cf, opens the sockets, starts a process for a service when a client
 * waits and nobody is free, starts others in the place of those that failed, and stops them all in
 * good order. It has root's rights where there are any, and therefore parses nothing that comes from
 * the network: it does not accept a single connection.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/environment.h"
#include "lib/io/socket.h"
#include "lib/service/account.h"
#include "lib/service/debugger.h"
#include "lib/service/instance.h"
#include "lib/service/logging.h"

#include "master/master.h"
#include "master/notify.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 1048576 /* soft limit, for daemons with many connections */

/* What the command line says. */
struct options {
    const char *directory;
    int verbose;
    bool debugger; /* -D */
    bool detach;   /* -w: leave the terminal, and our caller waits until clients can connect */
    bool test;     /* -t: only tell whether a master is running */
};

static struct master master;

/* --- configuration ------------------------------------------------------------------------------------ */

static bool read_configuration(struct config **config_r, struct master_cf **master_cf_r,
                               struct error *err)
{
    *config_r = config_read_for("master", master.directory, err);
    if (*config_r == NULL)
        return false;
    *master_cf_r = master_cf_read(*config_r, err);
    if (*master_cf_r == NULL) {
        config_free(config_r);
        return false;
    }
    socket_window_size((*config_r)->tcp_windowsize);
    return true;
}

/* import_environment is what is left. */
static void clean_environment(const struct config *config)
{
    struct error err = {0};

    if (!environment_reduce(config->import_environment, &err))
        log_fatal("%s", err.text);
    if (setenv("MAIL_CONFIG", config_directory(config), 1) != 0)
        log_fatal("set MAIL_CONFIG in the environment: %m");
}

/* --- start ----------------------------------------------------------------------------------------- */

static void check_accounts(const struct config *config)
{
    struct account mail, net;
    struct error err = {0};

    if (!master.privileged) {
        log_warning(
            "started without root's rights: privilege separation is off, everything runs as "
            "uid %lu",
            (unsigned long)geteuid());
        return;
    }
    if (!account_find(config->mail_owner, &mail, &err) ||
        !account_find(config->net_owner, &net, &err))
        log_fatal("%s", err.text);
    if (mail.uid == net.uid)
        log_warning(
            "mail_owner and net_owner are the same account: what faces the network owns the "
            "queue");
}

/* Whoever starts the mail system may have limits for his own programs: a log and a mailbox grow. */
static void raise_limits(void)
{
    static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max > DESCRIPTORS_MAX ? DESCRIPTORS_MAX : limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (setrlimit(RLIMIT_FSIZE, &unlimited) != 0 && getrlimit(RLIMIT_FSIZE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_FSIZE, &limit);
    }
}

static void log_started(const char *event)
{
    log_info("%s -- version %s, configuration %s", event, master.config->mail_version,
             config_directory(master.config));
}

static void start(void)
{
    struct config *config;
    struct master_cf *master_cf;
    struct plan_list *plans;
    struct error err = {0};

    if (!read_configuration(&config, &master_cf, &err) ||
        !logging_open(config, "master", true, &err))
        log_fatal("%s", err.text);
    master.config = config;
    notify_open();
    clean_environment(config);
    check_accounts(config);
    raise_limits();
    if (!instance_make_directories(config, &err) || !instance_lock(config, &err))
        log_fatal("%s", err.text);
    if (chdir(config->queue_directory) != 0)
        log_fatal("change to the directory %s: %m", config->queue_directory);
    master.children = hash_create();
    plans = services_plan(config, master_cf, &err);
    if (plans == NULL || !services_apply(&master, plans, &err))
        log_fatal("%s", err.text);
    master_cf_free(&master_cf);
}

/* --- reload ------------------------------------------------------------------------------------------ */

/* What cannot change while the lock is held and the sockets are there. */
static bool is_same_instance(const struct config *config, struct error *err)
{
    if (strcmp(config->queue_directory, master.config->queue_directory) == 0 &&
        strcmp(config->data_directory, master.config->data_directory) == 0 &&
        strcmp(config->process_id_directory, master.config->process_id_directory) == 0)
        return true;
    error_set(err, ERROR_PERMANENT,
              "to change queue_directory, data_directory or process_id_directory, stop and start "
              "buzon");
    return false;
}

static void take_configuration(struct config *config, struct plan_list *plans)
{
    struct error err = {0};

    config_free(&master.config);
    master.config = config;
    if (!logging_open(config, "master", false, &err))
        log_error("%s", err.text);
    log_started("reload");
    error_clear(&err);
    if (!services_apply(&master, plans, &err))
        log_error("%s", err.text);
}

/* A configuration that cannot be used changes nothing: mail goes on. */
static void reload(void)
{
    struct config *config;
    struct master_cf *master_cf;
    struct plan_list *plans = NULL;
    struct error err = {0};

    if (!read_configuration(&config, &master_cf, &err)) {
        log_error("reload refused: %s", err.text);
        return;
    }
    if (is_same_instance(config, &err))
        plans = services_plan(config, master_cf, &err);
    if (plans != NULL) {
        take_configuration(config, plans);
    } else {
        log_error("reload refused: %s", err.text);
        config_free(&config);
    }
    master_cf_free(&master_cf);
}

/* --- signals -------------------------------------------------------------------------------------------- */

static void on_child_signal(void *context UNUSED, int number UNUSED, int events UNUSED)
{
    children_reap(&master);
}

static void on_reload_signal(void *context UNUSED, int number UNUSED, int events UNUSED)
{
    if (master.phase != PHASE_RUNNING)
        return;
    notify_reloading();
    reload();
    notify_ready();
}

static void on_stop_signal(void *context UNUSED, int number, int events UNUSED)
{
    master_stop(&master, number, false);
}

static void on_abort_signal(void *context UNUSED, int number, int events UNUSED)
{
    master_stop(&master, number, true);
}

/* It may be asked for while the start waits for an address, and is heard behind it. The other signals end a start. */
static void watch_reload(void)
{
    (void)watch_signal(master.loop, SIGHUP, on_reload_signal, &master);
}

static void watch_signals(void)
{
    static const struct {
        int number;
        loop_callback *callback;
    } signals[] = {
        {SIGCHLD, on_child_signal},
        {SIGTERM, on_stop_signal },
        {SIGINT,  on_stop_signal },
        {SIGQUIT, on_abort_signal},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        (void)watch_signal(master.loop, signals[i].number, signals[i].callback, &master);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
}

/* --- leaving the terminal ----------------------------------------------------------------------------- */

/* In the parent: its exit status says whether the start succeeded. */
static NORETURN void await_start(int ready, pid_t pid)
{
    char octet;
    int status;

    if (read(ready, &octet, 1) == 1)
        _exit(0);
    if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) != 0)
        _exit(WEXITSTATUS(status));
    _exit(1);
}

/* Returns in the child, which has a session of its own; *ready_r is to be written to when it serves. */
static void detach(int *ready_r)
{
    int ends[2];
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0)
        log_fatal("leave the terminal: %m");
    if (pid > 0) {
        fd_close(&ends[1]);
        await_start(ends[0], pid);
    }
    fd_close(&ends[0]);
    if (setsid() < 0)
        log_fatal("setsid: %m");
    *ready_r = ends[1];
}

static void point_to_null(int first, int last)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0)
        log_fatal("open /dev/null: %m");
    for (int fd = first; fd <= last; fd++) {
        if (dup2(null, fd) < 0)
            log_fatal("dup2: %m");
    }
    fd_close(&null);
}

/* Clients can connect: say so to whoever waits for it. */
static void announce(const struct options *options, int *ready)
{
    struct error err = {0};

    if (!logging_open(master.config, "master", false, &err))
        log_fatal("%s", err.text);
    log_started("daemon started");
    notify_ready();
    if (options->detach)
        point_to_null(STDIN_FILENO, STDERR_FILENO);
    if (*ready >= 0)
        (void)!write(*ready, "", 1);
    fd_close(ready);
}

/* --- main ---------------------------------------------------------------------------------------------- */

static void parse_options(int argc, char *argv[], struct options *options_r)
{
    int option;

    *options_r = (struct options){.directory = NULL};
    while ((option = getopt(argc, argv, "c:Ddtvw")) != -1) {
        switch (option) {
        case 'c':
            options_r->directory = optarg;
            break;
        case 'D':
            options_r->debugger = true;
            break;
        case 'd':
            break;
        case 't':
            options_r->test = true;
            break;
        case 'v':
            options_r->verbose++;
            break;
        case 'w':
            options_r->detach = true;
            break;
        default:
            log_fatal(
                "usage: master [-c config_dir] [-D (debug)] [-d (stay in the foreground)] [-t (test)] [-v] "
                "[-w (detach, and wait until it serves)]");
        }
    }
    log_verbose = options_r->verbose;
}

/* The start scripts' question: 0 means that none is running. */
static int test_lock(void)
{
    struct error err = {0};
    struct config *config = config_read_for("master", master.directory, &err);
    pid_t pid;

    if (config == NULL || !instance_pid(config, &pid, &err))
        log_fatal("%s", err.text);
    config_free(&config);
    return pid == 0 ? 0 : 1;
}

static void close_inherited(void)
{
    if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
        log_warning("close inherited descriptors: %m");
}

int main(int argc, char *argv[])
{
    struct options options;
    int ready = -1;

    log_name("buzon/master");
    parse_options(argc, argv, &options);
    master.directory = options.directory;
    master.privileged = geteuid() == 0;
    if (options.test)
        return test_lock();
    close_inherited();
    if (options.detach)
        detach(&ready);
    else
        point_to_null(STDIN_FILENO, STDIN_FILENO);
    (void)umask(022);
    master.loop = loop_create();
    watch_reload();
    start();
    if (options.debugger)
        debugger_attach(master.config, "master");
    watch_signals();
    surroundings_watch(&master);
    announce(&options, &ready);
    loop_run(master.loop);
    return 0;
}
