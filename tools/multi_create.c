/* Making instances, and taking in those that are there. */
#include "lib/base/base.h"

#include "tools/multi_edit.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_MAX (1024U * 1024) /* octets of main.cf.proto and master.cf.proto */

/* --- names and places ---------------------------------------------------------------------------------- */

static void check_word(const char *text, const char *what, const char *option)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "!@%-_=+:./";

    if (text[strspn(text, safe)] == '\0')
        return;
    if (option == NULL)
        log_fatal("Unsafe characters in new instance name: '%s'", text);
    log_fatal("Unsafe characters in '%s %s'", option, what);
}

void multi_check_names(const struct multi *multi)
{
    const char *prefix = multi->is_postmulti ? "postfix-" : "buzon-";
    const char *name = multi->new_name;

    if (name != NULL && strcmp(name, "-") != 0 && name[0] != '\0') {
        check_word(name, name, NULL);
        if (strchr(name, '/') != NULL)
            log_fatal("Illegal '/' character in new instance name: '%s'", name);
        if (strncmp(name, prefix, strlen(prefix)) != 0)
            log_fatal("New instance name must start with '%s'", prefix);
    }
    if (multi->new_group != NULL)
        check_word(multi->new_group, multi->new_group, "-G");
}

/* "/etc/buzon" and "buzon-a" make "/etc/buzon-a". */
static const char *beside(const char *path, const char *name)
{
    size_t slash = span_find_last(span_text(path), '/');

    return mem_printf("%.*s/%s", (int)slash, path, name);
}

static void take_setting(struct multi_target *target, const char *action, const char *setting)
{
    const struct {
        const char *name;
        const char **value;
        bool for_import;
    } places[] = {
        {"config_directory", &target->config_directory, true },
        {"queue_directory",  &target->queue_directory,  false},
        {"data_directory",   &target->data_directory,   false},
    };
    const char *equals = strchr(setting, '=');
    size_t len = equals == NULL ? 0 : (size_t)(equals - setting);

    if (len == 0)
        log_fatal("Malformed parameter setting '%s'", setting);
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
        if (!span_equal_text(span_of(setting, len), places[i].name) ||
            (!places[i].for_import && strcmp(action, "import") == 0))
            continue;
        if (equals[1] != '/')
            log_fatal("Parameter setting '%s' is not an absolute path", places[i].name);
        if (equals[1 + strspn(equals + 1, "/")] == '\0')
            log_fatal("Parameter setting '%s' is the root directory", places[i].name);
        *places[i].value = equals + 1;
        return;
    }
    log_fatal("Parameter '%.*s' not valid with action %s", (int)len, setting, action);
}

/* Queue and data directory are apart, in one instance and between any two. */
static void check_place(const struct multi *multi, const struct multi_target *target,
                        const char *parameter, const char *value, const char *other_parameter)
{
    for (size_t i = 0; value != NULL && i < multi->count; i++) {
        const struct multi_instance *other = &multi->instances[i];
        const char *theirs = config_lookup(other->config, other_parameter);

        if (theirs != NULL && strcmp(theirs, value) == 0)
            log_fatal("instance %s, %s=%s conflicts with instance %s, %s=%s",
                      target->config_directory, parameter, value, other->directory, other_parameter,
                      value);
    }
}

/* What is another instance's already. */
static void check_conflict(const struct multi *multi, const char *directory, const char *parameter,
                           const char *value)
{
    for (size_t i = 0; value != NULL && i < multi->count; i++) {
        const struct multi_instance *other = &multi->instances[i];
        const char *theirs = config_lookup(other->config, parameter);

        if (theirs != NULL && strcmp(theirs, value) == 0 &&
            strcmp(other->directory, directory) != 0)
            log_fatal("instance %s, %s=%s conflicts with instance %s, %s=%s", directory, parameter,
                      value, other->directory, parameter, value);
    }
}

/* No two instances share a name or a place. */
void multi_check_conflicts(const struct multi *multi, const struct multi_target *target)
{
    const char *name = target->name != NULL && strcmp(target->name, "-") != 0 ? target->name : NULL;

    check_conflict(multi, target->config_directory, "multi_instance_name", name);
    check_conflict(multi, target->config_directory, "queue_directory", target->queue_directory);
    check_conflict(multi, target->config_directory, "data_directory", target->data_directory);
}

/* For a new one: what is there already is taken as it is. */
static void check_places(const struct multi *multi, const struct multi_target *target)
{
    check_place(multi, target, "queue_directory", target->queue_directory, "data_directory");
    check_place(multi, target, "data_directory", target->data_directory, "queue_directory");
    if (target->queue_directory != NULL && target->data_directory != NULL &&
        strcmp(target->queue_directory, target->data_directory) == 0)
        log_fatal("instance %s, data_directory=%s conflicts with instance %s, queue_directory=%s",
                  target->config_directory, target->data_directory, target->config_directory,
                  target->queue_directory);
}

