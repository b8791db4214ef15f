/* The instances of this machine (tools/multi.h), and commands for each of them. */
#include "lib/base/base.h"

#include "tools/multi.h"

#include "lib/base/log.h"
#include "tools/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 200 /* of a command for an instance */

/* --- which there are ---------------------------------------------------------------------------------- */

static void add_instance(struct multi *multi, const char *directory, bool is_primary)
{
    struct error err = {0};
    struct multi_instance *instance;

    multi->instances = mem_resize(multi->instances, multi->count + 1, sizeof(*multi->instances));
    instance = &multi->instances[multi->count++];
    instance->config = config_read_for("buzonmulti", directory, &err);
    if (instance->config == NULL)
        log_fatal("Cannot parse %s/main.cf file: %s", directory, err.text);
    instance->directory = config_directory(instance->config);
    instance->is_primary = is_primary;
}

void multi_load(struct multi *multi)
{
    struct strlist directories = STRLIST_EMPTY;

    add_instance(multi, CONFIG_DIRECTORY, true);
    strlist_split(&directories, multi->instances[0].config->multi_instance_directories, ", \t\r\n");
    for (size_t i = 0; i < directories.count; i++)
        add_instance(multi, directories.items[i], false);
    strlist_release(&directories);
    if (multi->count == 1) /* it is not managed: nothing keeps it from being started */
        multi->instances[0].config->multi_instance_enable = true;
}

static bool has_name(const struct multi_instance *instance, const char *name)
{
    if (strcmp(name, "-") == 0)
        return instance->is_primary;
    return strcmp(instance->config->multi_instance_name, name) == 0 ||
           strcmp(instance->directory, name) == 0;
}

bool multi_is_selected(const struct multi *multi, const struct multi_instance *instance)
{
    if (multi->selected != NULL && multi->selected[0] == '\0') /* no name at all */
        return false;
    switch (multi->selection) {
    case SELECT_ALL:
        return true;
    case SELECT_NAME:
        return has_name(instance, multi->selected);
    case SELECT_GROUP:
        return strcmp(instance->config->multi_instance_group, multi->selected) == 0;
    }
    return false;
}

struct multi_instance *multi_find(const struct multi *multi, const char *name)
{
    for (size_t i = 0; i < multi->count; i++) {
        if (has_name(&multi->instances[i], name))
            return &multi->instances[i];
    }
    return NULL;
}

/* --- one after the other ---------------------------------------------------------------------------------- */

typedef int multi_visit(const struct multi *multi, const struct multi_instance *instance);

/* 0: it went well for all of them. */
static int visit_all(const struct multi *multi, bool reverse, multi_visit *visit)
{
    int status = 0;

    for (size_t i = 0; i < multi->count; i++) {
        const struct multi_instance *instance =
            &multi->instances[reverse ? multi->count - 1 - i : i];

        if (!multi_is_selected(multi, instance))
            continue;
        if (visit(multi, instance) != 0)
            status = 1;
    }
    return status;
}

static const char *or_dash(const char *text)
{
    return text[0] == '\0' ? "-" : text;
}

static void show_line(const char *const *values)
{
    (void)printf("%-15s %-15s %-9s %s\n", values[0], values[1], values[2], values[3]);
}

/* One object a line, its members as postmulti(1) of Postfix 3.11 names them and sets them apart. */
static void show_json(const char *const *values)
{
    static const char *const names[] = {"name", "group", "enabled", "config_directory"};
    struct buf object = BUF(BUF_UNLIMITED);

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        buf_put_char(&object, i == 0 ? '{' : ',');
        json_put_string(&object, span_text(names[i]));
        buf_put_text(&object, ": ");
        json_put_string(&object, span_text(values[i]));
    }
    buf_put_text(&object, "}\n");
    (void)fputs(buf_text(&object), stdout);
    buf_release(&object);
}

