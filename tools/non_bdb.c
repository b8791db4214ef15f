/*
 * `buzon non-bdb`: how far the way from Berkeley DB to other tables is left to the mail system, as
 * postfix-non-bdb(1) has it. It edits main.cf and master.cf by the code behind buzonconf.
 */
#include "lib/base/base.h"

#include "tools/buzon.h"

#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/map/map_type.h"
#include "tools/conf/edit.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEVEL   "non_bdb_migration_level"
#define PROGRAM "nbdb_reindexd"

/* --- main.cf and master.cf --------------------------------------------------------------------------- */

typedef bool edit_kind(const char *directory, enum edit edit, const struct strlist *requests,
                       struct error *err);

/* An exit status. */
static int edit_one(const struct call *call, edit_kind *change, enum edit edit, const char *request)
{
    struct strlist requests = STRLIST_EMPTY;
    struct error err = {0};
    bool done;

    strlist_add(&requests, request);
    done = change(config_directory(call->config), edit, &requests, &err);
    strlist_release(&requests);
    return done ? 0 : buzon_refuse("%s", err.text);
}

static int store_level(const struct call *call, const char *level)
{
    char *request = mem_printf(LEVEL " = %s", level);
    int status = edit_one(call, edit_main, EDIT_SET, request);

    mem_free(request);
    return status;
}

static int remove_service(const struct call *call)
{
    char *service = mem_printf("%s/unix", call->config->non_bdb_migration_service_name);
    int status = edit_one(call, edit_services, EDIT_REMOVE, service);

    mem_free(service);
    return status;
}

static int store_service(const struct call *call)
{
    const char *name = call->config->non_bdb_migration_service_name;
    char *entry = mem_printf("%s/unix=%s unix y n n - 1 " PROGRAM, name, name);
    int status = edit_one(call, edit_services, EDIT_SET, entry);

    mem_free(entry);
    return status;
}

/* --- what the tables become -------------------------------------------------------------------------- */

/* To other types than those that are being left. */
static int check_targets(const struct call *call)
{
    const struct {
        const char *parameter, *type;
    } targets[] = {
        {"default_database_type", call->config->default_database_type},
        {"default_cache_db_type", call->config->default_cache_db_type},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
        if (map_is_legacy(span_text(targets[i].type)))
            return buzon_refuse("parameter %s specifies a Berkeley DB type: '%s'",
                                targets[i].parameter, targets[i].type);
    }
    return 0;
}

static int run_buzonmap(const struct call *call, const char *specification)
{
    char *path = mem_printf("%s/buzonmap", call->config->command_directory);
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)execl(path, "buzonmap", "-c", config_directory(call->config), specification,
                    (char *)NULL);
        log_error("execute %s: %s", path, strerror(errno));
        _exit(1);
    }
    mem_free(path);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return buzon_refuse("cannot make the table %s", specification);
    return 0;
}

/* As it will be with the new level. */
static int reindex(const struct call *call, const char *specification)
{
    struct config config = *call->config;
    struct span name = span_text(specification);
    char *redirected;
    int status = 0;

    if (!map_is_legacy(span_take_until(&name, ':')))
        return 0;
    config.non_bdb_migration_level = "enable-redirect";
    redirected = map_redirect(&config, specification);
    log_info("Proactively reindexing %s", specification);
    if (redirected != NULL)
        status = run_buzonmap(call, redirected);
    mem_free(redirected);
    return status;
}

/* Tables of commands that users call, who may not ask the service for them. */
static int reindex_for_commands(const struct call *call)
{
    const char *const lists[] = {
        call->config->authorized_flush_users,
        call->config->authorized_mailq_users,
        call->config->authorized_submit_users,
        call->config->local_login_sender_maps,
    };
    struct strlist tables = STRLIST_EMPTY;
    int status = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++)
        strlist_split(&tables, lists[i], ", \t\r\n");
    for (size_t i = 0; i < tables.count && status == 0; i++)
        status = reindex(call, tables.items[i]);
    strlist_release(&tables);
    return status;
}

/* --- the subcommands --------------------------------------------------------------------------------- */

static int show_status(const struct call *call)
{
    (void)printf("%s\n", call->config->non_bdb_migration_level);
    return 0;
}

static int disable(const struct call *call)
{
    int status = edit_one(call, edit_main, EDIT_REMOVE, LEVEL);

    return remove_service(call) == 0 ? status : 1;
}

static int enable_redirect(const struct call *call)
{
    return check_targets(call) != 0 || remove_service(call) != 0
               ? 1
               : store_level(call, "enable-redirect");
}

static int enable_reindex(const struct call *call)
{
    return check_targets(call) != 0 || reindex_for_commands(call) != 0 || store_service(call) != 0
               ? 1
               : store_level(call, "enable-reindex");
}

int buzon_non_bdb(const struct call *call)
{
    static const struct {
        const char *name;
        int (*run)(const struct call *call);
    } subcommands[] = {
        {"status",          show_status    },
        {"disable",         disable        },
        {"enable-redirect", enable_redirect},
        {"enable-reindex",  enable_reindex },
    };

    if (strcmp(call->program, "postfix") == 0) /* there it is another script than for the rest */
        log_name(mem_printf("%s/postfix-non-bdb-script", call->config->syslog_name));
    for (size_t i = 0; i < ARRAY_LENGTH(subcommands); i++) {
        if (call->arguments[0] != NULL && call->arguments[1] == NULL &&
            strcmp(call->arguments[0], subcommands[i].name) == 0)
            return subcommands[i].run(call);
    }
    return buzon_refuse(
        "usage: %s non-bdb status (or enable-redirect, or enable-reindex, or disable)",
        call->program);
}
