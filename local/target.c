/*
 * Commands and files that aliases and .forward files name, and mailbox_command: with whose rights, with
 * which environment, and who may name them.
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/config/environment.h"
#include "lib/delivery/command.h"

#include <paths.h>
#include <pwd.h>
#include <stdlib.h>

bool may_deliver_to(const char *list, enum expanded_by by)
{
    static const char *const names[] = {[BY_REQUEST] = "request",
                                        [BY_ALIAS] = "alias",
                                        [BY_FORWARD] = "forward",
                                        [BY_INCLUDE] = "include"};
    struct strlist allowed = STRLIST_EMPTY;
    bool may;

    strlist_split(&allowed, list, ", \t\r\n");
    may = strlist_has_nocase(&allowed, names[by]);
    strlist_release(&allowed);
    return may;
}

/* --- names that values may hold ------------------------------------------------------------------------------ */

static const char *shell_of(const char *user)
{
    const struct passwd *account = user == NULL ? NULL : getpwnam(user);

    return account == NULL || account->pw_shell[0] == '\0' ? NULL : account->pw_shell;
}

const char *step_value(void *context, const char *name)
{
    const struct step_context *at = context;
    const struct step *step = at->step;
    const char *value;

    if (strcmp(name, "user") == 0)
        value = step->user;
    else if (strcmp(name, "home") == 0)
        value = at->account == NULL ? NULL : at->account->home; /* default_privs has none */
    else if (strcmp(name, "shell") == 0)
        value = at->account == NULL ? NULL : shell_of(at->account->user);
    else if (strcmp(name, "recipient") == 0)
        value = step->address;
    else if (strcmp(name, "extension") == 0)
        value = step->extension;
    else if (strcmp(name, "domain") == 0)
        value = step->domain;
    else if (strcmp(name, "local") == 0)
        value = step->localpart;
    else if (strcmp(name, "recipient_delimiter") == 0)
        value = step->extension[0] == '\0' ? "" : at->delivery->local->config->recipient_delimiter;
    else
        return config_lookup(at->delivery->local->config, name);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

/* --- commands -------------------------------------------------------------------------------------------------- */

/* Octets that a shell could take for syntax become '_'. */
static void add_filtered(struct strlist *environment, const char *name, const char *value,
                         const char *allowed)
{
    char *text;

    if (value == NULL)
        return;
    text = mem_printf("%s=%s", name, value);
    for (char *c = text + strlen(name) + 1; *c != '\0'; c++)
        if (strchr(allowed, *c) == NULL)
            *c = '_';
    strlist_add(environment, text);
    mem_free(text);
}

static const char *attribute(const struct delivery_request *request, const char *name)
{
    for (size_t i = 0; i < request->attribute_count; i++)
        if (strcmp(request->attributes[i].name, name) == 0)
            return request->attributes[i].value;
    return NULL;
}

/* default_privs has no home and no shell for a command; the user is whom the mail is for. */
static void make_environment(const struct local_delivery *delivery, const struct step *step,
                             const struct mailbox_place *rights, struct strlist *environment)
{
    const struct delivery_request *request = delivery->request;
    const char *allowed = delivery->local->config->command_expansion_filter;
    static const char *const from_client[][2] = {
        {"CLIENT_ADDRESS",  "client_address"},
        {"CLIENT_HELO",     "helo_name"     },
        {"CLIENT_HOSTNAME", "client_name"   },
        {"CLIENT_PROTOCOL", "protocol_name" },
        {"SASL_METHOD",     "sasl_method"   },
        {"SASL_SENDER",     "sasl_sender"   },
        {"SASL_USERNAME",   "sasl_username" },
    };
    struct error err;

    if (!environment_list(delivery->local->config->export_environment, environment, &err))
        log_warning("export_environment: %s", err.text);
    strlist_add(environment, "PATH=" _PATH_DEFPATH); /* also where another one is exported */
    add_filtered(environment, "HOME", rights->home, allowed);
    add_filtered(environment, "SHELL", rights->home == NULL ? NULL : shell_of(rights->user),
                 allowed);
    add_filtered(environment, "USER", step->user, allowed);
    add_filtered(environment, "LOGNAME", step->user, allowed);
    add_filtered(environment, "DOMAIN", step->domain, allowed);
    add_filtered(environment, "LOCAL", step->localpart, allowed);
    if (step->extension[0] != '\0')
        add_filtered(environment, "EXTENSION", step->extension, allowed);
    add_filtered(environment, "RECIPIENT", step->address, allowed);
    add_filtered(environment, "ORIGINAL_RECIPIENT", delivery->recipient->original, allowed);
    add_filtered(environment, "SENDER", request->sender, allowed);
    for (size_t i = 0; i < ARRAY_LENGTH(from_client); i++)
        add_filtered(environment, from_client[i][0], attribute(request, from_client[i][1]),
                     allowed);
}

/* "From sender date" goes before what a command reads, as before what an mbox holds. */
static struct span command_prefix(struct arena *arena, const struct deposit *deposit)
{
    const char *sender = deposit->request->sender;
    time_t now = time(NULL);
    char date[32];
    const char *text;

    ctime_r(&now, date);
    text = arena_printf(arena, "From %s  %s%.*s", sender[0] == '\0' ? "MAILER-DAEMON" : sender,
                        date, SPAN_PRINTF(deposit_prefix(arena, deposit)));
    return span_text(text);
}

/* Nothing is run as root: a mailbox_command for him has the rights that a command of a root's alias has. */
static bool find_command_rights(struct local_delivery *delivery, const struct mailbox_place *rights,
                                struct step *step, struct error *err)
{
    step->rights_user = rights->user;
    step->rights_uid = rights->uid;
    step->rights_gid = rights->gid;
    return rights->uid != 0 || take_default_rights(delivery, step, err);
}

struct deposit_outcome run_command(struct local_delivery *delivery, const struct step *step,
                                   const char *command, const char *shell,
                                   const struct mailbox_place *rights)
{
    struct step runs = *step;
    const struct config *config = delivery->local->config;
    struct step_context names = {delivery, step, rights};
    struct deposit deposit = local_deposit(delivery, step, "command");
    struct buf directory = BUF(PATH_MAX);
    struct strlist environment = STRLIST_EMPTY;
    struct deposit_outcome done;
    struct error err = {0};

    if (!config_expand(config->command_execution_directory, step_value, &names,
                       config->execution_directory_expansion_filter, &directory, &err)) {
        err.kind = ERROR_TEMPORARY;
        buf_release(&directory);
        return deposit_failure(delivery->arena, "command_execution_directory: ", &err);
    }
    if (!find_command_rights(delivery, rights, &runs, &err)) {
        buf_release(&directory);
        return deposit_failure(delivery->arena, "", &err);
    }
    make_environment(delivery, step, rights, &environment);
    done = command_deliver(
        delivery->arena,
        &(struct delivery_command){
            .command = command,
            .shell = shell,
            .directory = buf_text(&directory),
            .user = runs.rights_user,
            .uid = runs.rights_uid,
            .gid = runs.rights_gid,
            .environment = &environment,
            .time_limit_s = config->command_time_limit,
            .content =
                &(struct delivery_content){.prefix = command_prefix(delivery->arena, &deposit),
                                           .file = delivery->request->queue_file,
                                           .offset = delivery->request->content_offset,
                                           .size = delivery->request->content_size},
    });
    if (done.outcome == DELIVERY_SENT)
        done.text = arena_printf(delivery->arena, "delivered to command: %s", command);
    strlist_release(&environment);
    buf_release(&directory);
    return done;
}

static struct mailbox_place step_rights(const struct step *step)
{
    return (struct mailbox_place){
        .user = step->rights_user,
        .home = step->rights_home,
        .uid = step->rights_uid,
        .gid = step->rights_gid,
    };
}

void deliver_to_command(struct local_delivery *delivery, const struct step *step,
                        const char *command)
{
    const struct mailbox_place rights = step_rights(step);

    while (is_space(*command))
        command++;
    if (!was_seen(delivery, arena_printf(delivery->arena, "command %ld", (long)rights.uid),
                  command))
        leaf_done(delivery, step->address,
                  run_command(delivery, step, command, delivery->local->config->local_command_shell,
                              &rights));
}

/* --- files ------------------------------------------------------------------------------------------------------- */

void deliver_to_file(struct local_delivery *delivery, const struct step *step, const char *path)
{
    struct mailbox_place place = step_rights(step);
    struct deposit deposit = local_deposit(delivery, step, "file");
    size_t len = strlen(path);
    struct deposit_outcome done;

    if (was_seen(delivery, arena_printf(delivery->arena, "file %ld", (long)place.uid), path))
        return;
    place.format = path[len - 1] == '/' ? MAILBOX_MAILDIR : MAILBOX_MBOX;
    place.path = arena_text(
        delivery->arena, span_of(path, place.format == MAILBOX_MAILDIR && len > 1 ? len - 1 : len));
    deposit.mbox.strict_owner = false;
    deposit.mbox.is_target = true;
    done = deposit_message(delivery->arena, &deposit, &place);
    if (done.outcome == DELIVERY_SENT && place.format == MAILBOX_MBOX)
        done.text = arena_printf(delivery->arena, "delivered to file: %s", path);
    leaf_done(delivery, step->address, done);
}
