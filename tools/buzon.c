/*
 * The command of whoever runs the mail system: start, stop, reload, status and their kin, as
 * postfix(1) has them; it may be called by that name. With several instances on a machine it leaves
 * the work to multi_instance_wrapper, which calls it for each of them.
 */
#include "lib/base/base.h"

#include "tools/buzon.h"

#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/service/instance.h"
#include "lib/service/logging.h"
#include "tools/caller.h"
#include "tools/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- what the commands share ----------------------------------------------------------------------- */

int buzon_refuse(const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_info("fatal: %s", text);
    return 1;
}

int buzon_refuse_when_down(const struct call *call)
{
    return buzon_refuse("the %s mail system is not running", call->product);
}

pid_t buzon_find_master(const struct config *config)
{
    struct error err = {0};
    pid_t pid;

    if (!instance_pid(config, &pid, &err)) {
        log_info("fatal: %s", err.text);
        exit(1);
    }
    return pid;
}

/* --- commands ---------------------------------------------------------------------------------------- */

/* Master would refuse a master.cf that it cannot read too, but in the log only. */
static int run_reload(const struct call *call)
{
    if (call->master == 0)
        return buzon_refuse_when_down(call);
    if (!check_master_cf(call->config))
        return 1;
    log_info("refreshing the %s mail system", call->product);
    if (kill(call->master, SIGHUP) != 0)
        return buzon_refuse("cannot signal the master process");
    return 0;
}

static int run_flush(const struct call *call)
{
    bool is_postfix = strcmp(call->program, "postfix") == 0;
    char *path = mem_printf("%s/buzonqueue", call->config->command_directory);

    (void)setenv("MAIL_CONFIG", config_directory(call->config), 1);
    (void)execl(path, is_postfix ? "postqueue" : "buzonqueue", "-f", (char *)NULL);
    return buzon_refuse("execute %s: %s", path, strerror(errno));
}

static int run_status(const struct call *call)
{
    if (call->master == 0) {
        log_info("the %s mail system is not running", call->product);
        return 1;
    }
    log_info("the %s mail system is running: PID: %d", call->product, (int)call->master);
    return 0;
}

static int run_check(const struct call *call)
{
    if (!check_fatal(call->config))
        return 1;
    check_warn(call->config);
    check_programs(call->config);
    return 0;
}

static const struct command {
    const char *name;
    int (*run)(const struct call *call);
} commands[] = {
    {"start",                 buzon_start                },
    {"start-fg",              buzon_start_fg             },
    {"stop",                  buzon_stop                 },
    {"quick-stop",            buzon_stop                 },
    {"abort",                 buzon_abort                },
    {"drain",                 buzon_drain                },
    {"reload",                run_reload                 },
    {"flush",                 run_flush                  },
    {"status",                run_status                 },
    {"check",                 run_check                  },
    {"set-permissions",       buzon_set_permissions      },
    {"upgrade-configuration", buzon_upgrade_configuration},
    {"logrotate",             buzon_logrotate            },
    {"tls",                   buzon_tls                  },
    {"non-bdb",               buzon_non_bdb              },
};

static int run_named(const struct call *call, const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(call);
    }
    return buzon_refuse(
        "unknown command: '%s'. Usage: %s start (or stop, reload, abort, flush, check, "
        "status, set-permissions, upgrade-configuration, logrotate%s)",
        name, call->program,
        strcmp(call->program, "postfix") == 0 ? "" : ", start-fg, quick-stop, drain, tls, non-bdb");
}

/* --- several instances --------------------------------------------------------------------------------- */

/* The wrapper's words, and the command with its arguments; it comes back here with -c for each instance. */
static int run_wrapper(const struct call *call, const char *command)
{
    struct strlist words = STRLIST_EMPTY;
    char **arguments;

    strlist_split(&words, call->config->multi_instance_wrapper, " \t\r\n");
    strlist_add(&words, command);
    for (char *const *argument = call->arguments; *argument != NULL; argument++)
        strlist_add(&words, *argument);
    arguments = mem_resize(NULL, words.count + 1, sizeof(*arguments));
    for (size_t i = 0; i < words.count; i++)
        arguments[i] = words.items[i];
    arguments[words.count] = NULL;
    (void)execvp(arguments[0], arguments);
    return buzon_refuse("execute %s: %s", arguments[0], strerror(errno));
}

/* Who names a configuration means that one instance. */
static int run(const struct call *call, const char *command, bool is_named)
{
    const struct config *config = call->config;

    if (!is_named && strcmp(command, "start-fg") == 0) {
        /* one process in the foreground cannot be several */
        if (config->multi_instance_directories[0] != '\0')
            return buzon_refuse("start-fg does not support multi_instance_directories");
        return run_named(call, command);
    }
    if (!is_named && config->multi_instance_wrapper[0] != '\0')
        return run_wrapper(call, command);
    if (!is_named && config->multi_instance_directories[0] != '\0')
        return buzon_refuse(
            "multi-instance support is requested, but multi_instance_wrapper is empty");
    return run_named(call, command);
}

/* --- main ------------------------------------------------------------------------------------------------ */

/* Root, or he whose private instance it is. */
static void check_caller(const struct call *call)
{
    const char *queue_directory = call->config->queue_directory;
    struct stat status;

    if (geteuid() != 0 && stat(queue_directory, &status) == 0 && status.st_uid != geteuid())
        log_fatal("the %s command is reserved for the superuser, or for the owner of "
                  "%s",
                  call->program, queue_directory);
}

static const char *parse_options(int argc, char *argv[], struct call *call)
{
    const char *directory = NULL;
    int option;

    while ((option = getopt(argc, argv, "+c:Dv")) != -1) {
        if (option == 'c')
            directory = optarg;
        else if (option == 'D')
            call->debugger = true;
        else if (option == 'v')
            call->verbose++;
        else
            log_fatal("usage: %s [-c config_dir] [-Dv] command", call->program);
    }
    if (optind < argc - 1 && strcmp(argv[optind], "tls") != 0 &&
        strcmp(argv[optind], "non-bdb") != 0)
        log_fatal("usage: %s [-c config_dir] [-Dv] command", call->program);
    if (directory != NULL && directory[0] != '/')
        log_fatal("-c requires absolute pathname");
    return directory;
}

int main(int argc, char *argv[])
{
    struct call call = {.program = caller_program(argc, argv)};
    bool is_postfix = strcmp(call.program, "postfix") == 0;
    const char *directory;
    struct config *config;
    struct error err = {0};
    bool is_named;
    int status;

    caller_spare_stderr(call.program);
    directory = parse_options(argc, argv, &call);
    is_named = directory != NULL || getenv("MAIL_CONFIG") != NULL;
    config = config_read_for("buzon", directory, &err);
    if (config == NULL)
        log_fatal("%s", err.text);
    log_verbose = call.verbose;
    call.arguments = argv + (optind < argc ? optind + 1 : optind);
    call.product = is_postfix ? "Postfix" : "buzon";
    call.config = config;
    check_caller(&call);
    if (!logging_open(config, is_postfix ? "postfix-script" : call.program,
                      caller_is_watched(call.program), &err))
        log_fatal("%s", err.text);
    if (is_postfix)
        log_name(call.program);
    check_compatibility(config, is_postfix ? call.program : "buzon");
    if (is_postfix) /* as the script of that name has it, with its slash */
        log_name(mem_printf("%s/postfix-script", config->syslog_name));
    call.master = buzon_find_master(config);
    status = run(&call, argv[optind] == NULL ? "" : argv[optind], is_named);
    config_free(&config);
    return status;
}