static void check_is_new(const struct multi *multi, const char *directory)
{
    for (size_t i = 0; i < multi->count; i++) {
        if (strcmp(multi->instances[i].directory, directory) == 0)
            log_fatal(
                "new config_directory=%s is already in use by instance %s, config_directory=%s",
                directory, directory, directory);
    }
}

static struct multi_target new_target(const struct multi *multi, const char *action)
{
    const struct multi_instance *primary = &multi->instances[0];
    struct multi_target target = {.name = multi->new_name, .group = multi->new_group};
    const char *name =
        multi->new_name != NULL && strcmp(multi->new_name, "-") != 0 ? multi->new_name : NULL;

    for (char **setting = multi->arguments; *setting != NULL; setting++)
        take_setting(&target, action, *setting);
    if (target.config_directory == NULL && name != NULL)
        target.config_directory = beside(primary->directory, name);
    if (target.queue_directory == NULL && name != NULL)
        target.queue_directory = beside(primary->config->queue_directory, name);
    if (target.data_directory == NULL && name != NULL)
        target.data_directory = beside(primary->config->data_directory, name);
    if (target.config_directory == NULL)
        log_fatal("Missing config_directory parameter value");
    return target;
}

/* --- a new instance --------------------------------------------------------------------------------------- */

static bool has_file(const char *directory, const char *name)
{
    char *path = mem_printf("%s/%s", directory, name);
    bool has = access(path, F_OK) == 0;

    mem_free(path);
    return has;
}

/* Parents too. */
static void make_directory(const char *path, mode_t mode)
{
    char *part = mem_text(path);

    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            log_fatal("make the directory %s: %m", part);
        *slash = '/';
    }
    if (mkdir(part, mode) != 0 && errno != EEXIST)
        log_fatal("make the directory %s: %m", part);
    mem_free(part);
}

static void copy_prototype(const struct multi *multi, const char *directory, const char *name)
{
    char *from = mem_printf("%s/%s.proto", multi->instances[0].config->meta_directory, name);
    int to = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct buf content = BUF(COPY_MAX);
    struct error err = {0};

    if (access(from, R_OK) != 0)
        log_fatal("Missing %s prototype: %s", name, from);
    if (to < 0)
        log_fatal("open %s: %m", directory);
    if (!file_read(AT_FDCWD, from, &content, &err) ||
        !file_replace(to, name, 0644, buf_span(&content), &err))
        log_fatal("%s", err.text);
    buf_release(&content);
    fd_close(&to);
    mem_free(from);
}

/* Where programs and owners are is the same for all; that is what the primary one says. */
static void set_shared(const struct multi *multi, const char *directory)
{
    const struct config *config = multi->instances[0].config;
    const char *const settings[] = {
        mem_printf("command_directory = %s", config->command_directory),
        mem_printf("daemon_directory = %s", config->daemon_directory),
        mem_printf("mail_owner = %s", config->mail_owner),
        mem_printf("net_owner = %s", config->net_owner),
        mem_printf("setgid_group = %s", config->setgid_group),
        NULL,
    };

    multi_set(multi, directory, settings);
}

/* master.cf is put there last: then the instance is complete. */
static void make_instance(const struct multi *multi, const struct multi_target *target)
{
    const char *const settings[] = {
        mem_printf("queue_directory = %s", target->queue_directory),
        mem_printf("data_directory = %s", target->data_directory),
        "authorized_submit_users =",
        "master_service_disable = inet",
        NULL,
    };

    make_directory(target->config_directory, 0755);
    make_directory(target->queue_directory, 0755);
    make_directory(target->data_directory, 0700);
    copy_prototype(multi, target->config_directory, "main.cf");
    multi_set(multi, target->config_directory, settings);
    set_shared(multi, target->config_directory);
    copy_prototype(multi, target->config_directory, "master.cf");
}

static void set_permissions(const struct multi *multi, const char *directory)
{
    const char *const arguments[] = {multi_tool(multi, "buzon"), "-c", directory, "set-permissions",
                                     NULL};

    if (multi_run(multi, NULL, arguments) != 0)
        exit(1);
}

/* An instance that is there already is taken as it is. */
void multi_create(const struct multi *multi, const char *action)
{
    struct multi_target target = new_target(multi, action);
    bool is_there = has_file(target.config_directory, "main.cf") &&
                    has_file(target.config_directory, "master.cf");

    check_is_new(multi, target.config_directory);
    multi_check_conflicts(multi, &target);
    if (!is_there && strcmp(action, "import") == 0)
        log_fatal("'%s' lacks a %s file", target.config_directory,
                  has_file(target.config_directory, "main.cf") ? "master.cf" : "main.cf");
    if (!is_there) {
        if (target.queue_directory == NULL || target.data_directory == NULL)
            log_fatal("Missing %s parameter value",
                      target.queue_directory == NULL ? "queue_directory" : "data_directory");
        check_places(multi, &target);
        make_instance(multi, &target);
    }
    multi_assign_names(multi, target.config_directory);
    multi_list_in(multi, target.config_directory);
    set_permissions(multi, target.config_directory);
}
