/* Who runs us, and what he may choose. */
#include "lib/base/base.h"

#include "tools/caller.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/environment.h"
#include "lib/service/logging.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

/* The lowest ones that are free, until none below ours is. */
static void open_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    fd_close(&fd);
}

void caller_make_printable(char *name)
{
    for (; *name != '\0'; name++) {
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            *name = '?';
    }
}

const char *caller_program(int argc, char *argv[])
{
    char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

    open_standard_descriptors();
    if (argc == 0)
        log_fatal("run without a name");
    if (slash != NULL && slash[1] != '\0')
        argv[0] = slash + 1;
    caller_make_printable(argv[0]);
    log_name(argv[0]);
    return argv[0];
}

bool caller_is_watched(const char *program)
{
    return !span_starts_with(span_text(program), "post") || isatty(STDERR_FILENO) == 1;
}

void caller_spare_stderr(const char *program)
{
    char *name = mem_printf("postfix/%s", program);
    const struct log_target target = {.syslog_name = name, .syslog_facility = "mail"};
    struct error err = {0};

    if (!caller_is_watched(program) && !log_open(&target, &err))
        log_warning("%s", err.text);
    mem_free(name);
}

void caller_log(const struct config *config, const char *program)
{
    struct error err = {0};

    if (!logging_open(config, program, true, &err))
        log_debug("%s", err.text);
}

static bool is_listed(const char *list, const char *directory)
{
    return strlist_text_has(list, ", \t\r\n", directory);
}

static bool may_choose(const char *program, const char *directory, struct error *err)
{
    struct config *config;
    bool may;

    if (getauxval(AT_SECURE) == 0 || getuid() == 0 || strcmp(directory, CONFIG_DIRECTORY) == 0)
        return true;
    config = config_read_for(program, CONFIG_DIRECTORY, err);
    if (config == NULL)
        return false;
    may = is_listed(config->alternate_config_directories, directory) ||
          is_listed(config->multi_instance_directories, directory);
    if (!may) {
        log_error("unauthorized configuration directory name: %s", directory);
        error_set(err, ERROR_PERMANENT,
                  "specify \"alternate_config_directories = %s\" or "
                  "\"multi_instance_directories = %s\" in %s/main.cf",
                  directory, directory, CONFIG_DIRECTORY);
    }
    config_free(&config);
    return may;
}

struct config *caller_config(const char *program, const char *directory, struct error *err)
{
    struct config *config;

    if (directory == NULL)
        directory = getenv("MAIL_CONFIG");
    if (directory == NULL || directory[0] == '\0')
        directory = CONFIG_DIRECTORY;
    if (!may_choose(program, directory, err))
        return NULL;
    config = config_read_for(program, directory, err);
    if (config != NULL && !environment_reduce(config->import_environment, err))
        config_free(&config);
    return config;
}

char *caller_name(void)
{
    const struct passwd *account = getpwuid(getuid());

    return account == NULL ? mem_printf("%lu", (unsigned long)getuid())
                           : mem_text(account->pw_name);
}

bool caller_is_owner(const struct config *config)
{
    struct stat status;

    if (getuid() == 0)
        return true;
    return stat(config->queue_directory, &status) == 0 && status.st_uid == getuid();
}
