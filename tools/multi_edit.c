/* Changing, letting go and removing instances: postmulti(1) -e. */
#include "lib/base/base.h"

#include "tools/multi_edit.h"

#include "lib/base/log.h"
#include "lib/service/instance.h"

#include <unistd.h>

static void init(const struct multi *multi)
{
    const char *const settings[] = {
        multi->is_postmulti ? "multi_instance_wrapper = ${command_directory}/postmulti -p --"
                            : "multi_instance_wrapper = ${command_directory}/buzonmulti -p --",
        "multi_instance_enable = yes",
        NULL,
    };

    multi_set(multi, multi->instances[0].directory, settings);
}

static void require_stopped(const struct multi_instance *instance)
{
    struct error err = {0};
    pid_t pid;

    if (!instance_pid(instance->config, &pid, &err))
        log_fatal("%s", err.text);
    if (pid != 0)
        log_fatal("Instance '%s' is not stopped", instance->directory);
}

static void deport(const struct multi *multi, const struct multi_instance *instance)
{
    require_stopped(instance);
    multi_list_out(multi, instance->directory, true);
}

static void remove_directory(const char *path)
{
    if (rmdir(path) != 0 && errno != ENOENT)
        log_warning("%s: please verify contents and remove by hand", path);
}

static void remove_file(const char *directory, const char *name)
{
    char *path = mem_printf("%s/%s", directory, name);

    if (unlink(path) != 0 && errno != ENOENT)
        log_warning("remove %s: %m", path);
    mem_free(path);
}

/* Only what an instance has when it is new: whatever else is there stays, and is named. */
static void destroy(const struct multi *multi, const struct multi_instance *instance)
{
    static const char *const queues[] = {"active",  "bounce", "corrupt", "defer",    "deferred",
                                         "empty",   "flush",  "hold",    "incoming", "maildrop",
                                         "private", "public", "saved",   "trace"};
    const struct config *config = instance->config;

    if (config->multi_instance_enable)
        log_fatal("Cannot remove enabled instances");
    require_stopped(instance);
    multi_list_out(multi, instance->directory, false);
    for (size_t i = 0; i < ARRAY_LENGTH(queues); i++) {
        char *path = mem_printf("%s/%s", config->queue_directory, queues[i]);

        remove_directory(path);
        mem_free(path);
    }
    remove_directory(mem_printf("%s/%s", config->queue_directory, config->process_id_directory));
    remove_directory(config->data_directory);
    remove_directory(config->queue_directory);
    remove_file(instance->directory, "master.cf");
    remove_file(instance->directory, "main.cf");
    remove_directory(instance->directory);
}

static void enable(const struct multi *multi, const struct multi_instance *instance)
{
    const char *const settings[] = {"multi_instance_enable = yes", NULL};

    multi_set(multi, instance->directory, settings);
}

static void disable(const struct multi *multi, const struct multi_instance *instance)
{
    const char *const settings[] = {"multi_instance_enable = no", NULL};

    multi_set(multi, instance->directory, settings);
}

static void assign(const struct multi *multi, const struct multi_instance *instance)
{
    const struct multi_target target = {.name = multi->new_name,
                                        .config_directory = instance->directory};

    multi_check_conflicts(multi, &target);
    multi_assign_names(multi, instance->directory);
}

/* --- which one ------------------------------------------------------------------------------------------------- */

static const struct action {
    const char *name;
    void (*make)(const struct multi *multi, const char *action); /* a new instance */
    void (*change)(const struct multi *multi, const struct multi_instance *instance);
    bool names;   /* takes -I and -G */
    bool removes; /* not for the primary one */
} actions[] = {
    {"init",    NULL,         NULL,    false, false},
    {"create",  multi_create, NULL,    true,  false},
    {"import",  multi_create, NULL,    true,  false},
    {"destroy", NULL,         destroy, false, true },
    {"deport",  NULL,         deport,  false, true },
    {"enable",  NULL,         enable,  false, false},
    {"disable", NULL,         disable, false, false},
    {"assign",  NULL,         assign,  true,  false},
};

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(actions); i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    log_fatal("Invalid '-e' edit action '%s'. Specify 'create', 'destroy', 'import', "
              "'deport', 'enable', 'disable', 'assign' or 'init'",
              name);
}

static void check_call(const struct multi *multi, const struct action *action)
{
    bool renames = multi->new_name != NULL || multi->new_group != NULL;

    if (renames && !action->names)
        log_fatal("Cannot assign instance name or group with '-e %s'", action->name);
    if (!renames && strcmp(action->name, "assign") == 0)
        log_fatal("Specify new instance name or group with '-e %s'", action->name);
    if (multi->arguments[0] != NULL && action->make == NULL)
        log_fatal("Parameter overrides not valid with '-e %s'", action->name);
    if (action->change != NULL && multi->selection != SELECT_NAME)
        log_fatal("Select an instance via '-i name'");
}

static void change(const struct multi *multi, const struct action *action)
{
    const struct multi_instance *instance;

    instance = multi_find(multi, multi->selected);
    if (instance == NULL)
        log_fatal("No instance named %s", multi->selected);
    if (instance->is_primary && action->removes)
        log_fatal("Cannot remove the primary instance");
    action->change(multi, instance);
}

static void require_init(const struct multi *multi)
{
    const struct config *primary = multi->instances[0].config;

    if (primary->multi_instance_wrapper[0] == '\0')
        log_fatal("multi_instance_wrapper is empty, run '%s -e init' first.", multi->program);
    if (!primary->multi_instance_enable)
        log_fatal("multi_instance_enable!=yes, run '%s -e init' first.", multi->program);
}

int multi_edit(const struct multi *multi, const char *name)
{
    const struct action *action = find_action(name);

    check_call(multi, action);
    multi_check_names(multi);
    if (strcmp(name, "init") == 0) {
        init(multi);
        return 0;
    }
    require_init(multi);
    if (action->make != NULL)
        action->make(multi, action->name);
    else
        change(multi, action);
    return 0;
}