static int show(const struct multi *multi, const struct multi_instance *instance)
{
    const struct config *config = instance->config;
    const char *const values[] = {or_dash(config->multi_instance_name),
                                  or_dash(config->multi_instance_group),
                                  config->multi_instance_enable ? "y" : "n", instance->directory};

    if (multi->json)
        show_json(values);
    else
        show_line(values);
    return 0;
}

int multi_list(const struct multi *multi)
{
    int status = visit_all(multi, multi->reverse, show);

    if (fflush(stdout) != 0)
        log_fatal("error writing output: %m");
    return status;
}

/* --- running ------------------------------------------------------------------------------------------------ */

static void export(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0)
        log_fatal("setenv: %m");
}

static void export_instance(const struct multi *multi, const struct multi_instance *instance)
{
    const struct config *config = instance->config;

    export("MAIL_CONFIG", instance->directory);
    export("command_directory", config->command_directory);
    export("daemon_directory", config->daemon_directory);
    export("config_directory", instance->directory);
    export("queue_directory", config->queue_directory);
    export("data_directory", config->data_directory);
    export("meta_directory", config->meta_directory);
    export("shlib_directory", config->shlib_directory);
    export("multi_instance_name", config->multi_instance_name);
    export("multi_instance_group", config->multi_instance_group);
    export("multi_instance_enable", config->multi_instance_enable ? "yes" : "no");
    if (multi->verbose)
        export("MAIL_VERBOSE", "");
}

int multi_run(const struct multi *multi, const struct multi_instance *instance,
              const char *const *arguments)
{
    pid_t pid = fork();
    int status = 0;

    if (pid < 0)
        log_fatal("fork %s: %m", arguments[0]);
    if (pid == 0) {
        if (instance != NULL)
            export_instance(multi, instance);
        (void)execvp(arguments[0], (char *const *)(uintptr_t)arguments); /* it changes none */
        log_fatal("execvp %s: %m", arguments[0]);
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            log_fatal("waitpid: %m");
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run_command(const struct multi *multi, const struct multi_instance *instance)
{
    return multi_run(multi, instance, (const char *const *)multi->arguments);
}

int multi_run_command(const struct multi *multi)
{
    return visit_all(multi, multi->reverse, run_command);
}

static bool is_among(const char *list, const char *word)
{
    return strlist_text_has(list, ", \t\r\n", word);
}

/* Instances that are not enabled are checked instead of started, and not looked at for what needs one that
 * runs. */
static int run_buzon(const struct multi *multi, const struct multi_instance *instance)
{
    const struct config *primary = multi->instances[0].config;
    const char *command = multi->arguments[0];
    bool is_enabled = instance->config->multi_instance_enable;
    char *path =
        mem_printf("%s/%s", primary->command_directory, multi->is_postmulti ? "postfix" : "buzon");
    const char *arguments[ARGUMENTS_MAX + 4] = {path, "-c", instance->directory, command};
    int status;

    if (!is_enabled && (is_among(primary->postmulti_stop_commands, command) ||
                        is_among(primary->postmulti_control_commands, command))) {
        mem_free(path);
        return 0;
    }
    for (size_t i = 1; multi->arguments[i] != NULL; i++) {
        if (i >= ARGUMENTS_MAX)
            log_fatal("too many arguments");
        arguments[3 + i] = multi->arguments[i];
    }
    if (!is_enabled && is_among(primary->postmulti_start_commands, command))
        arguments[3] = "check";
    status = multi_run(multi, instance, arguments);
    mem_free(path);
    return status;
}

/* The primary instance is last to be stopped. */
int multi_run_buzon(const struct multi *multi)
{
    const struct config *primary = multi->instances[0].config;
    bool any = false;

    for (size_t i = 0; i < multi->count; i++)
        any = any || multi_is_selected(multi, &multi->instances[i]);
    if (!any)
        log_fatal("No matching instances");
    return visit_all(multi, is_among(primary->postmulti_stop_commands, multi->arguments[0]),
                     run_buzon);
}
