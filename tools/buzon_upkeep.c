/* Owners and modes, what a new version wants, and the change of log files. */
#include "lib/base/base.h"

#include "tools/buzon.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/service/account.h"
#include "lib/service/instance.h"
#include "tools/check.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SUFFIX_SIZE 200 /* of maillog_file_rotate_suffix, expanded */

/* --- set-permissions ----------------------------------------------------------------------------------- */

/* Users cannot hand mail in or see the queue without this. */
static bool set_group(const struct config *config, gid_t group, const char *name)
{
    char *path = mem_printf("%s/%s", config->command_directory, name);
    bool done = chown(path, 0, group) == 0 && chmod(path, 02755) == 0;

    if (!done)
        log_warning("set the group of %s: %s", path, strerror(errno));
    mem_free(path);
    return done;
}

int buzon_set_permissions(const struct call *call)
{
    struct error err = {0};
    gid_t group;
    bool done;

    if (!instance_make_directories(call->config, &err) ||
        !instance_repair_directories(call->config, &err))
        return buzon_refuse("%s", err.text);
    if (geteuid() != 0)
        return 0;
    if (!account_find_group(call->config->setgid_group, &group, &err))
        return buzon_refuse("%s", err.text);
    done = set_group(call->config, group, "buzondrop");
    return set_group(call->config, group, "buzonqueue") && done ? 0 : 1;
}

/* --- upgrade-configuration -------------------------------------------------------------------------------- */

/* No version has asked for a change of main.cf or master.cf yet; what this one does not know is said. */
int buzon_upgrade_configuration(const struct call *call)
{
    struct error err = {0};

    if (!instance_make_directories(call->config, &err))
        return buzon_refuse("%s", err.text);
    if (!check_fatal(call->config))
        return 1;
    check_warn(call->config);
    return 0;
}

/* --- logrotate ------------------------------------------------------------------------------------------------ */

static int run_compressor(const char *compressor, const char *path)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)execlp(compressor, compressor, path, (char *)NULL);
        log_error("run %s: %s", compressor, strerror(errno));
        _exit(1);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return buzon_refuse("%s %s failed", compressor, path);
    return 0;
}

/* "mail.log.20261126-120000": set aside, and not compressed yet */
static bool is_set_aside(struct span name, const char *base, size_t suffix_len)
{
    size_t base_len = strlen(base);

    return name.len == base_len + 1 + suffix_len && span_starts_with(name, base) &&
           name.data[base_len] == '.';
}

/*
 * Sessions that go on after a reload still write to the file that they have open. Therefore what is set
 * aside today stays as it is, and what was set aside before is compressed: nobody has that open any more.
 */
static int compress_older(const struct config *config, const char *newest, size_t suffix_len)
{
    size_t slash = span_find_last(span_text(config->maillog_file), '/');
    const char *base = config->maillog_file + slash + 1;
    char *path = mem_span(span_first(span_text(config->maillog_file), slash));
    DIR *directory = opendir(path);
    const struct dirent *entry;
    int status = 0;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        char *file;

        if (!is_set_aside(span_text(entry->d_name), base, suffix_len))
            continue;
        file = mem_printf("%s/%s", path, entry->d_name);
        if (strcmp(file, newest) != 0 && run_compressor(config->maillog_file_compressor, file) != 0)
            status = 1;
        mem_free(file);
    }
    if (directory != NULL)
        closedir(directory);
    mem_free(path);
    return status;
}

static int rotate(const struct call *call, const char *suffix)
{
    const char *file = call->config->maillog_file;
    char *aside = mem_printf("%s.%s", file, suffix);
    int status = 0;

    if (rename(file, aside) != 0)
        status = buzon_refuse("logfile '%s' rotation failed: %s", file, strerror(errno));
    else if (call->master != 0 && kill(call->master, SIGHUP) != 0)
        status = buzon_refuse("cannot signal the master process");
    if (status == 0)
        status = compress_older(call->config, aside, strlen(suffix));
    mem_free(aside);
    return status;
}

/* The administrator's format, which strftime(3) bounds whatever it is. */
static bool expand_suffix(const struct config *config, char suffix_r[SUFFIX_SIZE])
{
    size_t (*format)(char *, size_t, const char *, const struct tm *) = strftime;
    time_t now = clock_wall().tv_sec;
    struct tm local;

    return localtime_r(&now, &local) != NULL &&
           format(suffix_r, SUFFIX_SIZE, config->maillog_file_rotate_suffix, &local) > 0;
}

int buzon_logrotate(const struct call *call)
{
    const struct config *config = call->config;
    char suffix[SUFFIX_SIZE];
    const char *empty = config->maillog_file[0] == '\0'              ? "maillog_file"
                        : config->maillog_file_compressor[0] == '\0' ? "maillog_file_compressor"
                        : config->maillog_file_rotate_suffix[0] == '\0'
                            ? "maillog_file_rotate_suffix"
                            : NULL;

    if (empty != NULL)
        return buzon_refuse("empty '%s' parameter value - logfile rotation failed", empty);
    if (config->maillog_file[0] != '/' ||
        span_starts_with(span_text(config->maillog_file), "/dev/"))
        return buzon_refuse("not rotating '%s'", config->maillog_file);
    if (!expand_suffix(config, suffix))
        return buzon_refuse("logfile '%s' rotation failed: bad maillog_file_rotate_suffix",
                            config->maillog_file);
    return rotate(call, suffix);
}
