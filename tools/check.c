/* What `buzon check` looks at. */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/report.h"
#include "lib/service/account.h"
#include "lib/service/instance.h"

#include "tools/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUEUE_DEPTH_MAX 16 /* directories between a queue and its messages */

/* --- fatal ------------------------------------------------------------------------------------------ */

static bool check_is_directory(const char *what, const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
        return true;
    log_info("fatal: no buzon %s directory %s!", what, path);
    return false;
}

static bool check_program(const struct config *config, const char *name)
{
    char *path = mem_printf("%s/%s", config->daemon_directory, name);
    bool done = access(path, X_OK) == 0;

    if (!done)
        log_info("fatal: no buzon %s program %s!", name, path);
    mem_free(path);
    return done;
}

bool check_master_cf(const struct config *config)
{
    struct error err = {0};
    struct master_cf *master_cf = master_cf_read(config, &err);

    if (master_cf == NULL)
        log_info("fatal: %s", err.text);
    master_cf_free(&master_cf);
    return err.kind == ERROR_NONE;
}

static bool check_accounts(const struct config *config)
{
    struct account account;
    struct error err = {0};

    if (geteuid() != 0 || (account_find(config->mail_owner, &account, &err) &&
                           account_find(config->net_owner, &account, &err)))
        return true;
    log_info("fatal: %s", err.text);
    return false;
}

static bool make_directories(const struct config *config)
{
    struct error err = {0};

    if (instance_make_directories(config, &err))
        return true;
    log_info("fatal: unable to create missing queue directories: %s", err.text);
    return false;
}

/* --- another system's queue --------------------------------------------------------------------------- */

enum whose { NOBODYS, OURS, POSTFIX };

/* Postfix's files begin with a record of type 'C', its length, and numbers with blanks in front. */
static enum whose whose_message(int directory, const char *name)
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char begin[3] = "";
    bool is_postfix = fd >= 0 && read(fd, begin, sizeof(begin)) == sizeof(begin) &&
                      begin[0] == 'C' && begin[2] == ' ';

    fd_close(&fd);
    return is_postfix ? POSTFIX : OURS;
}

/* The first message that is found tells; there are directories in between (hash_queue_depth). */
static enum whose whose_messages(int parent, const char *name, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    enum whose whose = NOBODYS;
    const struct dirent *entry;

    if (directory == NULL) {
        fd_close(&fd);
        return NOBODYS;
    }
    while (whose == NOBODYS && (entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (entry->d_type == DT_REG)
            whose = whose_message(fd, entry->d_name);
        else if (depth > 0)
            whose = whose_messages(fd, entry->d_name, depth - 1);
    }
    closedir(directory);
    return whose;
}

/* We cannot read them: they would lie there unseen, or be put away as damaged. */
static bool check_queue(const struct config *config)
{
    static const char *const names[] = {"incoming", "active", "deferred", "hold"};
    int queue = open(config->queue_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool is_ours = true;

    for (size_t i = 0; queue >= 0 && i < ARRAY_LENGTH(names) && is_ours; i++)
        is_ours = whose_messages(queue, names[i], QUEUE_DEPTH_MAX) != POSTFIX;
    fd_close(&queue);
    if (!is_ours)
        log_info("fatal: %s holds messages of Postfix, which buzon does not read: give buzon a "
                 "queue_directory of its own, and let Postfix deliver what it has",
                 config->queue_directory);
    return is_ours;
}

bool check_fatal(const struct config *config)
{
    return check_is_directory("command", config->command_directory) &&
           check_is_directory("daemon", config->daemon_directory) &&
           check_program(config, "master") && check_accounts(config) && check_queue(config) &&
           make_directories(config) && check_master_cf(config);
}

/* --- warnings ----------------------------------------------------------------------------------------- */

/* Whoever can change these files runs the mail system. */
static void examine_file(int directory, const char *name, const char *path)
{
    struct stat status;

    if (fstatat(directory, name, &status, 0) != 0)
        return;
    if (status.st_uid != 0 && status.st_uid != geteuid())
        log_warning("not owned by root: %s/%s", path, name);
    if ((status.st_mode & 022) != 0)
        log_warning("group or other writable: %s/%s", path, name);
}

static void examine_files(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    if (directory == NULL) {
        log_warning("open the directory %s: %s", path, strerror(errno));
        return;
    }
    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, "..") != 0)
            examine_file(dirfd(directory), entry->d_name, path);
    }
    closedir(directory);
}

/* What users run must be set-group-id, or they cannot hand mail in. */
static void examine_setgid(const struct config *config, const char *name)
{
    char *path = mem_printf("%s/%s", config->command_directory, name);
    struct stat status;
    struct error err = {0};
    gid_t group;

    if (stat(path, &status) != 0)
        log_warning("missing program: %s", path);
    else if (account_find_group(config->setgid_group, &group, &err) &&
             (status.st_gid != group || (status.st_mode & S_ISGID) == 0))
        log_warning("not set-gid or not owned by group %s: %s", config->setgid_group, path);
    mem_free(path);
}

void check_programs(const struct config *config)
{
    struct error err = {0};
    struct master_cf *master_cf = master_cf_read(config, &err);

    for (size_t i = 0; master_cf != NULL && i < master_cf->count; i++) {
        const struct master_service *service = &master_cf->services[i];
        char *path = mem_printf("%s/%s", config->daemon_directory, service->command);

        if (access(path, X_OK) != 0 && !master_cf_is_superfluous(service->command))
            log_warning("master.cf, line %d: service %s is not offered: there is no program %s",
                        service->line, service->name, service->command);
        mem_free(path);
    }
    master_cf_free(&master_cf);
}

static void report_configuration(const struct config *config)
{
    struct error err = {0};
    struct master_cf *master_cf = master_cf_read(config, &err);

    config_report(config, master_cf);
    master_cf_free(&master_cf);
}

void check_warn(const struct config *config)
{
    report_configuration(config);
    (void)instance_check_directories(config, log_warning);
    examine_files(config_directory(config));
    examine_files(config->daemon_directory);
    if (geteuid() == 0) {
        examine_setgid(config, "buzondrop");
        examine_setgid(config, "buzonqueue");
        if (strcmp(config->mail_owner, config->net_owner) == 0)
            log_warning(
                "mail_owner and net_owner are the same account: what faces the network owns "
                "the queue");
    }
}

static const char *look_up(void *context, const char *name UNUSED)
{
    const char *const *level = context;

    return *level;
}

void check_compatibility(const struct config *config, const char *program)
{
    bool is_postfix = strcmp(program, "postfix") == 0;
    const char *level = config->compatibility_level;
    struct buf is_older = BUF(BUF_UNLIMITED);

    /* the level of the last default that depends on it (parameters.def) */
    (void)!config_expand("${{$compatibility_level} <level {3.6}}", look_up, &level, NULL, &is_older,
                         NULL);
    if (is_older.len > 0) {
        log_info("%s is using backwards-compatible default settings",
                 is_postfix ? "Postfix" : "buzon");
        log_info("See %s for details", is_postfix
                                           ? "http://www.postfix.org/COMPATIBILITY_README.html"
                                           : "compatibility_level in buzon.cf(5)");
        log_info("To disable backwards compatibility use \"%s compatibility_level=3.6\" and "
                 "\"%s reload\"",
                 is_postfix ? "postconf" : "buzonconf", program);
    }
    buf_release(&is_older);
}
